"""`benchmarks/budget_matrix.py`: what it runs, what it makes of the answers, and a few of its cells."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def matrix():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
        yield import_module("budget_matrix")


def options(**given):
    chosen = {
        "rows": [100],
        "features": [2],
        "seconds": [10],
        "formats": ["npz"],
        "no_extremes": True,
        "cold": False,
    }
    return argparse.Namespace(**{**chosen, **given})


def test_a_file_is_made_once_for_all_its_limits_and_none_is_made_that_is_too_large(matrix):
    cells = matrix._cells(
        options(rows=[100, 500_000], features=[2, 3_000], formats=["npz", "csv"], seconds=[10, 60])
    )
    assert [cell.name for cell in cells[::2]] == [
        "100 × 2 npz", "100 × 2 csv", "100 × 3,000 npz", "100 × 3,000 csv",
        "500,000 × 2 npz", "500,000 × 2 csv", "500,000 × 3,000 npz",
    ]  # fmt: skip
    assert {cell.seconds for cell in cells} == {10, 60}


def test_the_table_marks_what_is_late_and_what_ended_otherwise(matrix):
    def entry(seconds, wall, code, kept, cold=False):
        size = {"rows": 100, "features": 2, "kind": "npz", "cold": cold}
        return {**size, "seconds": seconds, "wall": wall, "counted": 9.5, "code": code, "kept": kept}

    where = {"date": "2026-01-01", "machine": {"cpu": "any", "cores": 2, "threads": 1}, "versions": {}}
    moment = {"code": 130, "seconds": 1.5, "trials_kept": 3, "trials_told": 3, "kept": True}
    cells = [entry(10, 12.34, 3, True), entry(30, 99.0, 0, False), entry(10, 42.0, 0, True, cold=True)]
    text = matrix._render({"where": where, "cells": cells, "interrupts": [moment, {**moment, "code": 0}]})
    assert "| 100 × 2 npz | 12.3 s (3) | 99.0 s **late** |" in text
    assert "| 100 × 2 npz, cold | 42.0 s, 9.5 of them counted | – |" in text
    assert "Ctrl-C at 1 random moments: ended after 1.50 s at most; finished trials lost in 0." in text


def test_what_is_stored_and_not_measured_again_is_kept_with_its_commit(matrix):
    def entry(seconds, commit):
        return {
            "rows": 100,
            "features": 2,
            "seconds": seconds,
            "kind": "npz",
            "cold": False,
            "commit": commit,
        }

    stored = {"where": "then", "cells": [entry(10, "a"), entry(30, "a")], "interrupts": ["moments"]}
    found = {"where": "now", "cells": [entry(30, "b")], "interrupts": []}
    together = matrix._together(stored, found)
    assert together == {"where": "now", "cells": [entry(10, "a"), entry(30, "b")], "interrupts": ["moments"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "features", "kind"),
    [(100, 2, "npz"), (200_000, 30, "csv"), (2_000, 3_000, "npz"), (500, 20_000, "npz")],
)
def test_a_search_keeps_its_seconds_on_data_of_any_size(matrix, tmp_path, rows, features, kind):
    # By a process between, which is small: the peak memory of a process begins with that of the one that started it.
    measured = (
        f"import json, sys; sys.path.insert(0, {str(Path(matrix.__file__).parent)!r}); import budget_matrix as matrix; "
        f"cell = matrix.Cell({rows}, {features}, 10, {kind!r}); "
        f"print(json.dumps(matrix._measured(cell, 1, matrix.Path({str(tmp_path)!r}))))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", measured], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kept"], found
    assert found["winner"], found
    assert found["peak_mb"] < 2_000


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.3, 2.0, 9.0, 17.0, 20.0])
def test_ctrl_c_ends_a_search_at_once_and_keeps_its_trials(matrix, tmp_path, moment):
    data = matrix._data(matrix.Cell(20_000, 100, 20, "npz"), tmp_path)
    found = matrix._interrupted(data, moment, tmp_path)
    assert found["kept"], found
