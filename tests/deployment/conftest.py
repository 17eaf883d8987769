from __future__ import annotations

import numpy as np
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.executors.base import JobSeeds, joined_bits
from qcsearch.deployment.executors.checks import check_job
from qcsearch.deployment.values import Kind
from qcsearch.training.single import train


class IdealExecutor:
    """Shots without any noise: Qiskit's own state-vector sampler, in the gates of IBM's processors."""

    name = "ideal"
    kind: Kind = "simulated"

    def __init__(self, n_qubits, seed=0):
        self.target = GenericBackendV2(n_qubits, ["rz", "sx", "x", "cx"], noise_info=False).target
        self.seeds, self.shapes = JobSeeds(seed), []

    def run(self, pubs, shots):
        check_job(pubs, shots, self.target)
        self.shapes.append([len(pub.parameters) for pub in pubs])
        sampler = StatevectorSampler(seed=np.random.default_rng(self.seeds.next(pubs)))
        found = sampler.run([(pub.circuit, pub.parameters) for pub in pubs], shots=shots).result()
        return [
            joined_bits(result.data, len(pub.parameters)) for result, pub in zip(found, pubs, strict=True)
        ]


@pytest.fixture
def ideal():
    return IdealExecutor


CANDIDATE = {
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 2}},
    "qubits": [1, 2],
    "observables": ["Z0", "Z1", "X0Z1"],
    "training": {"steps": 60},
}


@pytest.fixture(scope="session")
def iris():
    """The iris flowers, split."""
    return split(load_dataset("iris"), seed=0)


@pytest.fixture(scope="session")
def model(iris):
    """A small model, trained under the noise of a five-qubit device."""
    validation = (iris.validation.X, iris.validation.y)
    return train(CANDIDATE, iris.train.X, iris.train.y, device="fake_manila", validation=validation)
