"""Expressibility, entangling capability, gradient variance, and what the calibration says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import Statevector, partial_trace

from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.devices.device import Device
from qcsearch.devices.noise import noise_model
from qcsearch.search.predictors import PREDICTORS, Predictor, PredictorInput
from qcsearch.search.predictors.expressibility import divergence_from_haar
from qcsearch.simulation.reference.aer import AerProgram

MakeInput = Callable[..., PredictorInput]

LINES = (
    "ry x0 0",
    "rx w0 1",
    "cx 0 1",
    "ry w1 0",
    "rz x0*w2 1",
    "ry x0 1",
    "cx 1 2",
    "rx w3 2",
    "ry x0*w1 0",
)


def states(given: PredictorInput, X: np.ndarray, W: np.ndarray) -> list[Statevector]:
    circuit, features, weights = to_circuit(given.transpiled.gate_list)
    angles = [*features, *weights]
    return [
        Statevector(circuit.assign_parameters(dict(zip(angles, [*x, *w], strict=True))))
        for x, w in zip(X, W, strict=True)
    ]


@pytest.fixture
def entangled(inputs: MakeInput) -> PredictorInput:
    return inputs(
        *LINES, X=((0.3,), (1.2,), (-0.7,)), y=(0, 1, 1), qubits=(1, 2, 3), observables=("Z0", "X1Z2")
    )


# --- expressibility ----------------------------------------------------------------------------------------


def test_fidelities_are_those_of_the_statevectors(entangled: PredictorInput) -> None:
    expressibility = PREDICTORS.create("expressibility", {"n_pairs": 6})
    rng = entangled.rng()
    X = entangled.X[rng.integers(3, size=6)]
    pairs = zip(*(states(entangled, X, entangled.weights(6, rng)) for _ in range(2)), strict=True)
    expected = [abs(one.inner(other)) ** 2 for one, other in pairs]
    np.testing.assert_allclose(expressibility.fidelities(entangled), expected, atol=1e-10)


def test_a_circuit_that_stands_still_is_as_far_from_haar_as_can_be(inputs: MakeInput) -> None:
    """All fidelities are 1: the divergence is −log of the last bin, (1/75)^(N − 1)."""
    given = inputs("ry x0 0", "rz x0 1")
    assert PREDICTORS.create("expressibility")(given) == pytest.approx(3 * np.log(75))


def test_turns_about_one_axis_give_the_arcsine_law(inputs: MakeInput) -> None:
    """ry(w) on one qubit: fidelity cos²((v − w)/2), P(F ≤ f) = (2/π) arcsin √f; Haar is even for N = 2."""
    given = inputs("rz x0 0", "ry w0 0", qubits=(0,))
    p = np.diff(2 / np.pi * np.arcsin(np.sqrt(np.linspace(0, 1, 76))))
    expected = np.sum(p * np.log(75 * p))
    found = PREDICTORS.create("expressibility", {"n_pairs": 40_000})(given)
    assert found == pytest.approx(expected, abs=0.01)


def test_haar_random_states_are_close_to_none() -> None:
    fidelities = np.random.default_rng(0).beta(1, 7, size=20_000)
    assert 0 <= divergence_from_haar(fidelities, 3, 75) < 0.01


def test_the_divergence_is_finite_where_the_haar_probability_is_below_every_float() -> None:
    assert divergence_from_haar(np.ones(10), 12, 75) == pytest.approx(4095 * np.log(75))


# --- entangling capability ---------------------------------------------------------------------------------


def test_entanglement_is_that_of_the_statevectors(entangled: PredictorInput) -> None:
    rng = entangled.rng()
    X = entangled.X[rng.integers(3, size=5)]
    measures = []
    for state in states(entangled, X, entangled.weights(5, rng)):
        rhos = [partial_trace(state, [k for k in range(3) if k != q]) for q in range(3)]
        measures.append(2 * (1 - np.mean([rho.purity().real for rho in rhos])))
    found = PREDICTORS.create("entangling_capability", {"n_draws": 5})(entangled)
    assert found == pytest.approx(np.mean(measures), abs=1e-10)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("ry x0 0", "ry w0 0", "rx w1 1"), 0.0),
        (("rz x0 0", "h 0", "cx 0 1", "cx 1 2"), 1.0),
    ],
)
def test_product_states_have_none_and_ghz_states_all(
    inputs: MakeInput, lines: tuple[str, ...], expected: float
) -> None:
    given = inputs(*lines, qubits=(1, 2, 3))
    assert PREDICTORS.create("entangling_capability")(given) == pytest.approx(expected, abs=1e-12)


def test_a_turned_bell_pair_has_half_of_it_in_the_mean(inputs: MakeInput) -> None:
    """cos(w/2)|00⟩ + sin(w/2)|11⟩ has the measure sin² w."""
    given = inputs("rz x0 0", "ry w0 0", "cx 0 1")
    found = PREDICTORS.create("entangling_capability", {"n_draws": 20_000})(given)
    assert found == pytest.approx(0.5, abs=0.01)


# --- gradient variance -------------------------------------------------------------------------------------


def test_gradients_are_those_of_aer_under_noise(entangled: PredictorInput) -> None:
    transpiled = entangled.transpiled
    model = noise_model(transpiled.device, transpiled.mapped.qubits)
    observables = list(transpiled.observables)
    aer = AerProgram(transpiled.mapped.circuit, model, observables, transpiled.features, transpiled.weights)
    rng = entangled.rng()
    X = entangled.X[rng.integers(3, size=3)]
    slopes = [
        [aer.value_and_gradient(x[None], w, row[None])[1] for row in np.eye(2)]
        for x, w in zip(X, entangled.weights(3, rng), strict=True)
    ]
    found = PREDICTORS.create("gradient_variance", {"n_draws": 3})(entangled)
    assert found == pytest.approx(np.var(slopes, axis=0).mean(), abs=1e-8)


def test_a_turn_has_half_the_square_of_what_noise_leaves(inputs: MakeInput, device: Device) -> None:
    """⟨Z⟩ = s·cos w, with s = 1 − p10 − p01 if the gates are perfect: the variance of its slope is s²/2."""
    qubits = tuple(replace(q, t1=None, t2=None) for q in device.qubits)
    perfect = replace(device, qubits=qubits, gates=tuple(replace(g, error=0.0) for g in device.gates))
    given = inputs("rz x0 0", "ry w0 0", on=perfect, qubits=(0,))
    scale = 1 - qubits[0].p10 - qubits[0].p01
    found = PREDICTORS.create("gradient_variance", {"n_draws": 4000})(given)
    assert found == pytest.approx(scale**2 / 2, rel=0.03)


def test_without_weights_there_is_no_slope(inputs: MakeInput) -> None:
    assert PREDICTORS.create("gradient_variance")(inputs("ry x0 0")) == 0.0


# --- calibration -------------------------------------------------------------------------------------------


def test_success_and_duration_are_added_up_from_the_calibration(inputs: MakeInput, device: Device) -> None:
    given = inputs("ry x0 0", "ry w0 0", "cx 0 1")
    qubits, gates = device.qubits, {(g.name, g.qubits): g for g in device.gates}
    names = [i.name for i in given.transpiled.mapped.circuit.data]
    assert names.count("sx") == 2
    assert names.count("cx") == 1
    sx, cx = gates["sx", (0,)], gates["cx", (0, 1)]
    success = (1 - sx.error) ** 2 * (1 - cx.error)
    success *= (1 - qubits[0].readout_error) * (1 - qubits[1].readout_error)
    assert PREDICTORS.create("estimated_success_probability")(given) == pytest.approx(success)
    duration = 2 * sx.duration + cx.duration + max(q.readout_duration for q in qubits[:2])
    assert PREDICTORS.create("duration_t2")(given) == pytest.approx(duration / min(q.t2 for q in qubits[:2]))


def test_without_known_times_nothing_is_used_up(inputs: MakeInput, device: Device) -> None:
    timeless = replace(device, qubits=tuple(replace(q, t1=None, t2=None) for q in device.qubits))
    assert PREDICTORS.create("duration_t2")(inputs("ry x0 0", on=timeless)) == 0.0


# --- all of them -------------------------------------------------------------------------------------------

NAMES = [
    "cnr", "duration_t2", "entangling_capability", "estimated_success_probability", "expressibility",
    "gradient_variance", "kernel_target_alignment", "repcap",
]  # fmt: skip


def test_these_predictors_are_there() -> None:
    assert PREDICTORS.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_same_input_gives_the_same_finite_number(inputs: MakeInput, name: str) -> None:
    predictor: Predictor = PREDICTORS.create(name)
    first, second = (predictor(inputs("ry x0 0", "ry w0 0", "cx 0 1", "rx w1 1")) for _ in range(2))
    assert np.isfinite(first)
    assert first == second
    assert isinstance(predictor.higher_is_better, bool)
