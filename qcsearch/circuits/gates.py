"""The gates that a gate list may hold, and whether a list keeps to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qcsearch.candidate import checks
from qcsearch.candidate.gate import Gate
from qcsearch.errors import CandidateError
from qcsearch.spelling import meant
from qcsearch.storage.limits import MAX_PARAMETER

__all__ = ["GATES", "GateSpec", "check_gates"]


@dataclass(frozen=True, slots=True)
class GateSpec:
    """What a gate name stands for.

    Attributes:
        n_qubits: how many qubits it acts on.
        has_angle: whether it takes one angle.
        qiskit_name: its class in `qiskit.circuit.library`.
    """

    n_qubits: int
    has_angle: bool
    qiskit_name: str


_FIXED_1 = {"id": "I", "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "sdg": "Sdg", "t": "T", "tdg": "Tdg"}
_FIXED_1 |= {"sx": "SX", "sxdg": "SXdg"}
_ANGLE_1 = {"rx": "RX", "ry": "RY", "rz": "RZ", "p": "Phase"}
_FIXED_2 = {"cx": "CX", "cy": "CY", "cz": "CZ", "ch": "CH", "ecr": "ECR", "swap": "Swap", "iswap": "iSwap"}
_ANGLE_2 = {"rxx": "RXX", "ryy": "RYY", "rzz": "RZZ", "rzx": "RZX"}
_ANGLE_2 |= {"crx": "CRX", "cry": "CRY", "crz": "CRZ", "cp": "CPhase"}

GATES: dict[str, GateSpec] = {
    name: GateSpec(n_qubits, has_angle, f"{cls}Gate")
    for n_qubits, has_angle, names in (
        (1, False, _FIXED_1),
        (1, True, _ANGLE_1),
        (2, False, _FIXED_2),
        (2, True, _ANGLE_2),
    )
    for name, cls in names.items()
}
"""Every gate a gate list may hold, by Qiskit's name."""


def check_gates(gates: Iterable[Gate], n_qubits: int, n_features: int) -> None:
    """Check that each gate is one of `GATES`, on qubits and with a feature that are there.

    Raises:
        CandidateError: naming the first gate that is not.
    """
    for gate in gates:
        spec = GATES.get(gate.name)
        if spec is None:
            raise CandidateError(
                f"{checks.short(gate.name)} is not one of the gates. Known: {', '.join(GATES)}.",
                meant(gate.name, GATES),
            )
        inside = all(0 <= q < n_qubits for q in gate.qubits)
        if len(gate.qubits) != spec.n_qubits or len(set(gate.qubits)) != spec.n_qubits or not inside:
            places = "one qubit" if spec.n_qubits == 1 else "two different qubits"
            raise CandidateError(
                f"The gate '{gate.name}' must act on {places} in [0, {n_qubits - 1}]. Got {gate.qubits}."
            )
        _check_angle(gate, spec.has_angle, n_features)


def _check_angle(gate: Gate, wanted: bool, n_features: int) -> None:
    angle = gate.angle
    if (angle is not None) != wanted:
        raise CandidateError(
            f"The gate '{gate.name}' takes {'one angle' if wanted else 'no angle'}. Got {angle}."
        )
    if angle is None:
        return
    if not (abs(angle.constant) <= MAX_PARAMETER and abs(angle.scale) <= MAX_PARAMETER):  # False for NaN too
        raise CandidateError(
            f"The angle of the gate '{gate.name}' must be of finite numbers up to {MAX_PARAMETER:g}. Got {angle}."
        )
    if angle.feature is not None and not 0 <= angle.feature < n_features:
        raise CandidateError(
            f"The gate '{gate.name}' must take a feature in [0, {n_features - 1}]. Got {angle.feature}."
        )
    if angle.weight is not None and angle.weight < 0:
        raise CandidateError(f"The gate '{gate.name}' must take a weight ≥ 0. Got {angle.weight}.")
