"""A model with a trained input layer on a backend: angles are made here, and the layer stays as it is."""

import json
from dataclasses import replace

import numpy as np
import pytest

from qcsearch.bundle import arrays
from qcsearch.bundle.model import model_files, read_model
from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.write import write_bundle
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import BundleError, InputError
from qcsearch.training.single import train

DRESSED = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1"],
    "preprocessing": {"scaling": "standard"},
    "input_layer": {"name": "tanh"},
    "training": {"steps": 80, "learning_rate": 0.05},
}


@pytest.fixture(scope="module")
def moons():
    return split(load_dataset("moons"), seed=0)


@pytest.fixture(scope="module")
def dressed(moons):
    validation = (moons.validation.X, moons.validation.y)
    return train(DRESSED, moons.train.X, moons.train.y, device="fake_manila", validation=validation)


def test_steps_on_a_backend_leave_the_layer_as_it_is_and_say_so(dressed, moons):
    settings = DeploymentSettings(shots=1024, steps=2, max_validation=20, max_test=40)
    found = deploy(dressed, moons, "local:fake_manila", settings)
    assert (
        "The input layer stayed as it was: circuit and head alone were trained on the backend."
        in found.notices
    )
    assert len(found.tuning.losses) == 2
    np.testing.assert_array_equal(found.parameters.input_layer, dressed.parameters.input_layer)
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 0.1
    assert found.apply(dressed).parameters.sizes == dressed.parameters.sizes
    stranger = replace(found.parameters, input_layer=np.zeros(3))
    with pytest.raises(InputError, match="weights of the run's winner"):
        replace(found, parameters=stranger).apply(dressed)


def test_it_comes_back_from_its_bundle_to_the_bit(dressed, moons, tmp_path):
    write_bundle(dressed, tmp_path / "model")
    again = load_bundle(tmp_path / "model")
    assert again.parameters == dressed.parameters
    assert np.array_equal(again.predict_proba(moons.test.X), dressed.predict_proba(moons.test.X))


def test_a_bundle_whose_layer_lacks_a_number_is_refused(dressed):
    files = model_files(dressed, {})
    weights = json.loads(files["weights.json"])
    weights["input_layer"] = arrays.to_json(dressed.parameters.input_layer[:-1])
    with pytest.raises(BundleError, match="The input layer takes 6 parameters; the bundle has 5"):
        read_model(files | {"weights.json": json.dumps(weights).encode()})
