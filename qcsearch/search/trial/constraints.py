"""Structural constraints: what a mapped circuit may cost, checked before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qcsearch.circuits.observables import n_bases
from qcsearch.devices.device import Device
from qcsearch.devices.transpile.mapping import MappedCircuit
from qcsearch.search.space.file import ConstraintsPart
from qcsearch.search.trial.record import PREDICTION_SHOTS, Costs
from qcsearch.training.parameters import ParameterCounts

__all__ = ["BUILDABLE", "Infeasible", "check", "check_parameters", "costs", "violations"]

BUILDABLE = "buildable"
"""The constraint that a candidate breaks which no circuit can be made of."""

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


def costs(
    mapped: MappedCircuit,
    device: Device,
    parameters: ParameterCounts,
    observables: tuple[str, ...],
    shots: int | None = None,
) -> Costs:
    """What a mapped circuit costs.

    The processor's time is the estimate that IBM gives for its own: `(250 µs + duration)` for each shot, so many
    shots, 4,096 for None, for each basis that must be measured.
    """
    shots = shots or PREDICTION_SHOTS
    times = [device.qubits[q].t2 for q in mapped.qubits]
    known = [t2 for t2 in times if t2]
    executions = shots * n_bases(observables, len(mapped.qubits))
    return Costs(
        parameters=parameters,
        n_observables=len(observables),
        two_qubit_gates=mapped.two_qubit_gates,
        depth=mapped.depth,
        duration=mapped.duration,
        duration_over_t2=mapped.duration / min(known) if known else 0.0,
        estimated_success_probability=mapped.estimated_success_probability,
        qpu_seconds=executions * (_REPETITION_DELAY_SECONDS + mapped.duration),
        built_two_qubit_gates=mapped.built_two_qubit_gates,
        built_depth=mapped.built_depth,
        swaps=mapped.swaps,
        shots=shots,
    )


def violations(cost: Costs, limits: ConstraintsPart) -> dict[str, float]:
    """How far each limited cost is beyond its limit, as a share of the limit; ≤ 0 is kept."""
    result = _excess(_upper(cost, limits))
    if limits.min_estimated_success_probability is not None:
        least = limits.min_estimated_success_probability
        result["estimated_success_probability"] = (least - cost.estimated_success_probability) / least
    return result


def check(cost: Costs, limits: ConstraintsPart) -> dict[str, float]:
    """The violations, all ≤ 0.

    Raises:
        Infeasible: if one is not.
    """
    sentences = _sentences(_upper(cost, limits))
    if limits.min_estimated_success_probability is not None:
        sentences["estimated_success_probability"] = (
            f"The estimated success probability {cost.estimated_success_probability:.3g} is below the limit "
            f"{limits.min_estimated_success_probability:g}."
        )
    return _kept(violations(cost, limits), sentences)


def check_parameters(parameters: ParameterCounts, limits: ConstraintsPart) -> None:
    """The same of what is known before the circuit is mapped, which takes longer than all else here.

    Raises:
        Infeasible: if there are more parameters than a limit allows.
    """
    upper = _upper_parameters(parameters, limits)
    _kept(_excess(upper), _sentences(upper))


@dataclass(frozen=True)
class _Limited:
    value: float
    limit: float | None
    what: str


def _upper(cost: Costs, limits: ConstraintsPart) -> dict[str, _Limited]:
    return {
        "two_qubit_gates": _Limited(cost.two_qubit_gates, limits.max_two_qubit_gates, "two-qubit gates"),
        "depth": _Limited(cost.depth, limits.max_depth, "layers of depth"),
        **_upper_parameters(cost.parameters, limits),
        "duration": _Limited(1e6 * cost.duration, limits.max_duration_us, "µs of one execution"),
        "duration_over_t2": _Limited(
            cost.duration_over_t2, limits.max_duration_over_t2, "of the shortest T2 in duration"
        ),
    }


def _upper_parameters(parameters: ParameterCounts, limits: ConstraintsPart) -> dict[str, _Limited]:
    what = {
        "parameters": "trained parameters",
        "circuit_parameters": "parameters of the circuit",
        "feature_map_parameters": "parameters of the feature map",
        "input_layer_parameters": "parameters of the input layer",
        "head_parameters": "parameters of the head",
    }
    return {
        name: _Limited(n, getattr(limits, f"max_{name}"), what[name])
        for name, n in parameters.by_name.items()
    }


def _excess(upper: Mapping[str, _Limited]) -> dict[str, float]:
    return {
        name: (one.value - one.limit) / max(one.limit, 1e-9)
        for name, one in upper.items()
        if one.limit is not None
    }


def _sentences(upper: Mapping[str, _Limited]) -> dict[str, str]:
    return {
        name: f"{one.value:.4g} {one.what} are above the limit {one.limit:g}."
        for name, one in upper.items()
        if one.limit is not None
    }


def _kept(found: dict[str, float], sentences: Mapping[str, str]) -> dict[str, float]:
    worst = max(found, key=lambda name: found[name], default=None)
    if worst is None or found[worst] <= 0:
        return found
    raise Infeasible(sentences[worst], worst, found[worst], found)
