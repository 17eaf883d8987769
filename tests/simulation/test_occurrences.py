import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import CircuitError
from qcsearch.simulation.occurrences import occurrences
from qcsearch.training.transpiled import transpile_candidate


def _circuit():
    x, w = ParameterVector("x", 2), ParameterVector("w", 3)
    circuit = QuantumCircuit(2)
    circuit.rz(np.pi + 2 * w[0] * x[1] - 0.5 * w[2] + x[0], 0)
    circuit.sx(0)
    circuit.rz(x[0], 1)
    circuit.rzz(0.3 * w[0], 0, 1)
    circuit.rx(w[1] * x[0] + w[1], 1)
    return circuit, list(x), list(w)


def _bound(circuit, *pairs):
    values = {p: v for names, numbers in pairs for p, v in zip(names, numbers, strict=True)}
    return Operator(circuit.assign_parameters(values)).data


def test_each_angle_with_a_weight_gets_one_shift_and_angles_of_features_alone_none():
    rule = occurrences(*_circuit())
    assert len(rule.shifts) == 3
    assert rule.n_weights == 3


def test_shifts_of_zero_change_nothing_and_others_move_their_angle_alone():
    circuit, x, w = _circuit()
    rule = occurrences(circuit, x, w)
    values = (x, [0.3, -0.8]), (w, [0.5, 1.1, -0.7])
    assert _bound(rule.circuit, *values, (rule.shifts, [0, 0, 0])) == pytest.approx(_bound(circuit, *values))
    moved = circuit.copy()
    operation = moved.data[3].operation.to_mutable()
    operation.params[0] += 0.4
    moved.data[3] = moved.data[3].replace(operation=operation)
    assert _bound(rule.circuit, *values, (rule.shifts, [0, 0.4, 0])) == pytest.approx(_bound(moved, *values))


def test_the_chain_rule_is_the_slope_of_each_angle_in_each_sample():
    circuit, x, w = _circuit()
    rule = occurrences(circuit, x, w)
    X, by_shift = np.array([[0.3, -0.8], [1.2, 0.4]]), np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    found = rule.chain(X, by_shift)
    expected = [
        2 * (-0.8 * 1 + 0.4 * 2) + 0.3 * (10 + 20),
        (0.3 + 1) * 100 + (1.2 + 1) * 200,
        -0.5 * (1 + 2),
    ]
    assert found == pytest.approx(expected)


def test_a_circuit_without_weights_has_no_shifts():
    x = ParameterVector("x", 1)
    circuit = QuantumCircuit(1)
    circuit.ry(x[0], 0)
    rule = occurrences(circuit, list(x), [])
    assert rule.shifts == ()
    assert rule.chain(np.ones((4, 1)), np.zeros((4, 0))).shape == (0,)


def test_a_gate_that_needs_four_terms_is_refused_by_name():
    w = Parameter("w")
    circuit = QuantumCircuit(2)
    circuit.cry(w, 0, 1)
    with pytest.raises(CircuitError, match="no two-term rule for the gate 'cry'"):
        occurrences(circuit, [], [w])


@pytest.mark.parametrize("gate", ["r", "u", "u2", "cp", "rzx"])
def test_two_terms_are_exact_for_each_angle_that_takes_a_shift(gate):
    """Against central differences; the phase of `r` would need four terms and is refused."""
    w = ParameterVector("w", 3)
    angles = {"r": (w[0], 0.4), "u": (w[0], w[1], w[2]), "u2": (w[0], w[1]), "cp": (w[0],), "rzx": (w[0],)}[
        gate
    ]
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.rx(0.4, 1)
    circuit.cx(0, 1)
    operation = get_standard_gate_name_mapping()[gate].to_mutable().base_class(*angles)
    circuit.append(operation, range(operation.num_qubits))
    circuit.cx(0, 1)
    circuit.ry(0.9, 0)
    used = list(circuit.parameters)
    rule = occurrences(circuit, [], used)
    at = dict(zip(used, (0.3, 0.8, -0.5), strict=False))

    def value(of, values):
        observable = SparsePauliOp.from_list([("ZI", 1.0), ("IZ", 0.5), ("XX", 0.3)])
        return Statevector(of.assign_parameters(values)).expectation_value(observable).real

    def shifted(one, by):
        return value(rule.circuit, at | dict.fromkeys(rule.shifts, 0.0) | {one: by})

    slopes = [(shifted(one, np.pi / 2) - shifted(one, -np.pi / 2)) / 2 for one in rule.shifts]
    expected = [
        (value(circuit, at | {p: at[p] + 1e-5}) - value(circuit, at | {p: at[p] - 1e-5})) / 2e-5 for p in used
    ]
    assert rule.chain(np.zeros((1, 0)), np.array([slopes])) == pytest.approx(expected, abs=1e-8)


