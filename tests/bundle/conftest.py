from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from qcsearch.bundle.manifest import REQUIRED, Manifest
from qcsearch.bundle.storage import store
from qcsearch.bundle.write import write_bundle
from qcsearch.training.single import train


@pytest.fixture
def contents():
    """Small files under the names that a bundle has: enough for everything that looks at bytes only."""
    return {name: f'{{"{name}": [0.5, 1.5]}}'.encode() for name in REQUIRED} | {
        "MODEL_CARD.md": b"# A model\n"
    }


@pytest.fixture(params=["bundle", "bundle.zip"])
def stored(request, tmp_path, contents):
    """A bundle on disk, once as a folder and once as a zip file."""
    path = tmp_path / request.param
    store(path, contents, Manifest.of(contents, {"qcsearch": "0.1.0"}))
    return path


CANDIDATE = {
    "preprocessing": {"reduction": {"name": "pca", "settings": {"n_components": 3}}, "scaling": "standard"},
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [3, 1, 2],
    "observables": ["Z0", "X1", "Z0Z2"],
    "head": {"name": "mlp"},
    "training": {"steps": 20},
}


@pytest.fixture(scope="session")
def flowers():
    """Iris, with text for labels."""
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="session")
def model(flowers):
    """A small model with every kind of part: a reduction, an X observable, a deep head, text labels."""
    return train(CANDIDATE, *flowers, device="fake_manila")


@pytest.fixture(scope="session")
def saved(model, tmp_path_factory):
    """The model as a folder and as a zip file."""
    folder = tmp_path_factory.mktemp("saved")
    write_bundle(model, folder / "bundle")
    write_bundle(model, folder / "bundle.zip")
    return {"folder": folder / "bundle", "zip": folder / "bundle.zip"}
