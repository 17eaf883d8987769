"""A kernel head in a bundle and on a backend: no step is taken, its cost is told, and it says what was simulated."""

import json
from itertools import product

import numpy as np
import pytest

from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.bundle.write import write_bundle
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.cost.plan import plan_deployment
from qcsearch.deployment.deploying import deploy, prepare
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import BundleError
from qcsearch.training.single import train

KERNEL = {
    "encoding": {"name": "iqp"},
    "ansatz": {"name": "gates", "settings": {"gates": []}},
    "qubits": [0, 1],
    "observables": ["X0", "Y0", "Z0", "X1", "Y1", "Z1"],
    "preprocessing": {"scaling": "standard", "angle_range": [-1.0, 1.0]},
    "head": {"name": "svc"},
}
SETTINGS = DeploymentSettings(shots=2048, max_validation=10)


@pytest.fixture(scope="module")
def moons():
    return split(load_dataset("moons"), seed=0)


@pytest.fixture(scope="module")
def kernel(moons):
    validation = (moons.validation.X, moons.validation.y)
    return train(KERNEL, moons.train.X, moons.train.y, device="fake_torino", validation=validation)


def test_a_kernel_model_deployed_is_within_two_points_of_its_simulation(kernel, moons):
    found = deploy(kernel, moons, "local:fake_torino", SETTINGS)
    assert found.noisy.accuracy > 0.9
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 0.02
    assert found.tuning.losses == ()
    assert "No training step was taken: the head 'svc' is fitted, not trained in steps." in found.notices


@pytest.mark.slow  # nine measurement bases of every sample
def test_a_fidelity_kernel_deployed_is_within_two_points_and_its_cost_is_nine_bases_a_sample(moons):
    strings = [
        "".join(f"{p}{q}" for q, p in enumerate(pair) if p != "I") for pair in product("IXYZ", repeat=2)
    ]
    candidate = {
        **KERNEL,
        "observables": strings[1:],
        "head": {"name": "svc", "settings": {"kernel": "fidelity"}},
    }
    model = train(candidate, moons.train.X, moons.train.y, device="fake_torino")
    tuner, test = prepare(model, moons, "local:fake_torino", SETTINGS)
    plan = plan_deployment(tuner, len(test))
    assert (plan.steps, plan.test.circuits, plan.before.circuits) == ((), 9 * len(test), 9 * 10)
    found = deploy(model, moons, "local:fake_torino", SETTINGS)
    assert found.usage.circuits == 9 * (len(test) + 10)
    assert found.noisy.accuracy > 0.9
    assert abs(found.deployed.accuracy - found.noisy.accuracy) <= 0.02


def test_its_cost_is_three_bases_a_sample_and_no_step(kernel, moons):
    tuner, test = prepare(kernel, moons, "local:fake_torino", SETTINGS)
    plan = plan_deployment(tuner, len(test))
    assert plan.steps == ()
    assert plan.test.circuits == 3 * len(test)


def test_it_comes_back_from_its_bundle_to_the_bit(kernel, moons, tmp_path):
    write_bundle(kernel, tmp_path / "model")
    again = load_bundle(tmp_path / "model")
    assert np.array_equal(again.predict_proba(moons.test.X), kernel.predict_proba(moons.test.X))


def test_a_bundle_with_half_a_support_point_is_refused(kernel, tmp_path):
    write_bundle(kernel, tmp_path / "model")
    files = dict(read_verified(tmp_path / "model").files)
    weights = json.loads(files["weights.json"])
    head = weights["head"]
    weights["head"] = {**head, "data": head["data"][:-3], "shape": [len(head["data"]) - 3]}
    files["weights.json"] = json.dumps(weights).encode()
    store(tmp_path / "forged", files, Manifest.of(files, {}))
    with pytest.raises(BundleError, match=r"The head 'svc' does not take \d+ parameters"):
        load_bundle(tmp_path / "forged")