def test_the_phase_of_r_is_refused():
    w = Parameter("w")
    circuit = QuantumCircuit(1)
    circuit.r(0.3, w, 0)
    with pytest.raises(CircuitError, match="no two-term rule for the gate 'r'"):
        occurrences(circuit, [], [w])


@pytest.mark.parametrize("form", ["w·w", "w·v", "sin w", "w·x·x"])
def test_an_angle_of_another_form_is_refused(form):
    w, v, x = Parameter("w"), Parameter("v"), Parameter("x")
    angle = {"w·w": w * w, "w·v": w * v, "sin w": w.sin(), "w·x·x": w * x * x}[form]
    circuit = QuantumCircuit(1)
    circuit.rz(angle, 0)
    with pytest.raises(CircuitError, match="An angle must be a sum of"):
        occurrences(circuit, [x], [w, v])


def test_turns_in_a_row_about_one_axis_share_a_shift_and_whatever_stands_between_ends_the_row():
    x, w = ParameterVector("x", 2), ParameterVector("w", 6)
    circuit = QuantumCircuit(2)
    circuit.rz(w[0] * x[0], 0)
    circuit.rz(w[1] * x[0], 1)
    circuit.rz(w[2] * x[1], 0)
    circuit.rx(w[3], 0)
    circuit.cz(0, 1)
    circuit.rz(w[4], 1)
    circuit.rzz(w[5], 0, 1)
    circuit.rzz(w[5], 0, 1)
    rule = occurrences(circuit, list(x), list(w))
    rows = {int(k): sorted(rule.weight[rule.shift == k].tolist()) for k in set(rule.shift)}
    assert sorted(rows.values()) == [[0, 2], [1], [3], [4], [5], [5]]
    X = np.array([[0.3, -0.8]])
    by_shift = np.zeros((1, 6))
    by_shift[0, next(k for k, row in rows.items() if row == [0, 2])] = 2.0
    assert rule.chain(X, by_shift) == pytest.approx([0.6, 0, -1.6, 0, 0, 0])


def test_the_shifts_of_a_weighted_sum_give_the_adjoint_gradient():
    candidate = Candidate(
        Choice("weighted_sum"), Choice("hardware_efficient", {"n_layers": 2}), (0, 1), ("Z0", "X1", "Z0Z1")
    )
    transpiled = transpile_candidate(candidate, get_device("fake_manila"), 3)
    rng = np.random.default_rng(2)
    X, w = rng.normal(size=(4, 3)), transpiled.initial_weights(rng)
    target = rng.normal(size=(4, 3))
    found = {
        name: transpiled.estimator(name)(X, w, lambda values: values - target, rng)[1]
        for name in ("adjoint", "parameter_shift")
    }
    np.testing.assert_allclose(found["parameter_shift"], found["adjoint"], atol=1e-9)
    # A qubit: sum, ry, rz with the next sum, ry, rz.
    assert len(transpiled.occurrences.shifts) == 2 * 5


def test_without_merging_every_rotation_of_a_row_has_its_own_shift():
    w, circuit = ParameterVector("w", 3), QuantumCircuit(1)
    for weight in w:
        circuit.rx(weight, 0)
    assert len(occurrences(circuit, [], list(w)).shifts) == 1
    assert len(occurrences(circuit, [], list(w), merge=False).shifts) == 3
