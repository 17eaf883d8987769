"""Moving a candidate that was made for other qubits, or another device, to where it does best now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qcsearch.circuits.build import lower
from qcsearch.circuits.candidate import Candidate
from qcsearch.circuits.gate import GateList, Topology
from qcsearch.circuits.observables import parse
from qcsearch.devices.device import Device
from qcsearch.devices.places import best_places
from qcsearch.devices.regions import best_regions, topology
from qcsearch.errors import DeviceError
from qcsearch.search.constraints import Infeasible
from qcsearch.search.objective import Objective
from qcsearch.search.planted import Planted
from qcsearch.search.refit import Refitted
from qcsearch.search.strategies.base import Proposal
from qcsearch.training.assembly import Assembly
from qcsearch.training.heads import HEADS
from qcsearch.training.train import accuracy

__all__ = ["grow", "places"]

_PLACES = 2
"""New places that are looked at, beside the qubits that it has."""


def grow(planted: Planted, objective: Objective) -> Proposal:
    """The planted candidate on the qubits where its weights do best on the validation part, under noise.

    Weights and head are kept wherever the circuit has as many; without weights the circuit's predicted success
    decides. A candidate that runs nowhere, or nowhere within the constraints, is handed back on its first
    place, and whoever assembles it is told why.

    Args:
        planted: with a candidate.
        objective: of the new run.
    """
    assert planted.candidate is not None
    options = list(places(planted.candidate, planted.shape, objective)) or [planted.candidate]
    best: tuple[tuple[float, float], Proposal] | None = None
    for option in options:
        try:
            assembly, _, _ = objective.assemble(option)
        except Infeasible:
            continue
        proposal = _warm(planted, assembly, objective)
        worth = (_validation(proposal, assembly, objective), assembly.mapped.predicted_success)
        if best is None or worth > best[0]:
            best = worth, proposal
    return Proposal(options[0]) if best is None else best[1]


def places(candidate: Candidate, shape: Topology, objective: Objective) -> Iterator[Candidate]:
    """The candidate on other qubits of the objective's device.

    First the qubits it has, if they are coupled alike there; then the best places that are; if there is none,
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
    found = best_places(device, shape, gates.gates, measured, _PLACES)
    for qubits in found or _regions(device, shape.n_qubits):
        if qubits != candidate.qubits or not stays:
            yield replace(candidate, qubits=qubits)


def _regions(device: Device, n_qubits: int) -> list[tuple[int, ...]]:
    try:
        return [region.qubits for region in best_regions(device, n_qubits)]
    except DeviceError:
        return []


def _warm(planted: Planted, assembly: Assembly, objective: Objective) -> Proposal:
    """With weights and head where they fit."""
    candidate = assembly.candidate
    head = HEADS.create(candidate.head.name, candidate.head.settings)
    n_head = head.n_parameters(len(candidate.observables), objective.features.dataset.n_classes)
    weights, parameters = np.array(planted.weights), np.array(planted.head_parameters)
    return Proposal(
        candidate,
        weights0=weights if len(weights) == assembly.n_weights else None,
        head0=parameters if len(parameters) == n_head else None,
    )


def _validation(proposal: Proposal, assembly: Assembly, objective: Objective) -> float:
    """Accuracy of the weights as they are, under noise; 0 if there are none."""
    if proposal.weights0 is None or proposal.head0 is None:
        return 0.0
    data = objective.features.prepare(proposal.candidate.preprocessing)
    n_classes = objective.features.dataset.n_classes
    start = Refitted(proposal.weights0, proposal.head0, 0.0, 0)
    return accuracy(assembly, start, data.Z_val, data.y_val, n_classes)
