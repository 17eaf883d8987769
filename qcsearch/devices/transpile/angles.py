"""Angles that the hardware runs: `rzz` of IBM's fractional processors takes [0, π/2] and no other.

Every circuit that leaves the program passes here. With k the integer that is nearest to θ/π,

    rzz(θ) = rzz(θ − kπ) · (rz(π) ⊗ rz(π))^k   and   rzz(−θ) = (x ⊗ 1) · rzz(θ) · (x ⊗ 1)

up to a phase, so rotations by π about z and x bring any angle into the range. How depends on its value: an angle that
is still a parameter is folded when its values are known, and a circuit that is exported with parameters says it in
gates that run for every angle. (The client's own `convert_to_rzz_valid_pub` leaves angles that are off by whole
rotations as they are.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.circuit.equivalence_library import SessionEquivalenceLibrary
from qiskit.transpiler import PassManager, Target, generate_preset_pass_manager
from qiskit.transpiler.passes import BasisTranslator

from qcsearch.devices.device import ANGLE_BOUNDS

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction

__all__ = ["any_angle", "bounded", "fold", "free_target", "n_open", "runs_freely", "values_of"]

Floats = NDArray[np.float64]

_ROTATIONS = {"rx", "rz", "x"}
"""What a fold adds."""

_ROUNDING = 1e-10
"""Radians that an angle may be out of its range by rounding, as the service allows."""


def bounded(circuit: QuantumCircuit) -> Iterator[CircuitInstruction]:
    """The gates of a circuit that run for some angles only."""
    if not ANGLE_BOUNDS.keys().isdisjoint(circuit.count_ops()):
        yield from (step for step in circuit.data if step.operation.name in ANGLE_BOUNDS)


def runs_freely(target: Target, name: str) -> bool:
    """Whether a gate of the target runs for every angle, or at least for all that `fold` brings it to."""
    if not (target.has_angle_bounds() and target.gate_has_angle_bounds(name)):
        return True
    low, high = ANGLE_BOUNDS.get(name, (-2 * math.pi, 2 * math.pi))
    return all(target.supported_angle_bound(name, [angle]) for angle in np.linspace(low, high, 9).tolist())


def free_target(target: Target) -> Target:
    """The target without the gates that do not run freely: Qiskit's transpiler ends in an error where it picks one."""
    if all(runs_freely(target, name) for name in target.operation_names):
        return target
    found = Target(num_qubits=target.num_qubits, dt=target.dt, qubit_properties=target.qubit_properties)
    for name in target.operation_names:
        if runs_freely(target, name):
            bounds = [ANGLE_BOUNDS[name]] if name in ANGLE_BOUNDS else None
            operation = target.operation_from_name(name)
            found.add_instruction(operation, target[name], name=name, angle_bounds=bounds)
    return found


def n_open(circuit: QuantumCircuit) -> int:
    """How many of these have an angle that is no number yet."""
    return sum(_is_open(step) for step in bounded(circuit))


def values_of(angle: float | ParameterExpression, circuit: QuantumCircuit, table: Floats) -> Floats:
    """What an angle of the circuit is for each row of values of `circuit.parameters`, in radians."""
    if not isinstance(angle, ParameterExpression):
        return np.array([float(angle)])
    columns = [i for i, parameter in enumerate(circuit.parameters) if parameter in angle.parameters]
    names = [circuit.parameters[i] for i in columns]
    rows = table[:, columns].tolist()
    return np.array([float(angle.bind(dict(zip(names, row, strict=True)))) for row in rows])


