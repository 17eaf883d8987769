"""What a process loads and compiles before the first answer of a bundle: nothing of learning, search or hardware."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qcsearch.bundle.write import write_bundle
from qcsearch.training.single import train

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

_KERNELS = {
    ("reuploading", "linear"): {"bind", "forward_checkpointed", "bind_samples", "middle_values"},
    ("angle", "svc"): {"bind", "forward_checkpointed", "to_coordinates", "known_values"},
}
"""What values alone need: of an encoding among the weights, and of one before them."""

CANDIDATE = {
    "preprocessing": {"reduction": {"name": "pca", "settings": {"n_components": 3}}, "scaling": "standard"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [3, 1, 2],
    "observables": ["Z0", "X1", "Z0Z2"],
    "training": {"steps": 1},
}

_USED = """
import sys
import numpy as np
from qcsearch.bundle import load_bundle

load_bundle(sys.argv[1]).predict(np.ones((1, 4)))
modules = [module for name, module in sys.modules.items() if name.startswith("qcsearch.simulation.exact.kernels.")]
assert "sklearn" not in sys.modules  # though it fits some heads
kernels = {one for module in modules for one in vars(module).values() if getattr(one, "overloads", None)}
print(*(one.py_func.__name__ for one in kernels if not one.targetoptions.get("no_cpython_wrapper")))
"""


def test_to_predict_loads_neither_scikit_learn_nor_the_search_nor_a_client_of_hardware(saved, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n")
    done = subprocess.run(
        [sys.executable, "-c", _PREDICT, str(saved["zip"]), str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    label, *_ = done.stdout.splitlines()[1].partition(",")
    assert label in ("setosa", "versicolor", "virginica")
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize(("encoding", "head"), _KERNELS)
def test_to_predict_uses_the_kernels_of_values_and_none_of_a_gradient(encoding, head, flowers, tmp_path):
    candidate = {**CANDIDATE, "encoding": {"name": encoding}, "head": {"name": head}}
    model = train(candidate, *flowers, device="fake_manila")
    write_bundle(model, tmp_path / "bundle")
    done = subprocess.run(
        [sys.executable, "-c", _USED, str(tmp_path / "bundle")], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == _KERNELS[encoding, head]
