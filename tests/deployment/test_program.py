from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector

from qcsearch.circuits.bases import measurement_bases
from qcsearch.deployment import program as program_module
from qcsearch.deployment.measurement import estimate
from qcsearch.deployment.program import BackendProgram
from qcsearch.errors import BackendError, CandidateError

OBSERVABLES = [
    SparsePauliOp(["IIZ"]),
    SparsePauliOp(["IXI"]),
    SparsePauliOp(["YII"]),
    SparsePauliOp(["ZIX"]),
    SparsePauliOp(["XYZ", "ZZI", "III", "IXX"], [0.7, -0.4, 0.25, 1.1]),
    SparsePauliOp(["III"], [2.0]),
    SparsePauliOp(["ZZZ", "IIZ", "ZII"], [0.5, 0.5, -1.0]),
]


@pytest.fixture(scope="module")
def circuit():
    """Three qubits, two features, four weights, everything entangled, in the gates of the target."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    circuit = QuantumCircuit(3)
    circuit.ry(x[1], 0)
    circuit.rx(x[0] * w[0], 1)
    circuit.ry(w[1] + 0.3, 2)
    circuit.cx(0, 1)
    circuit.rz(w[3], 1)
    circuit.ry(2 * w[2], 1)
    circuit.cx(1, 2)
    circuit.rx(0.4, 0)
    return transpile(circuit, basis_gates=["rz", "sx", "x", "cx"], optimization_level=1), list(x), list(w)


X = np.array([[0.3, -0.7], [1.2, 0.4], [-0.5, 2.0]])
W = np.array([0.9, -0.4, 0.7, 1.5])


def exact(circuit, X, w):
    built, features, weights = circuit
    return np.array(
        [
            [
                Statevector(
                    built.assign_parameters(dict(zip([*features, *weights], [*row, *w], strict=True)))
                )
                .expectation_value(operator)
                .real
                for operator in OBSERVABLES
            ]
            for row in X
        ]
    )


@pytest.fixture
def program(circuit, ideal):
    def build(qubits=(0, 1, 2), n_qubits=3, shots=20_000, observables=OBSERVABLES, seed=0):
        built, features, weights = circuit
        return BackendProgram(built, qubits, observables, features, weights, ideal(n_qubits, seed), shots)

    return build


def test_every_pauli_axis_is_measured_and_the_standard_error_is_right(program, circuit):
    wanted = exact(circuit, X, W)
    scores = []
    for seed in range(12):
        found = program(seed=seed, shots=4000).measure(X, W)
        assert np.all(found.errors[:, 5] == 0)
        assert np.allclose(found.values[:, 5], 2.0)
        kept = [0, 1, 2, 3, 4, 6]
        scores.append((found.values - wanted)[:, kept] / found.errors[:, kept])
    assert np.abs(scores).max() < 5
    assert np.std(scores) == pytest.approx(1.0, abs=0.15)


def test_the_region_may_lie_anywhere_on_the_device_in_any_order(program, circuit):
    found = program(qubits=(5, 1, 3), n_qubits=7).measure(X, W)
    assert np.allclose(found.values, exact(circuit, X, W), atol=5 * found.errors.max())


def test_many_weight_vectors_are_one_job_and_keep_their_order(program, circuit):
    machine = program()
    others = np.stack([W, W + 0.5, -W])
    found = machine.values_many(X, others)
    wanted = np.stack([exact(circuit, X, w) for w in others])
    assert found.shape == (3, 3, len(OBSERVABLES))
    assert np.abs(found - wanted).max() < 0.06
    assert machine.usage.jobs == 1
    n_bases = len(measurement_bases(OBSERVABLES))
    assert machine.usage.circuits == 9 * n_bases
    assert machine.usage.shots == 9 * n_bases * 20_000


def test_large_work_is_cut_into_jobs_that_fit(program, circuit, monkeypatch):
    monkeypatch.setattr(program_module, "_SHOTS_A_JOB", 4 * 1000)
    machine = program(shots=1000, observables=OBSERVABLES[:1])
    rows = np.vstack([X, X, X, X])
    found = machine.measure(rows, W)
    assert machine.executor.shapes == [[4], [4], [4]]
    assert found.values.shape == found.errors.shape == (12, 1)
    assert np.allclose(found.values, exact(circuit, rows, W)[:, :1], atol=0.2)


def test_no_samples_need_no_job(program):
    machine = program()
    assert machine.values(X[:0], W).shape == (0, len(OBSERVABLES))
    assert machine.usage.jobs == 0


def test_observables_along_z_alone_need_one_basis_and_no_gate():
    operators = [SparsePauliOp(["IIZ"]), SparsePauliOp(["ZZI"]), SparsePauliOp(["ZZZ"])]
    (basis,) = measurement_bases(operators)
    assert basis.axes == "ZZZ"
    assert basis.rotation().size() == 0
    assert [term.support for term in basis.terms] == [(0,), (1, 2), (0, 1, 2)]


def test_terms_that_commute_qubit_by_qubit_share_a_basis():
    assert (
        len(measurement_bases([SparsePauliOp(["IIX"]), SparsePauliOp(["ZII"]), SparsePauliOp(["ZIX"])])) == 1
    )
    assert (
        len(measurement_bases([SparsePauliOp(["IIX"]), SparsePauliOp(["IIY"]), SparsePauliOp(["IIZ"])])) == 3
    )


def test_terms_of_one_observable_that_share_their_shots_are_summed_shot_by_shot():
    """(Z0 + Z1)/2 on a state that always gives opposite bits: no spread at all, though each term has one."""
    operator = SparsePauliOp(["IZ", "ZI"], [0.5, 0.5])
    bases = measurement_bases([operator])
    bits = np.array([[[0, 1], [1, 0], [0, 1], [1, 0]]], dtype=bool)
    found = estimate([operator], bases, [bits])
    assert found.values == 0
    assert found.errors == 0


def test_one_shot_gives_a_value():
    operator = SparsePauliOp(["Z"])
    found = estimate([operator], measurement_bases([operator]), [np.array([[[True]]])])
    assert found.values == -1


def test_a_coefficient_that_is_not_real_is_refused():
    with pytest.raises(CandidateError, match="real"):
        measurement_bases([SparsePauliOp(["Z"], [1j])])


def test_a_qubit_that_the_backend_lacks_is_refused_before_any_job(program):
    machine = program(qubits=(0, 1, 9), n_qubits=5)
    with pytest.raises(BackendError, match="needs qubit 9; ideal has 5 qubits"):
        machine.check()
    assert machine.usage.jobs == 0


def test_gates_that_the_backend_lacks_are_refused_before_any_job(circuit, ideal):
    other = QuantumCircuit(2)
    other.rzz(0.3, 0, 1)
    machine = BackendProgram(other, (0, 1), [SparsePauliOp("ZZ")], [], [], ideal(2), 100)
    with pytest.raises(BackendError, match="'rzz'"):
        machine.check()
