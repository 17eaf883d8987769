"""Classical models: on a bounded sample, ended at their deadline, with the same numbers here and in a process."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qcsearch.search.finish import classical
from qcsearch.search.finish.classical import MAX_ROWS, NAMES, Baselines, ClassicalData
from qcsearch.search.finish.leaderboard import leaderboard
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult

Search = Callable[..., SearchResult]


def samples(n: int, d: int = 2, noise: float = 1.0) -> ClassicalData:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    Z = rng.normal(scale=noise, size=(n, d)) + y[:, None]
    return ClassicalData.of(Z, y, Z[:50], y[:50], 0)


def test_few_samples_are_all_learned_from_without_a_word() -> None:
    small = samples(300)
    assert len(small.y) == 300
    assert small.notices == ()
    assert small.small


@pytest.mark.parametrize(("n", "d", "most"), [(20_000, 2, MAX_ROWS), (3_000, 2_000, 1_000)])
def test_of_many_samples_a_stratified_sample_is_learned_from_and_said(n: int, d: int, most: int) -> None:
    rng = np.random.default_rng(0)
    y = (np.arange(n) % 10 == 0).astype(np.int64)
    Z = rng.normal(size=(n, d))
    large = ClassicalData.of(Z, y, Z[:5], y[:5], 7)
    assert len(large.y) == most
    assert large.y.mean() == pytest.approx(0.1, abs=0.01)
    (notice,) = large.notices
    assert f"fitted to {most:,} of the {n:,} training samples" in notice
    again = ClassicalData.of(Z, y, Z[:5], y[:5], 7)
    np.testing.assert_array_equal(large.Z, again.Z)


def test_a_process_gives_the_numbers_that_this_one_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('of the working directory')")
    monkeypatch.chdir(tmp_path)
    with Baselines(samples(300)) as here:
        expected = here.accuracies(None)
    assert list(expected) == list(NAMES)
    monkeypatch.setattr(classical, "_SMALL_ROWS", 0)
    with Baselines(samples(300)) as there:
        assert there.accuracies(None) == expected


def test_what_is_not_fitted_at_the_deadline_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("qcsearch.search.finish.classical.subprocess.Popen", remember)
    began = time.monotonic()
    with Baselines(samples(20_000, 30, noise=30.0)) as slow:  # classes that cannot be told apart
        assert set(slow.accuracies(time.monotonic() + 0.1)) < set(NAMES)
    assert time.monotonic() - began < 5
    (process,) = started
    assert process.poll() is not None


def test_a_deadline_that_is_past_leaves_the_small_ones_out_too() -> None:
    with Baselines(samples(300)) as here:
        assert here.accuracies(time.monotonic()) == {}


def test_the_winner_is_saved_before_it_is_compared(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr("qcsearch.search.finish.classical.classical_accuracy", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "run", n_trials=2)
    monkeypatch.undo()
    run = RunFolder.open(tmp_path / "run")
    saved = run.result()
    assert saved.model.candidate.n_qubits == saved.best.n_qubits
    assert saved.without_pqc is not None
    assert saved.snapshot is not None
    assert dict(saved.missing) == dict.fromkeys(NAMES, "The search was ended before it was measured.")
    rows = {row.name: row for row in leaderboard(run)}
    assert all(rows[name].accuracy_noiseless is None and rows[name].note for name in NAMES)
    assert search(tmp_path / "run", n_trials=2) == saved
