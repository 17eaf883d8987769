"""Remapping: a candidate that was made for other qubits, or another device, goes to where it does best now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.gate import GateList, Topology
from qcsearch.circuits.lowering import lower
from qcsearch.circuits.observables import parse
from qcsearch.devices.device import Device
from qcsearch.devices.selection.layouts import best_layouts
from qcsearch.devices.selection.regions import best_regions, topology
from qcsearch.errors import DeviceError
from qcsearch.search.strategies.base import Proposal
from qcsearch.search.trial.constraints import Infeasible
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.warm_start import WarmStart
from qcsearch.training.heads import takes_parameters
from qcsearch.training.parameters import DRAWN, Parameters
from qcsearch.training.scoring import validation_score
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["layouts", "remap"]

_LAYOUTS = 2
"""New layouts that are looked at, beside the qubits that it has."""


def remap(warm_start: WarmStart, objective: Objective) -> Proposal:
    """The candidate of a warm start on the qubits where its weights do best on the validation part, under noise.

    Weights, input layer and head are kept wherever the circuit has as many; without weights the circuit's estimated
    success probability decides. A candidate that runs nowhere, or nowhere within the constraints, is handed back on
    its first layout, and whoever transpiles it is told why.

    Args:
        warm_start: with a candidate.
        objective: of the new run.
    """
    assert warm_start.candidate is not None
    options = list(layouts(warm_start.candidate, warm_start.shape, objective)) or [warm_start.candidate]
    best: tuple[tuple[float, float], Proposal] | None = None
    for option in options:
        try:
            transpiled, _, _ = objective.transpile(option)
        except Infeasible:
            continue
        proposal = _warm(warm_start, transpiled, objective)
        worth = (
            _validation(proposal, transpiled, objective),
            transpiled.mapped.estimated_success_probability,
        )
        if best is None or worth > best[0]:
            best = worth, proposal
    return Proposal(options[0]) if best is None else best[1]


def layouts(candidate: Candidate, shape: Topology, objective: Objective) -> Iterator[Candidate]:
    """The candidate on other qubits of the objective's device.

    First the qubits it has, if they are coupled alike there; then the best layouts that are; if there is none,
    the best region of that size, for which the circuit is written anew.

    Args:
        candidate: to be moved.
        shape: the couplings that it was made for.
        objective: of the new run.

    Raises:
        CandidateError: if the candidate cannot be built.
    """
    device = objective.device
    stays = max(candidate.qubits) < device.n_qubits and topology(device, candidate.qubits) == shape
    if stays and set(candidate.qubits) <= set(device.usable_qubits):
        yield candidate
    gates: GateList = lower(candidate, shape, objective.features.n_components(candidate.preprocessing))
    measured = {q for label in candidate.observables for q in parse(label, shape.n_qubits)}
    found = best_layouts(device, shape, gates.gates, measured, _LAYOUTS)
    for qubits in found or _regions(device, shape.n_qubits):
        if qubits != candidate.qubits or not stays:
            yield replace(candidate, qubits=qubits)


def _regions(device: Device, n_qubits: int) -> list[tuple[int, ...]]:
    try:
        return [region.qubits for region in best_regions(device, n_qubits)]
    except DeviceError:
        return []


def _warm(warm_start: WarmStart, transpiled: TranspiledCandidate, objective: Objective) -> Proposal:
    """With weights, input layer and head where they fit."""
    kept = {
        name: getattr(warm_start.start if fits else DRAWN, name)
        for name, fits in _fit(warm_start.start, transpiled, objective).items()
    }
    return Proposal(transpiled.candidate, start=Parameters(**kept))


def _fit(start: Parameters, transpiled: TranspiledCandidate, objective: Objective) -> dict[str, bool]:
    """Of which parts the candidate takes as many parameters as there are."""
    return {
        "weights": len(start.weights) == transpiled.n_weights,
        "head": takes_parameters(transpiled.candidate, len(start.head), objective.features.target),
        "input_layer": len(start.input_layer) == transpiled.n_input_layer,
    }


def _validation(proposal: Proposal, transpiled: TranspiledCandidate, objective: Objective) -> float:
    """Score of the weights as they are, under noise; below all others if there are none."""
    start = proposal.start
    if not all(_fit(start, transpiled, objective).values()):
        return -math.inf
    data = objective.features.prepare(proposal.candidate.preprocessing).data
    return validation_score(transpiled, start, data, shots=objective.shots)
