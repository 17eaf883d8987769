"""Programs for circuits whose light cones are too wide for the exact engine, each with an estimate of its error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.errors import InputError
from qcsearch.simulation.angles import AngleReader
from qcsearch.simulation.lower import lower
from qcsearch.simulation.noise import Noise
from qcsearch.simulation.observables import read_observables
from qcsearch.simulation.propagation.program import PropagationProgram
from qcsearch.simulation.reference.trajectories import TrajectoryProgram

__all__ = ["METHODS", "Approximation", "approximate_program"]


@dataclass(frozen=True)
class Approximation:
    """In which way and how far a program approximates.

    Attributes:
        method: "pauli-propagation" (deterministic, batches and gradients in one pass, the method of choice) or
            "matrix-product-state" (unbiased trajectories of Aer, slow).
        only_if_needed: whether a circuit that the exact engine can simulate is simulated exactly.
        max_terms: pauli-propagation keeps so many Pauli strings of each observable at most; time and memory grow
            in proportion to it.
        min_size: pauli-propagation leaves out strings that are expected to add no more than this to a value.
        trajectories: matrix-product-state averages so many.
        max_bond: matrix-product-state cuts its bonds to this dimension; None for no cut.
        seed: of the trajectories.

    Raises:
        InputError: for an unknown method, or if a number is out of range.
    """

    method: str = "pauli-propagation"
    only_if_needed: bool = False
    max_terms: int = 10_000
    min_size: float = 1e-7
    trajectories: int = 1_000
    max_bond: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(
                f"The 'method' parameter of Approximation must be one of {', '.join(METHODS)}. Got {self.method!r}."
            )
        for name, least in (("max_terms", 1), ("trajectories", 2), ("max_bond", 1), ("seed", 0)):
            value = getattr(self, name)
            if (value is not None or name != "max_bond") and (type(value) is not int or value < least):
                raise InputError(
                    f"The '{name}' parameter of Approximation must be an int of at least {least}. "
                    f"Got {value!r}."
                )
        if not isinstance(self.min_size, int | float) or not 0 <= self.min_size < 1:
            raise InputError(
                f"The 'min_size' parameter of Approximation must be a number in [0, 1). Got {self.min_size!r}."
            )


def approximate_program(
    circuit: QuantumCircuit,
    noise_model: Any,
    observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter],
    weights: Sequence[Parameter],
    approximation: Approximation,
    *,
    threads: int = 1,
) -> PropagationProgram | TrajectoryProgram:
    """A program that does not need the whole light cone in memory.

    Args:
        circuit: of gates on one or two qubits, as for `compile_circuit`.
        noise_model: an Aer `NoiseModel` keyed on the circuit's qubit indices, or None for none.
        observables: Hermitian `SparsePauliOp`s on the circuit's qubits.
        features: parameters that take the columns of `X`.
        weights: parameters that are trained.
        approximation: in which way and how far.
        threads: over which the work is spread.

    Raises:
        CircuitError: as for `compile_circuit`, light cones excepted.
    """
    make = _PROGRAMS[approximation.method]
    return make(circuit, noise_model, observables, features, weights, approximation, threads)


def _propagation(
    circuit: QuantumCircuit, noise_model: Any, observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter], weights: Sequence[Parameter], approximation: Approximation, threads: int,
) -> PropagationProgram:  # fmt: skip
    noise = Noise(noise_model)
    elements = lower(circuit, noise, AngleReader(features, weights))
    return PropagationProgram(
        elements,
        read_observables(observables, circuit.num_qubits, noise),
        n_qubits=circuit.num_qubits,
        n_features=len(features),
        n_weights=len(weights),
        max_terms=approximation.max_terms,
        min_size=approximation.min_size,
        threads=threads,
    )


def _trajectories(
    circuit: QuantumCircuit, noise_model: Any, observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter], weights: Sequence[Parameter], approximation: Approximation, threads: int,
) -> TrajectoryProgram:  # fmt: skip
    return TrajectoryProgram(
        circuit,
        noise_model,
        observables,
        features,
        weights,
        trajectories=approximation.trajectories,
        max_bond=approximation.max_bond,
        seed=approximation.seed,
        threads=threads,
    )


_PROGRAMS: dict[str, Callable[..., PropagationProgram | TrajectoryProgram]] = {
    "pauli-propagation": _propagation,
    "matrix-product-state": _trajectories,
}
METHODS = tuple(_PROGRAMS)
"""Ways to approximate."""
