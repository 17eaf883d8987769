"""The process of the classical baselines: the numbers of this one, ended at its deadline, never in the way."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qcsearch.search.finish.baselines.base import Samples, Unmeasured
from qcsearch.search.finish.baselines.fitting import Fitting
from qcsearch.search.finish.baselines.models import classical_rows
from qcsearch.search.finish.leaderboard import leaderboard
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult

Search = Callable[..., SearchResult]
NAMES = [row.name for row in classical_rows("fast")]


def samples(n: int, d: int = 2, noise: float = 1.0) -> Samples:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    Z = rng.normal(scale=noise, size=(n, d)) + y[:, None]
    return Samples(Z, Z[:50], Z**2, Z[:50] ** 2, y, n_parameters=20, seed=3)


def test_a_process_gives_the_numbers_that_this_one_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('of the working directory')")
    monkeypatch.chdir(tmp_path)
    asked = samples(300)
    with Fitting("fast") as fitting:
        fitting.begin(asked)
        found = fitting.found(None)
    assert list(found) == NAMES
    for row in classical_rows("fast"):
        answer = found[row.name]
        assert not isinstance(answer, Unmeasured)
        np.testing.assert_array_equal(answer.answers, row.predict(asked).answers)


def test_answers_on_a_large_test_part_are_all_there() -> None:
    """More than a pipe holds: 40,000 class numbers a row."""
    few = samples(300)
    many = replace(few, Z_test=np.tile(few.Z_test, (800, 1)), X_test=np.tile(few.X_test, (800, 1)))
    with Fitting("fast") as fitting:
        fitting.begin(many)
        found = fitting.found(time.monotonic() + 60)
    assert [len(vars(found[name])["answers"]) for name in NAMES] == [40_000] * len(NAMES)


def test_what_is_not_fitted_at_the_deadline_is_ended_and_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("qcsearch.search.finish.baselines.fitting.subprocess.Popen", remember)
    began = time.monotonic()
    with Fitting("fast") as slow:
        slow.begin(samples(20_000, 30, noise=30.0))  # classes that cannot be told apart
        found = slow.found(time.monotonic() + 0.1)
    assert time.monotonic() - began < 5
    late = [str(one) for one in found.values() if isinstance(one, Unmeasured)]
    assert late
    assert set(late) == {"The seconds were used up."}
    assert set(found) == set(NAMES)
    (process,) = started
    assert process.poll() is not None


def test_a_process_that_is_never_given_samples_is_ended() -> None:
    with Fitting("fast") as idle:
        process = idle._process
        assert process is not None
    assert process.poll() is not None


def test_one_model_whose_fit_goes_wrong_is_missing_and_the_others_are_not() -> None:
    asked = samples(60)
    asked.Z[0, 0] = np.nan
    with Fitting("fast") as fitting:
        fitting.begin(asked)
        found = fitting.found(None)
    assert "went wrong: ValueError" in str(found["RBF-SVM"])
    assert not isinstance(found["RBF-SVM, raw features"], Unmeasured)


def test_a_process_that_dies_is_said_with_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    with Fitting("fast") as fitting:
        assert fitting._process is not None
        fitting._process.kill()
        fitting._process.wait()
        fitting.begin(samples(60))
        found = fitting.found(None)
    assert {str(one) for one in found.values()} == {"Its process ended with exit code -9."}


def test_no_baselines_are_no_process() -> None:
    with Fitting("none") as nothing:
        assert nothing._process is None
        nothing.begin(samples(10))
        assert nothing.found(None) == {}


def test_the_winner_is_saved_before_it_is_compared(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("qcsearch.search.finish.comparisons.Fitting.found", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "run", n_trials=2, baselines="fast")
    monkeypatch.undo()
    run = RunFolder.open(tmp_path / "run")
    saved = run.result()
    assert saved is not None
    assert saved.model.candidate.n_qubits == saved.best.n_qubits
    assert saved.snapshot is not None
    missing = {name: why for name, why in saved.missing.items() if name in NAMES}
    assert missing == dict.fromkeys(NAMES, "The search was ended before it was measured.")
    rows = {row.name: row for row in leaderboard(run)}
    assert all(rows[name].accuracy_noiseless is None and rows[name].note for name in NAMES)
    assert search(tmp_path / "run", n_trials=2, baselines="fast") == saved
