"""Structural constraints: what a mapped circuit may cost, checked before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qcsearch.circuits.observables import parse
from qcsearch.devices.device import Device
from qcsearch.devices.transpile.mapping import MappedCircuit
from qcsearch.search.space.file import ConstraintsPart
from qcsearch.search.trial.record import Costs

__all__ = ["BUILDABLE", "Infeasible", "check", "costs", "violations"]

BUILDABLE = "buildable"
"""The constraint that a candidate breaks which no circuit can be made of."""

_SHOTS = 4096
_REPETITION_DELAY_SECONDS = 250e-6


@dataclass
class Infeasible(Exception):  # noqa: N818  it is an answer, not a fault
    """A candidate breaks a constraint.

    Attributes:
        reason: one sentence.
        constraint: the one that is broken most.
        violation: by how much of its limit.
        violations: of all constraints; > 0 is broken.
    """

    reason: str
    constraint: str
    violation: float
    violations: Mapping[str, float]

    def __str__(self) -> str:
        return self.reason


def costs(mapped: MappedCircuit, device: Device, n_weights: int, observables: tuple[str, ...]) -> Costs:
    """What a mapped circuit costs.

    The processor's time is the estimate that IBM gives for its own: `(250 µs + duration)` for each shot,
    4,096 shots for each basis that must be measured.
    """
    times = [device.qubits[q].t2 for q in mapped.qubits]
    known = [t2 for t2 in times if t2]
    shots = _SHOTS * _n_bases(observables, len(mapped.qubits))
    return Costs(
        n_weights=n_weights,
        n_observables=len(observables),
        two_qubit_gates=mapped.two_qubit_gates,
        depth=mapped.depth,
        duration=mapped.duration,
        duration_over_t2=mapped.duration / min(known) if known else 0.0,
        estimated_success_probability=mapped.estimated_success_probability,
        qpu_seconds=shots * (_REPETITION_DELAY_SECONDS + mapped.duration),
        built_two_qubit_gates=mapped.built_two_qubit_gates,
        built_depth=mapped.built_depth,
        swaps=mapped.swaps,
    )


def violations(cost: Costs, limits: ConstraintsPart) -> dict[str, float]:
    """How far each limited cost is beyond its limit, as a share of the limit; ≤ 0 is kept."""
    upper: list[tuple[str, float, float | None]] = [
        ("two_qubit_gates", cost.two_qubit_gates, limits.max_two_qubit_gates),
        ("depth", cost.depth, limits.max_depth),
        ("weights", cost.n_weights, limits.max_weights),
        ("duration", 1e6 * cost.duration, limits.max_duration_us),
        ("duration_over_t2", cost.duration_over_t2, limits.max_duration_over_t2),
    ]
    result = {name: (value - limit) / max(limit, 1e-9) for name, value, limit in upper if limit is not None}
    if limits.min_estimated_success_probability is not None:
        least = limits.min_estimated_success_probability
        result["estimated_success_probability"] = (least - cost.estimated_success_probability) / least
    return result


def check(cost: Costs, limits: ConstraintsPart) -> dict[str, float]:
    """The violations, all ≤ 0.

    Raises:
        Infeasible: if one is not.
    """
    found = violations(cost, limits)
    worst = max(found, key=lambda name: found[name], default=None)
    if worst is None or found[worst] <= 0:
        return found
    raise Infeasible(_sentence(worst, cost, limits), worst, found[worst], found)


def _sentence(constraint: str, cost: Costs, limits: ConstraintsPart) -> str:
    if constraint == "estimated_success_probability":
        return (
            f"The estimated success probability {cost.estimated_success_probability:.3g} is below the limit "
            f"{limits.min_estimated_success_probability:g}."
        )
    value, limit, what = {
        "two_qubit_gates": (cost.two_qubit_gates, limits.max_two_qubit_gates, "two-qubit gates"),
        "depth": (cost.depth, limits.max_depth, "layers of depth"),
        "weights": (cost.n_weights, limits.max_weights, "weights"),
        "duration": (1e6 * cost.duration, limits.max_duration_us, "µs of one execution"),
        "duration_over_t2": (
            cost.duration_over_t2,
            limits.max_duration_over_t2,
            "of the shortest T2 in duration",
        ),
    }[constraint]
    return f"{value:.4g} {what} are above the limit {limit:g}."


def _n_bases(observables: tuple[str, ...], n_qubits: int) -> int:
    """Measurement bases needed, greedily: a qubit is measured along one axis in each."""
    bases: list[dict[int, str]] = []
    for label in observables:
        factors = parse(label, n_qubits)
        for basis in bases:
            if all(basis.get(qubit, axis) == axis for qubit, axis in factors.items()):
                basis.update(factors)
                break
        else:
            bases.append(factors)
    return len(bases)
