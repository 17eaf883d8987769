from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qcsearch import canonical
from qcsearch.deployment.deploy import deploy
from qcsearch.deployment.measurement import Estimates
from qcsearch.deployment.truth import NoiseTruth, noise_truth
from qcsearch.errors import InputError
from qcsearch.typed import read

OPERATORS = [SparsePauliOp(["IIZ"]), SparsePauliOp(["ZII"]), SparsePauliOp(["IZZ"])]
SHOTS = 1000


def measured(truth, rng):
    """Means of ±1 outcomes around the true values."""
    ones = rng.binomial(SHOTS, (1 + truth) / 2)
    values = 2 * ones / SHOTS - 1
    return Estimates(values, np.sqrt((1 - values**2) / (SHOTS - 1)))


def judge(predicted, truth, seed):
    return noise_truth(measured(truth, np.random.default_rng(seed)), predicted, OPERATORS, (5, 9, 7), SHOTS)


def test_shot_noise_alone_is_hardly_ever_called_a_difference():
    values = np.random.default_rng(0).uniform(-0.9, 0.9, size=(40, 3))
    found = [judge(values, values, seed) for seed in range(200)]
    assert all(truth.holds and truth.worst_qubits == () for truth in found)
    p_values = [x.p_value for truth in found for x in truth.observables]
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.06)


def test_a_qubit_that_changed_is_named_and_its_bias_is_right():
    predicted = np.random.default_rng(0).uniform(-0.9, 0.9, size=(40, 3))
    changed = predicted.copy()
    changed[:, 1] = 0.9 * predicted[:, 1] + 0.05
    truth = judge(predicted, changed, 1)
    assert not truth.holds
    assert truth.worst_qubits[0] == 7
    assert [x.qubits for x in truth.observables] == [(5,), (7,), (5, 9)]
    assert truth.observables[1].bias == pytest.approx((changed - predicted)[:, 1].mean(), abs=0.02)
    assert "worst on qubits 7" in truth.sentence


def test_values_without_any_spread_are_no_proof():
    predicted = np.full((5, 3), 0.9995)
    assert noise_truth(
        Estimates(np.ones((5, 3)), np.zeros((5, 3))), predicted, OPERATORS, (0, 1, 2), SHOTS
    ).holds


def test_it_is_json_both_ways():
    truth = judge(np.zeros((4, 3)), np.zeros((4, 3)), 0)
    assert read(NoiseTruth, canonical.loads(canonical.dumps(truth.to_json())), "a truth") == truth
    with pytest.raises(InputError):
        read(NoiseTruth, {"observables": []}, "a truth")


def test_a_recorded_device_is_described_by_its_own_snapshot_and_not_by_another(model, iris):
    same = deploy(model, iris, "local:fake_manila", steps=0, shots=4096, max_validation=2)
    assert same.truth.holds, same.truth
    other = deploy(model, iris, "local:fake_santiago", steps=0, shots=4096, max_validation=2)
    assert not other.truth.holds
    assert set(other.truth.worst_qubits) <= set(model.candidate.qubits)
