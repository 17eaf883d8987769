"""Kernels are compiled when somebody asks for it, and then nobody waits for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qcsearch.bundle.write import write_bundle
from qcsearch.training.single import train

_WARM_UP = [sys.executable, "-c", "from qcsearch.cli.main import main; main()", "warm-up", "--json"]

_PREDICT = """
import sys
import numpy as np
from qcsearch.bundle import load_bundle
from qcsearch.simulation.exact.runtime import compilation

for path in sys.argv[1:]:
    load_bundle(path).predict(np.ones((1, 4)))
print(compilation.seconds())
"""


def test_it_says_where_the_kernels_are_and_for_which_processor(qcsearch):
    found = qcsearch("warm-up", "--json").json
    assert list(Path(found["folder"]).glob("matrices.bind-*.nbi"))
    assert found["seconds"] >= 0
    again = qcsearch("warm-up").out
    assert "All kernels were there." in again
    assert f"They are in {found['folder']}, for processors such as {found['processor']}." in again


def test_where_nothing_can_be_kept_nothing_is_compiled(qcsearch, monkeypatch):
    monkeypatch.setattr("qcsearch.simulation.compile.kernel_folder", lambda: None)
    monkeypatch.setattr("qcsearch.simulation.compile.warm_up", lambda: pytest.fail("compiled"))
    outcome = qcsearch("warm-up")
    assert outcome.code == 2
    assert "Fix: name a folder that may: NUMBA_CACHE_DIR=DIR qcsearch warm-up." in outcome.err


@pytest.mark.slow
def test_after_it_a_prediction_compiles_nothing(tmp_path):
    candidate = {
        "preprocessing": {
            "reduction": {"name": "pca", "settings": {"n_components": 3}},
            "scaling": "standard",
        },
        "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
        "qubits": [3, 1, 2],
        "observables": ["Z0", "X1", "Z0Z2"],
        "training": {"steps": 1},
    }
    from sklearn.datasets import load_iris

    encodings = ["angle", "reuploading", "iqp"]
    for name in encodings:
        model = train(
            {**candidate, "encoding": {"name": name}}, *load_iris(return_X_y=True), device="fake_manila"
        )
        write_bundle(model, tmp_path / name)
    surroundings = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    done = subprocess.run(_WARM_UP, env=surroundings, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["seconds"] > 1
    assert Path(json.loads(done.stdout)["folder"]).parent == tmp_path / "kernels"
    done = subprocess.run(
        [sys.executable, "-c", _PREDICT, *(str(tmp_path / name) for name in encodings)],
        env=surroundings, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) == 0
