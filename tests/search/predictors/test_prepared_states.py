"""Predictors of a circuit that starts from its samples' own states."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import Pauli, Statevector, partial_trace

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.circuits.start_states import amplitudes
from qcsearch.data.quantum.generators import generated
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.predictors import PredictorInput
from qcsearch.training.transpiled import transpile_candidate


def test_states_of_samples_that_are_states_start_from_them() -> None:
    data = generated("cluster:4:40")
    assert data.quantum is not None
    device = get_device("fake_manila")
    ansatz = Choice("hardware_efficient", {"n_layers": 1, "rotations": ["ry"]})
    candidate = Candidate(
        data.quantum.encoding, ansatz, (0, 1, 2, 3), ("Z0", "Z3"), Preprocessing(scaling="none")
    )
    transpiled = transpile_candidate(candidate, device, data.n_features)
    inputs = PredictorInput(transpiled, data.X[:5], data.y[:5])
    found = inputs.states(inputs.X, np.zeros((1, transpiled.n_weights)))[0]
    circuit, _, weights = to_circuit(transpiled.gate_list)
    for row, vector in zip(amplitudes(inputs.X), found, strict=True):
        state = Statevector(row).evolve(circuit.assign_parameters(dict.fromkeys(weights, 0.0)))
        reduced = partial_trace(state, [1, 2])  # of qubits 0 and 3, the lower one first
        expected = [reduced.expectation_value(Pauli(high + low)).real for high in "IXYZ" for low in "IXYZ"]
        np.testing.assert_allclose(vector, expected, atol=1e-9)