def fold(
    circuit: QuantumCircuit, table: Floats | None = None, target: Target | None = None
) -> tuple[QuantumCircuit, Floats]:
    """The same circuit with every `rzz` within [0, π/2]; one that is already stays as it is.

    Where sets of parameters need different rotations, these become parameters too.

    Args:
        circuit: with parameters or without.
        table: values of `circuit.parameters`, `(n_sets, n_parameters)` in radians; None leaves alone what depends
            on them.
        target: whose gates say the rotations; None for `rz`, `rx` and `x`.

    Returns:
        The circuit, and the values of its parameters.
    """
    rows = np.zeros((1, circuit.num_parameters)) if table is None else table
    if next(bounded(circuit), None) is None or (target is not None and "rzz" not in target.operation_names):
        return circuit, rows
    found = circuit.copy_empty_like()
    columns = dict(zip(circuit.parameters, rows.T, strict=True))
    for number, step in enumerate(circuit.data):
        if step.operation.name not in ANGLE_BOUNDS or (table is None and _is_open(step)):
            found.append(step)
            continue
        angles = values_of(step.operation.params[0], circuit, rows)
        if angles.min() >= 0 and angles.max() <= math.pi / 2 + _ROUNDING:
            found.append(step)
            continue
        _Fold(found, step, number, columns, len(rows)).apply(angles)
    found = _in_gates_of(found, target)
    return found, np.array([columns[p] for p in found.parameters]).reshape(-1, len(rows)).T


class _Fold:
    """One `rzz` written onto a circuit with its rotations."""

    def __init__(
        self,
        onto: QuantumCircuit,
        step: CircuitInstruction,
        number: int,
        columns: dict[Parameter, Floats],
        n_rows: int,
    ) -> None:
        self._onto, self._qubits, self._columns = onto, step.qubits, columns
        self._name, self._n_rows = f"fold{number}", n_rows

    def apply(self, angles: Floats) -> None:
        """Append the gates for the angles of all sets of parameters."""
        halves = np.round(angles / math.pi)
        # Where the sign is rounding, an x on either side would cost two gates for nothing.
        rest = angles - math.pi * halves
        rest[np.abs(rest) < _ROUNDING] = 0.0
        a, b = self._qubits
        z, x = self._turn("z", halves % 2 == 1), self._turn("x", rest < 0)
        if z is not None:
            self._onto.rz(z, a)
            self._onto.rz(z, b)
        self._x(x)
        self._onto.rzz(self._value("", np.abs(rest).clip(0.0, math.pi / 2)), a, b)
        self._x(x)

    def _x(self, angle: float | Parameter | None) -> None:
        if isinstance(angle, Parameter):
            self._onto.rx(angle, self._qubits[0])
        elif angle is not None:
            self._onto.x(self._qubits[0])

    def _turn(self, axis: str, turned: NDArray[np.bool_]) -> float | Parameter | None:
        """π, a parameter that is π for some sets and 0 for others, or None for no rotation at all."""
        return self._value(axis, math.pi * turned) if turned.any() else None

    def _value(self, what: str, values: NDArray[np.floating[Any]]) -> float | Parameter:
        if np.ptp(values) == 0:
            return float(values[0])
        new = Parameter(f"{self._name}{what}")
        self._columns[new] = np.broadcast_to(values.astype(np.float64), self._n_rows)
        return new


def any_angle(circuit: QuantumCircuit, target: Target) -> QuantumCircuit:
    """The same circuit for all values of its parameters: no gate with a bound has a parameter in its angle.

    Such an `rzz` becomes two `cx` around a rotation about z, in the gates of the target; its other `rzz` are folded.
    """
    plain = circuit.copy_empty_like()
    for step in circuit.data:
        if step.operation.name not in ANGLE_BOUNDS or not _is_open(step):
            plain.append(step)
            continue
        a, b = step.qubits
        plain.cx(a, b)
        plain.rz(step.operation.params[0], b)
        plain.cx(a, b)
    if n_open(circuit):
        places = list(range(circuit.num_qubits))
        plain = generate_preset_pass_manager(1, target=target, initial_layout=places, seed_transpiler=0).run(
            plain
        )
    return fold(plain, target=target)[0]


def _is_open(step: CircuitInstruction) -> bool:
    return isinstance(step.operation.params[0], ParameterExpression)


def _in_gates_of(circuit: QuantumCircuit, target: Target | None) -> QuantumCircuit:
    """The circuit with gates that the target does not have, as the rotations of a fold may be, said in those it has."""
    if target is None or not (circuit.count_ops().keys() & _ROTATIONS) - target.operation_names:
        return circuit
    translate = BasisTranslator(SessionEquivalenceLibrary, target_basis=None, target=target)
    return PassManager([translate]).run(circuit)
