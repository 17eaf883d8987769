"""What a process loads before the first answer of a bundle: nothing that only learning, searching or hardware needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

_FOREIGN = (
    "optuna",
    "sklearn",
    "pandas",
    "matplotlib",
    "qiskit_ibm_runtime",
    "scipy.stats",
    "scipy.optimize",
    "qcsearch.search.run.folder",
    "qcsearch.training.losses",
    "qcsearch.serving",
)

_PREDICT = f"""
import sys
from qcsearch.cli.main import run

code = run(["predict", *sys.argv[1:]])
print(code, *(name for name in {_FOREIGN!r} if name in sys.modules))
"""


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_to_predict_loads_neither_scikit_learn_nor_the_search_nor_a_client_of_hardware(saved, kind, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n")
    done = subprocess.run(
        [sys.executable, "-c", _PREDICT, str(saved[kind]), str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    label, *_ = done.stdout.splitlines()[1].partition(",")
    assert label in ("setosa", "versicolor", "virginica")
    assert done.stdout.splitlines()[-1] == "0"
