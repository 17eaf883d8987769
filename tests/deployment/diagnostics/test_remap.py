"""Off qubits that have decayed, with the weights as they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.diagnostics.remap import Remap, find_remap
from qcsearch.deployment.executors.local import LocalExecutor
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.errors import InputError

FEW = DeploymentSettings(steps=0, shots=64, max_validation=4, max_test=4)


def decayed(device, bad, readout=0.3, gate=1.0):
    """The device on another day: readout of some qubits, and errors of their two-qubit gates, are worse."""
    qubits = [
        replace(qubit, p10=readout, p01=readout) if q in bad else qubit
        for q, qubit in enumerate(device.qubits)
    ]
    gates = [
        replace(x, error=min(0.45, gate * x.error)) if len(x.qubits) == 2 and set(x.qubits) & set(bad) else x
        for x in device.gates
    ]
    return replace(
        device, qubits=tuple(qubits), gates=tuple(gates), calibrated_at="2026-11-20T00:00:00+00:00"
    )


@pytest.fixture
def remap(model, iris):
    return find_remap(model, iris.validation, decayed(model.device, [1]))


def test_a_model_leaves_qubits_that_have_decayed(model, iris, remap):
    assert remap.before == (1, 2)
    assert 1 not in remap.after
    assert remap.esp_after > remap.esp_before
    assert remap.accuracy_after >= remap.accuracy_before
    remapped = remap.apply(model)
    assert remapped.candidate.qubits == remap.after
    assert remapped.parameters == model.parameters
    assert remapped.transpiled.topology == model.transpiled.topology
    assert remapped.score(iris.validation.X, iris.validation.y) == pytest.approx(remap.accuracy_after)
    assert "remapped from qubits 1, 2 to" in remap.sentence
    assert "readout of qubit 1" in remap.sentence
    assert "calibration of 2026-11-20" in remap.sentence


@pytest.mark.parametrize(
    ("bad", "readout", "above"),
    [
        ([], 0.3, None),  # nothing changed
        ([0], 0.3, None),  # a qubit that is not the model's
        ([1], 0.03, None),  # hardly
        ([1], 0.3, 0.5),  # less than is asked for
        ([0, 3, 4], 0.3, 0.0),  # it is worse everywhere else
    ],
)
def test_it_stays_where_that_is_as_good(model, iris, bad, readout, above):
    assert find_remap(model, iris.validation, decayed(model.device, bad, readout), above) is None


def test_it_leaves_qubits_that_no_longer_run_the_circuit(model, iris):
    now = decayed(model.device, [1], readout=0.02)
    gates = tuple(replace(x, error=1.0) if set(x.qubits) == {1, 2} else x for x in now.gates)
    coupled = tuple(pair for pair in now.coupling_map if set(pair) != {1, 2})
    remap = find_remap(model, iris.validation, replace(now, gates=gates, coupling_map=coupled))
    assert remap.esp_before is None
    assert set(remap.after) != {1, 2}
    assert "the circuit cannot run on 1, 2" in remap.sentence


def test_a_remap_is_json_both_ways(remap):
    assert Remap.from_json(json.loads(json.dumps(remap.to_json()))) == remap
    with pytest.raises(InputError, match="Not a remap"):
        Remap.from_json({"before": [1]})


def test_a_deployment_goes_where_the_model_went(model, iris, remap, tmp_path):
    found = deploy(model, iris, "aer", FEW, remap=remap)
    assert found.qubits == remap.after
    assert found.device_digest == remap.device.digest
    assert found.candidate == model.candidate.digest
    found.save(tmp_path / "deployment.json")
    again = Deployment.load(tmp_path / "deployment.json")
    assert again == found
    assert again.apply(model).candidate.qubits == remap.after
    assert again.apply(model).device == remap.device


def test_a_deployment_that_stays_says_what_remap_would_have_done(model, iris):
    backend = FakeManilaV2()
    figures = backend.properties().to_dict()
    for figure in figures["qubits"][1]:
        if figure["name"] in ("readout_error", "prob_meas0_prep1", "prob_meas1_prep0"):
            figure["value"] = 0.3
    backend._props_dict = figures
    found = deploy(model, iris, LocalExecutor(backend), FEW)
    (offer,) = (notice for notice in found.notices if "--remap would have remapped the model" in notice)
    assert "readout of qubit 1: 2.19 % then, 30.00 % now" in offer
    assert found.remap is None
    assert found.qubits == (1, 2)
