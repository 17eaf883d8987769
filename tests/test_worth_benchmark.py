"""`benchmarks/worth.py`: its tasks are what it says, its searches begin from nothing, its table says what is stored."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from checkout import BENCHMARKS


@pytest.fixture(scope="module")
def bench() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield SimpleNamespace(worth=import_module("worth"), wide=import_module("search.wide"))


@pytest.mark.parametrize("task", ["hyperplanes_diff_5", "cluster:4"])
def test_a_task_has_a_large_test_part_that_shares_no_sample_and_every_seed_is_another(
    bench: Any, task: str, tmp_path: Path
) -> None:
    with (
        np.load(bench.wide.archive(task, 0, tmp_path)) as first,
        np.load(bench.wide.archive(task, 1, tmp_path)) as second,
    ):
        n_train, n_test = bench.wide.sample_counts(task)
        assert (len(first["y_train"]), len(first["y_test"])) == (n_train, n_test)
        together = np.concatenate([first["X_train"], first["X_test"]])
        assert len(np.unique(together, axis=0)) == n_train + n_test
        assert not np.array_equal(first["X_train"], second["X_train"])
        shares = [
            np.unique(first[f"y_{part}"], return_counts=True)[1] / n
            for part, n in (("train", n_train), ("test", n_test))
        ]
        np.testing.assert_allclose(*shares, atol=0.01)


def test_every_arm_can_be_made_and_begins_from_no_start_point(bench: Any, tmp_path: Path) -> None:
    from search.spaces import derive

    from qcsearch.search.space.space import load_space
    from qcsearch.search.strategies import check_strategy

    for strategy, options, changes in bench.worth.ARMS.values():
        for base in ("default", "quantum_data"):
            space = load_space(derive(base, {**changes, "start": []}, f"{base}_bare", tmp_path))
            assert space.file.start == ()
            assert load_space(base).file.start
            check_strategy(strategy, space, options)


def entry(arm: str, seed: int, noisy: float, seconds: float = 60.0) -> dict[str, Any]:
    return {
        "settings": {
            "task": "cluster:4",
            "seed": seed,
            "seconds": seconds,
            "strategy": arm,
            "device": "fake_torino",
        },
        "scores": {"noisy": noisy, "validation": 0.9},
        "cost": {"trials": 40},
        "commit": "abc",
        "date": "2026-01-01",
        "machine": {"cpu": "x", "cores": 2, "threads": 1},
        "versions": {"python": "3"},
    }


def test_the_table_compares_in_pairs_of_one_task_and_one_seed(bench: Any) -> None:
    found = [
        entry(arm, seed, score)
        for seed in range(6)
        for arm, score in (("auto", 0.92 + seed / 1000), ("random", 0.9))
    ]
    lone = entry("auto", 9, 0.1)
    text = bench.worth.render([*found, lone, entry("auto", 0, 0.95, 300.0)])
    assert "| `random` | 6 | 6, 0, 0 | +2.25 | p = 0.031 | +0.00 | p = 1 | told apart |" in text
    assert "| 60 s | cluster:4 (1,500) | trials |" in text
    assert "| 300 s | cluster:4 (1,500) | trials |" in text
    assert bench.worth.render([]) == "Nothing was measured."
