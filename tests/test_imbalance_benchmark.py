"""`benchmarks/imbalance.py`: its sets are what it says, and its table says what is stored."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def bench() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
        yield import_module("imbalance")


def test_a_set_has_so_many_of_each_class_and_no_sample_twice(bench: Any, tmp_path: Path) -> None:
    with np.load(bench.archive(3, tmp_path)) as parts:
        assert np.bincount(parts["y_train"]).tolist() == [1_000, 50]
        assert np.bincount(parts["y_test"]).tolist() == [4_000, 200]
        assert len(np.unique(np.concatenate([parts["X_train"], parts["X_test"]]), axis=0)) == 5_250


def test_the_table_holds_each_way_of_searching_against_the_one_for_accuracy(bench: Any) -> None:
    where = {
        "date": "2026-01-01",
        "machine": {"cpu": "x", "cores": 2, "threads": 1},
        "versions": {"python": "3"},
    }
    entries = [
        {
            "settings": {"arm": arm, "seed": seed, "device": "fake_torino", "max_seconds": 30.0},
            "balanced_accuracy": 0.6 + 0.1 * number,
            "rare_recall": 0.3,
            "accuracy": 0.95,
            "n_test": 4_200,
            "load": 2.0,
            **where,
        }
        for seed in (0, 1, 2)
        for number, arm in enumerate(bench.ARMS)
    ]
    text = bench.render(entries)
    assert "| accuracy | 0.600 (0.600–0.600) | 0.300 | 0.950 | – | – |" in text
    assert (
        "| balanced accuracy, balanced weights | 0.900 (0.900–0.900) | 0.300 | 0.950 | +0.300 | 3 of 3"
        in text
    )
    assert "3 made sets, 30 s each" in text
