"""Every alternative all the way: lowered, mapped to a device's basis gates, run on the exact engine.

The referee is Qiskit's state vector of the logical circuit, so an angle that mapping or engine misread
would show.
"""

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.observables import to_pauli
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.selection.regions import best_regions
from qcsearch.training.transpiled import transpile_candidate

BUILT_IN_ENCODINGS = sorted(set(ENCODINGS._classes) - {"none", "prepared"})
BUILT_IN_ANSATZE = sorted(ANSATZE._classes)
GATES = {
    "gates": [
        {"name": "cx", "qubits": [0, 2]},
        {"name": "ry", "qubits": [0], "angle": {"weight": 3}},
        {"name": "ry", "qubits": [1], "angle": {"weight": 1, "feature": 0, "scale": 0.5, "constant": 0.2}},
    ]
}


def check(device_name: str, encoding: str, ansatz: str) -> None:
    device = get_device(device_name)
    qubits = best_regions(device, 3, 1)[0].qubits
    settings = GATES if ansatz == "gates" else {}
    candidate = Candidate(Choice(encoding), Choice(ansatz, settings), qubits, ("Z0", "X1Z2", "Y0"))
    transpiled = transpile_candidate(candidate, device, 3)
    rng = np.random.default_rng(0)
    derived = transpiled.derive(rng.uniform(-1.5, 1.5, (3, 3)))
    weights = transpiled.initial_weights(rng) + 0.3
    circuit, features, parameters = to_circuit(transpiled.gate_list)
    states = [
        Statevector(
            circuit.assign_parameters(dict(zip([*features, *parameters], [*x, *weights], strict=True)))
        )
        for x in derived
    ]
    expected = [
        [s.expectation_value(to_pauli(label, 3)).real for label in candidate.observables] for s in states
    ]
    np.testing.assert_allclose(transpiled.compile(noise=False).values(derived, weights), expected, atol=1e-9)


@pytest.mark.parametrize("encoding", BUILT_IN_ENCODINGS)
def test_an_encoding_keeps_its_expectation_values_on_a_device(encoding: str) -> None:
    check("fake_torino", encoding, "hardware_efficient")


@pytest.mark.parametrize("ansatz", BUILT_IN_ANSATZE)
def test_an_ansatz_keeps_its_expectation_values_on_a_device(ansatz: str) -> None:
    check("fake_manila", "reuploading", ansatz)


@pytest.mark.slow
@pytest.mark.parametrize("ansatz", BUILT_IN_ANSATZE)
@pytest.mark.parametrize("encoding", BUILT_IN_ENCODINGS)
@pytest.mark.parametrize("device", ["fake_torino", "fake_brisbane"])
def test_any_encoding_with_any_ansatz_keeps_its_expectation_values(
    device: str, encoding: str, ansatz: str
) -> None:
    check(device, encoding, ansatz)
