from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.diagnostics.noise_model_check import NoiseModelCheck, check_noise_model
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.deployment.values import Estimates
from qcsearch.errors import InputError
from qcsearch.storage import canonical
from qcsearch.typed import read

OPERATORS = [SparsePauliOp(["IIZ"]), SparsePauliOp(["ZII"]), SparsePauliOp(["IZZ"])]
SHOTS = 1000


def measured(truth, rng):
    """Means of ±1 outcomes around the true values."""
    ones = rng.binomial(SHOTS, (1 + truth) / 2)
    values = 2 * ones / SHOTS - 1
    return Estimates(values, np.sqrt((1 - values**2) / (SHOTS - 1)))


def judge(predicted, truth, seed):
    return check_noise_model(
        measured(truth, np.random.default_rng(seed)), predicted, OPERATORS, (5, 9, 7), SHOTS
    )


def test_shot_noise_alone_is_hardly_ever_called_a_difference():
    values = np.random.default_rng(0).uniform(-0.9, 0.9, size=(40, 3))
    found = [judge(values, values, seed) for seed in range(200)]
    assert all(check.holds and check.worst_qubits == () for check in found)
    p_values = [x.p_value for check in found for x in check.observables]
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.06)


def test_a_qubit_that_changed_is_named_and_its_bias_is_right():
    predicted = np.random.default_rng(0).uniform(-0.9, 0.9, size=(40, 3))
    changed = predicted.copy()
    changed[:, 1] = 0.9 * predicted[:, 1] + 0.05
    check = judge(predicted, changed, 1)
    assert not check.holds
    assert check.worst_qubits[0] == 7
    assert [x.qubits for x in check.observables] == [(5,), (7,), (5, 9)]
    assert check.observables[1].bias == pytest.approx((changed - predicted)[:, 1].mean(), abs=0.02)
    assert "worst on qubits 7" in check.sentence


def test_values_without_any_spread_are_no_proof():
    predicted = np.full((5, 3), 0.9995)
    assert check_noise_model(
        Estimates(np.ones((5, 3)), np.zeros((5, 3))), predicted, OPERATORS, (0, 1, 2), SHOTS
    ).holds


def test_it_is_json_both_ways():
    check = judge(np.zeros((4, 3)), np.zeros((4, 3)), 0)
    assert (
        read(NoiseModelCheck, canonical.loads(canonical.dumps(check.to_json())), "a noise-model check")
        == check
    )
    with pytest.raises(InputError):
        read(NoiseModelCheck, {"observables": []}, "a noise-model check")


def test_a_recorded_device_is_described_by_its_own_snapshot_and_not_by_another(model, iris):
    same = deploy(model, iris, "local:fake_manila", DeploymentSettings(steps=0, shots=4096, max_validation=2))
    assert same.noise_model_check.holds, same.noise_model_check
    other = deploy(
        model, iris, "local:fake_santiago", DeploymentSettings(steps=0, shots=4096, max_validation=2)
    )
    assert not other.noise_model_check.holds
    assert set(other.noise_model_check.worst_qubits) <= set(model.candidate.qubits)
