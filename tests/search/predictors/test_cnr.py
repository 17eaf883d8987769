from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.errors import CandidateError
from qcsearch.search.predictors import PREDICTORS, PredictorInput
from qcsearch.search.predictors.replicas import CLIFFORDS, HGate, SGate, ZGate, replicas

MakeInput = Callable[..., PredictorInput]

ENTANGLED = ("ry x0 0", "rx w0 1", "cx 0 1", "ry w1 0", "rz w2 1", "cx 1 2", "ry w3 2", "rx w4 1")


def errors(device: Device, gate: float, p10: float, p01: float) -> Device:
    """The device with this error of every gate but rz, this readout, and no relaxation."""
    qubits = tuple(replace(q, t1=None, t2=None, p10=p10, p01=p01) for q in device.qubits)
    gates = tuple(replace(g, error=0.0 if g.name == "rz" else gate) for g in device.gates)
    return replace(device, qubits=qubits, gates=gates)


def aer_outcomes(circuit: QuantumCircuit, model: NoiseModel | None, measured: list[int]) -> np.ndarray:
    """Probabilities of the outcomes on `measured` from Aer's density matrix, then the confusion matrices."""
    circuit = circuit.copy()
    circuit.save_probabilities(measured)
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    found = simulator.run(circuit).result().data()["probabilities"]
    for place, qubit in enumerate(measured):
        if model is not None:
            table = np.asarray(model._local_readout_errors[(qubit,)].probabilities)  # [true, read]
            shaped = found.reshape(-1, 2, 2**place)
            found = np.einsum("atb,tr->arb", shaped, table).ravel()
    return np.asarray(found)


@pytest.mark.parametrize("name", ["fake_torino", "fake_lagos", "fake_brisbane"])
def test_the_resilience_is_that_of_aers_density_matrices(inputs: MakeInput, name: str) -> None:
    device = get_device(name)
    given = inputs(*ENTANGLED, on=device, qubits=best_regions(device, 3)[0].qubits, observables=("Z0", "Z2"))
    circuit = given.transpiled.mapped.circuit
    model = noise_model(device, given.transpiled.mapped.qubits)
    found = replicas(circuit)
    distances = []
    for choices in found.draw(4, given.rng()):
        angles = dict(zip(found.features, found.angles(choices[None])[0], strict=True))
        replica = found.circuit.assign_parameters(angles)
        noisy, ideal = (aer_outcomes(replica, m, list(given.measured)) for m in (model, None))
        distances.append(np.abs(noisy - ideal).sum() / 2)
    assert PREDICTORS.create("cnr", {"n_replicas": 4})(given) == pytest.approx(
        1 - np.mean(distances), abs=1e-7
    )


def test_depolarising_gates_and_readout_give_the_closed_form(inputs: MakeInput, device: Device) -> None:
    """One run of two sx: the drawn gate, then twice r → (1 − 2e) r (infidelity e is a depolarising 2e), then readout.

    From |0⟩ s and z end in |0⟩, x and y in |1⟩, with distance (1 − (1 − 2e)²)/2 before readout; h in an even
    mixture, which depolarising does not change.
    """
    error, p10, p01 = 0.02, 0.03, 0.08
    given = inputs("ry x0 0", on=errors(device, error, p10, p01), qubits=(0,))
    assert [i.name for i in given.transpiled.mapped.circuit.data].count("sx") == 2
    bloch = (1 - 2 * error) ** 2
    kept, lost = 1 - p10 - p01, p01 - p10
    distances = {"zero": abs(1 - (kept * bloch + lost)) / 2, "one": abs(-1 - (-kept * bloch + lost)) / 2}
    distances["even"] = abs(lost) / 2
    kind = {HGate: "even", SGate: "zero", ZGate: "zero"}
    drawn = replicas(given.transpiled.mapped.circuit).draw(32, given.rng())[:, 0]
    expected = np.mean([distances[kind.get(CLIFFORDS[number], "one")] for number in drawn])
    assert PREDICTORS.create("cnr")(given) == pytest.approx(1 - expected, abs=1e-9)


def test_without_errors_nothing_is_lost_and_with_worse_gates_more_is(
    inputs: MakeInput, device: Device
) -> None:
    cnr = PREDICTORS.create("cnr")

    def score(gate: float, readout: float) -> float:
        return cnr(inputs(*ENTANGLED[:4], on=errors(device, gate, readout, readout)))

    assert score(0.0, 0.0) == pytest.approx(1.0, abs=1e-9)
    assert score(0.0, 0.0) > score(0.01, 0.0) > score(0.05, 0.0) > 0
    assert score(0.01, 0.0) > score(0.01, 0.05)


def test_a_longer_circuit_is_less_resilient(inputs: MakeInput) -> None:
    cnr = PREDICTORS.create("cnr")
    more = [line for k in range(6) for line in (f"ry w{2 * k} 0", f"ry w{2 * k + 1} 1", "cx 0 1")]
    assert cnr(inputs("ry x0 0", "cx 0 1")) > cnr(inputs("ry x0 0", *more))


@pytest.mark.parametrize("n_replicas", [0, -1, 2.5, True])
def test_no_replicas_are_refused(n_replicas: object) -> None:
    with pytest.raises(CandidateError, match="'n_replicas' parameter of cnr"):
        PREDICTORS.create("cnr", {"n_replicas": n_replicas})
