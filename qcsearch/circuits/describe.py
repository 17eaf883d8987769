"""A candidate's circuit in words: one line for a leaderboard, a paragraph for a person who asks."""

from __future__ import annotations

from collections import Counter
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import GateList
from qcsearch.circuits import observables
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.errors import QCSearchError
from qcsearch.registry import Registry
from qcsearch.storage.canonical import Json

__all__ = ["CircuitFacts", "counted_parts", "explain", "facts", "summary"]


@dataclass(frozen=True)
class CircuitFacts:
    """What a gate list holds, counted; before any mapping to a device.

    Attributes:
        n_qubits: logical qubits.
        n_features: derived features.
        n_weights: trainable weights.
        gates: number of gates by name.
        two_qubit_gates: number of gates on two qubits.
        depth: longest chain of gates that follow one another.
        features_by_qubit: derived features that rotate each qubit, sorted.
        weights_by_qubit: weights that rotate each qubit, sorted; a two-qubit rotation counts on both.
    """

    n_qubits: int
    n_features: int
    n_weights: int
    gates: dict[str, int]
    two_qubit_gates: int
    depth: int
    features_by_qubit: tuple[tuple[int, ...], ...]
    weights_by_qubit: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Json]:
        """Return the facts as JSON values."""
        data: dict[str, Json] = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("features_by_qubit", "weights_by_qubit"):
            data[name] = [list(indices) for indices in data[name]]
        return data


def facts(gate_list: GateList) -> CircuitFacts:
    """Count what the circuit holds."""
    features: list[set[int]] = [set() for _ in range(gate_list.n_qubits)]
    weights: list[set[int]] = [set() for _ in range(gate_list.n_qubits)]
    level = [0] * gate_list.n_qubits
    for gate in gate_list.gates:
        reached = 1 + max(level[q] for q in gate.qubits)
        for qubit in gate.qubits:
            level[qubit] = reached
            if gate.angle is not None and gate.angle.feature is not None:
                features[qubit].add(gate.angle.feature)
            if gate.angle is not None and gate.angle.weight is not None:
                weights[qubit].add(gate.angle.weight)
    return CircuitFacts(
        gate_list.n_qubits,
        gate_list.n_features,
        gate_list.n_weights,
        dict(Counter(gate.name for gate in gate_list.gates)),
        sum(len(gate.qubits) == 2 for gate in gate_list.gates),
        max(level),
        tuple(tuple(sorted(found)) for found in features),
        tuple(tuple(sorted(found)) for found in weights),
    )


def summary(candidate: Candidate, gate_list: GateList | None = None) -> str:
    """One line: *reuploading(ry) · hardware_efficient(ry,rz;cz) ×3 · 4 qubits · 36 weights*.

    Args:
        candidate: the candidate.
        gate_list: what it was lowered to; without it the number of weights is left out.
    """
    parts = [
        _label(candidate.encoding, ENCODINGS),
        _label(candidate.ansatz, ANSATZE),
        _count(candidate.n_qubits, "qubit"),
    ]
    if gate_list is not None:
        parts.append(_count(gate_list.n_weights, "weight"))
    return " · ".join(parts)


def explain(candidate: Candidate, gate_list: GateList) -> str:
    """A few lines: the choices, the gates by name, and for each qubit what rotates it and what is measured.

    Args:
        candidate: the candidate.
        gate_list: what it was lowered to.
    """
    found = facts(gate_list)
    gates = ", ".join(f"{number} {name}" for name, number in sorted(found.gates.items()))
    pre = candidate.preprocessing
    low, high = pre.angle_range
    lines = [
        summary(candidate, gate_list),
        f"Preprocessing: {_plain(pre.reduction)}, {pre.scaling}, angles in [{low:.3f}, {high:.3f}].",
        *([f"Input layer: {_plain(candidate.input_layer)}."] if candidate.dressed else []),
        f"Gates before mapping: {gates}; depth {found.depth}, {found.two_qubit_gates} on two qubits.",
    ]
    measured = [observables.parse(label, found.n_qubits) for label in candidate.observables]
    for qubit, physical in enumerate(candidate.qubits):
        labels = [
            label for label, factors in zip(candidate.observables, measured, strict=True) if qubit in factors
        ]
        lines.append(
            f"Qubit {qubit} on physical {physical}: "
            f"{_listed('feature', found.features_by_qubit[qubit])}, "
            f"{_count(len(found.weights_by_qubit[qubit]), 'weight')}, "
            f"{'measured in ' + ', '.join(labels) if labels else 'not measured'}."
        )
    return "\n".join([*lines, f"Head: {_plain(candidate.head)}."])


def _label(choice: Choice, registry: Registry[Any]) -> str:
    """The name with its telling settings: names always, the rest where it is not the default."""
    values = dict(choice.settings)
    try:
        alternative = registry.create(choice.name, values)
    except QCSearchError:  # a plugin that is not installed here
        return _plain(choice)
    told, n_layers = [], values.get("n_layers")
    for field in fields(alternative) if is_dataclass(alternative) else ():
        value = getattr(alternative, field.name)
        if field.name == "n_layers":
            n_layers = value
        elif isinstance(value, str) or (_is_names(value) and value):
            told.append(value if isinstance(value, str) else ",".join(value))
        elif isinstance(value, list | tuple):
            told.append(_count(len(value), field.name.removesuffix("s")) if value else "empty")
        elif field.default is not MISSING and value != field.default:
            told.append(f"{field.name}={_spelled(value)}")
    name = f"{choice.name}({';'.join(told)})" if told else choice.name
    return name if n_layers is None else f"{name} ×{n_layers}"


def _plain(choice: Choice) -> str:
    settings = ", ".join(f"{name}={_spelled(value)}" for name, value in sorted(choice.settings.items()))
    return f"{choice.name}({settings})" if settings else choice.name


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_spelled, value[:4])) + (",…]" if len(value) > 4 else "]")
    return str(value)


def _is_names(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)


def counted_parts(name: str, value: object) -> str | None:
    """`40 gates` of a setting that lists parts, which nobody reads in one line; None of any other."""
    if isinstance(value, list | tuple) and any(isinstance(part, dict) for part in value):
        return _count(len(value), name.removesuffix("s"))
    return None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(noun: str, indices: tuple[int, ...]) -> str:
    if not indices:
        return f"no {noun}s"
    return f"{noun if len(indices) == 1 else noun + 's'} {', '.join(map(str, indices))}"
