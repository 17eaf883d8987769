"""Circuits under noise as dense matrices over all Pauli strings: qubit 0 is the least significant digit, I X Y Z."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qiskit.quantum_info import random_unitary
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from qcsearch.simulation import ptm
from qcsearch.simulation.angles import AngleSum
from qcsearch.simulation.exact.planning.cones import Cone
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.planning.plan import Plan, make_plan
from qcsearch.simulation.lower import Element, FixedChannel, PauliRotation
from qcsearch.simulation.noise import error_channel
from qcsearch.simulation.observables import Observable

FLOAT64 = np.dtype("float64")
CZ = ptm.from_unitary(np.diag([1, 1, 1, -1]))
_RELAX = thermal_relaxation_error(50e-6, 70e-6, 5e-6)
DAMPED = error_channel(_RELAX)[0] @ ptm.from_unitary(random_unitary(2, seed=1).data)
"""Of one qubit, neither unitary nor unital."""
NOISY_CZ = error_channel(depolarizing_error(0.05, 2).compose(_RELAX.expand(_RELAX)))[0] @ CZ
NOISY_OTHER = error_channel(depolarizing_error(0.05, 2))[0] @ ptm.from_unitary(random_unitary(4, seed=2).data)
"""Of two qubits, no permutation."""


def embedded(matrix: np.ndarray, qubits: Sequence[int], n: int) -> np.ndarray:
    """A PTM on some qubits as one on all n, `(4**n, 4**n)`."""
    k = len(qubits)
    axes = [n - 1 - qubit for qubit in reversed(qubits)]
    all_strings = np.eye(4**n).reshape((4,) * n + (4**n,))
    moved = np.tensordot(matrix.reshape((4,) * (2 * k)), all_strings, axes=(list(range(k, 2 * k)), axes))
    return np.moveaxis(moved, range(k), axes).reshape(4**n, 4**n)


def angle_of(angle: AngleSum, x: np.ndarray, w: np.ndarray) -> float:
    """Radians."""
    return angle.constant + sum(
        c * (w[weight] if weight >= 0 else 1.0) * (x[feature] if feature >= 0 else 1.0)
        for c, weight, feature in angle.terms
    )


def matrix_of(element: Element, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """PTM of an element on its qubits."""
    if isinstance(element, FixedChannel):
        return element.matrix
    angle = angle_of(element.angle, x, w)
    if len(element.axes) == 1:
        return ptm.one_qubit_rotation(element.axes[0], angle)
    return ptm.two_qubit_rotation((element.axes[0], element.axes[1]), angle)


def product_of(elements: Sequence[Element], n: int, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """PTM of a circuit, `(4**n, 4**n)`."""
    result = np.eye(4**n)
    for element in elements:
        result = embedded(matrix_of(element, x, w), element.qubits, n) @ result
    return result


def ground(n: int) -> np.ndarray:
    """Pauli vector of |0…0⟩."""
    result = np.ones(1)
    for _ in range(n):
        result = np.kron([1.0, 0, 0, 1], result)
    return result


def vector_of(observable: Observable, n: int) -> np.ndarray:
    """Coefficients of an observable, `(4**n,)`."""
    result = np.zeros(4**n)
    for factors, coefficient in observable.terms.items():
        result[sum(digit * 4**qubit for qubit, digit in factors)] += coefficient
    return result


def values_of(
    elements: Sequence[Element], observables: Sequence[Observable], n: int, X: np.ndarray, w: np.ndarray
) -> np.ndarray:
    """Expectation values `(n_samples, n_observables)`."""
    vectors = np.stack([vector_of(one, n) for one in observables])
    return np.stack([vectors @ product_of(elements, n, x, w) @ ground(n) for x in X])


def weight(number: int, coefficient: float = 1.0, constant: float = 0.0) -> AngleSum:
    """An angle that is trained."""
    return AngleSum(constant, ((coefficient, number, -1),))


def feature(number: int, coefficient: float = 1.0, constant: float = 0.0) -> AngleSum:
    """An angle of the data."""
    return AngleSum(constant, ((coefficient, -1, number),))


def uploads() -> list[Element]:
    """Three qubits, two features, four weights: a prefix, data behind weights, both kinds of rotations, a suffix."""
    both = AngleSum(0.2, ((0.7, 1, 0), (-1.3, -1, 1), (0.4, 2, -1)))
    return [
        FixedChannel((0,), DAMPED),
        PauliRotation((0,), (2,), weight(0, 1.5, 0.3)),
        PauliRotation((1,), (1,), weight(1)),
        FixedChannel((0, 1), NOISY_CZ),
        PauliRotation((1,), (2,), both),
        FixedChannel((1,), DAMPED),
        PauliRotation((1,), (3,), feature(1, 0.6)),
        PauliRotation((2,), (1,), feature(0)),
        FixedChannel((2, 1), NOISY_OTHER),
        PauliRotation((2, 0), (1, 3), both),
        PauliRotation((1,), (1,), weight(0)),  # weights before data in one run, about two axes
        PauliRotation((1,), (2,), weight(2)),
        PauliRotation((1,), (3,), both),
        FixedChannel((1,), DAMPED),
        PauliRotation((0, 1), (2, 2), weight(3, 0.8)),
        PauliRotation((0,), (1,), weight(2)),
        FixedChannel((0, 2), NOISY_CZ),
        PauliRotation((2, 1), (1, 3), weight(2, 0.6)),
        PauliRotation((2,), (2,), weight(3, -1.0)),
        FixedChannel((2,), DAMPED),
        PauliRotation((1,), (3,), weight(0)),
        PauliRotation((1,), (1,), weight(1, 2.0)),
    ]


def once() -> list[Element]:
    """The same with the data first, so that the states before the suffix depend on no weight."""
    data = [PauliRotation((q,), (2,), feature(q % 2, 1.0 + q)) for q in range(3)]
    return [*data, FixedChannel((1,), DAMPED), *[one for one in uploads() if not _holds_data(one)]]


def _holds_data(element: Element) -> bool:
    return isinstance(element, PauliRotation) and element.angle.has_feature


def observables(count: int = 6) -> list[Observable]:
    """Of three qubits; more than one SIMD register from five on."""
    terms: list[dict[tuple[tuple[int, int], ...], float]] = [
        {((0, 3),): 1.0},
        {((1, 1), (2, 2)): 0.5, (): 0.25},
        {((0, 2), (1, 3)): -1.0},
        {((2, 3),): 2.0, ((0, 1),): 0.3},
        {((0, 3), (1, 3), (2, 3)): 1.0},
        {((1, 2),): 1.0},
    ]
    return [Observable(one, f"observable {number}") for number, one in enumerate(terms[:count])]


def plan_of(
    elements: list[Element], read: Sequence[Observable], n: int = 3, max_mb: int = 64, threads: int = 1
) -> Plan:
    """The plan of a single light cone on qubits 0 … n-1, float64."""
    cone = Cone(tuple(range(n)), elements, tuple(range(len(read))))
    return make_plan(cone, read, FLOAT64, Memory(max_mb, threads))


def slope(function, point: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Gradient of a number by central differences."""
    moves = step * np.eye(point.size).reshape(point.size, *point.shape)
    return np.array([(function(point + move) - function(point - move)) / (2 * step) for move in moves])
