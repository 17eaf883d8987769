"""Refinement of a trained circuit: gates added, dropped and moved, other qubits, other observables.

A child inherits the angles of its parent, and what is added begins as the identity, so it starts about where the
parent ended (network morphism: Wei et al., ICML 2016, for circuits).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate
from qcsearch.circuits.encodings.base import PreparingEncoding
from qcsearch.circuits.lowering import lower, make_encoding
from qcsearch.devices.selection.regions import topology
from qcsearch.search.strategies.base import Proposal
from qcsearch.search.strategies.ingredients.native import NativeGates
from qcsearch.search.trial.record import TrialRecord
from qcsearch.training.parameters import DRAWN, Parameters

if TYPE_CHECKING:
    from qcsearch.search.trial.objective import Objective
    from qcsearch.training.expectations import Floats

__all__ = ["refine"]

_RATE = 0.3
"""Step size of a child's training, which starts from trained weights, over that of a training from drawn ones."""

_ATTEMPTS = 10
"""Some changes are not possible on some circuits."""

_SIGNED = ("linear", "mlp")
"""Heads that take observables in any number."""

_ROTATIONS = ("rx", "ry", "rz")
_KINDS = ("drop pair", "add pair", "drop", "add", "move", "region", "measure")


@dataclass(frozen=True)
class _StartedGate:
    """A gate with the value its weight starts from; None if it has no weight."""

    gate: Gate
    start: float | None


def refine(objective: Objective, parent: TrialRecord, rng: np.random.Generator) -> Proposal | None:
    """One to three small changes of a trained candidate; None if its circuit cannot be written gate by gate.

    Args:
        objective: the device, the regions, the data.
        parent: a record that was kept.
        rng: draws the changes.
    """
    candidate = parent.candidate
    assert candidate is not None
    if not _plain(objective, candidate):
        return None
    same = _Circuit(objective, candidate, parent.parameters.weights, rng).proposal(parent).candidate
    for _ in range(_ATTEMPTS):
        child = _Circuit(objective, candidate, parent.parameters.weights, rng)
        for _ in range(1 + int(rng.binomial(2, 1 / 3))):
            getattr(child, _KINDS[rng.integers(len(_KINDS))].replace(" ", "_"))()
        proposal = child.proposal(parent)
        if proposal.candidate != same:
            return proposal
    return None


def _plain(objective: Objective, candidate: Candidate) -> bool:
    """Whether the features of its circuit are the preprocessed ones themselves."""
    n_features = objective.features.n_components(candidate.preprocessing)
    sample = np.linspace(0.1, 0.2, n_features)[None]
    couplings = topology(objective.device, candidate.qubits)
    return np.array_equal(make_encoding(candidate).derive(sample, couplings), sample)


class _Circuit:
    """A circuit that is being changed; a change that is not possible leaves it as it is."""

    def __init__(
        self, objective: Objective, candidate: Candidate, weights: Floats, rng: np.random.Generator
    ) -> None:
        self._objective, self._candidate, self._rng = objective, candidate, rng
        self._couplings = topology(objective.device, candidate.qubits)
        self._n_features = objective.features.n_components(candidate.preprocessing)
        self._qubits, self._observables = candidate.qubits, list(candidate.observables)
        # A sample that is a state stays with the encoding that prepares it; no gate of the model reads it.
        self._prepared = isinstance(make_encoding(candidate), PreparingEncoding)
        gate_list = lower(candidate, self._couplings, self._n_features)
        self._gates = [
            _StartedGate(
                gate, None if gate.angle is None or gate.angle.weight is None else weights[gate.angle.weight]
            )
            for gate in gate_list.gates[gate_list.n_preparing :]
        ]

    def drop_pair(self) -> None:
        """Take out one two-qubit gate."""
        self._drop([i for i, started in enumerate(self._gates) if len(started.gate.qubits) == 2])

    def drop(self) -> None:
        """Take out one rotation with a weight, data gates among them as long as one is left."""
        found = [i for i, started in enumerate(self._gates) if started.start is not None]
        data = [i for i, started in enumerate(self._gates) if _reads(started.gate)]
        self._drop([i for i in found if len(data) > 1 or i not in data])

    def add_pair(self) -> None:
        """Put a native two-qubit gate on a coupling, anywhere."""
        native = NativeGates.of(self._objective.device, self._qubits)
        if native.pairs:
            k = self._rng.integers(len(native.pairs))
            self._insert(_StartedGate(Gate(native.names[k], native.pairs[k]), None))

    def add(self) -> None:
        """Put a rotation anywhere: by a weight alone, or by a weighted feature; it begins as the identity."""
        reads = not self._prepared and self._rng.random() < 0.5
        feature = int(self._rng.integers(self._n_features)) if reads else None
        qubit = int(self._rng.integers(len(self._qubits)))
        name = _ROTATIONS[self._rng.integers(len(_ROTATIONS))]
        self._insert(_StartedGate(Gate(name, (qubit,), Angle(feature=feature, weight=0)), 0.0))

    def move(self) -> None:
        """Put a gate elsewhere: a two-qubit gate on another coupling, another gate on another qubit."""
        i = int(self._rng.integers(len(self._gates)))
        started = self._gates[i]
        everywhere: list[tuple[int, ...]] = [(q,) for q in range(len(self._qubits))]
        if len(started.gate.qubits) == 2:
            everywhere = list(self._couplings.edges)
        others = [qubits for qubits in everywhere if qubits != started.gate.qubits]
        if others:
            qubits = others[self._rng.integers(len(others))]
            self._gates[i] = replace(started, gate=replace(started.gate, qubits=qubits))

    def region(self) -> None:
        """Run on another region with the same couplings."""
        others = [
            qubits
            for qubits in self._objective.bound.regions.get(len(self._qubits), ())
            if qubits != self._qubits and topology(self._objective.device, qubits) == self._couplings
        ]
        if others:
            self._qubits = others[self._rng.integers(len(others))]

    def measure(self) -> None:
        """Measure one observable more or one less, of one qubit or of two that are coupled."""
        if self._candidate.head.name not in _SIGNED:
            return
        singles = [f"{p}{q}" for q in range(len(self._qubits)) for p in "XYZ"]
        labels = singles + [f"{p}{a}{p}{b}" for a, b in self._couplings.edges for p in "XYZ"]
        label = labels[self._rng.integers(len(labels))]
        if label not in self._observables:
            self._observables.append(label)
        elif len(self._observables) > 1:
            self._observables.remove(label)

    def proposal(self, parent: TrialRecord) -> Proposal:
        """The child and where it starts."""
        gates, weights = _numbered(self._gates)
        child = replace(
            self._candidate,
            encoding=self._candidate.encoding if self._prepared else Choice("none"),
            ansatz=Choice("gates", {"gates": [gate.to_json() for gate in gates]}),
            qubits=self._qubits,
            observables=tuple(self._observables),
        )
        same = child.observables == self._candidate.observables
        start = Parameters(weights, parent.parameters.head if same else DRAWN.head)
        lineage = parent.trial if parent.lineage is None else parent.lineage
        return Proposal(child, start=start, lineage=lineage, rate=_RATE)

    def _insert(self, started: _StartedGate) -> None:
        self._gates.insert(int(self._rng.integers(len(self._gates) + 1)), started)

    def _drop(self, indices: list[int]) -> None:
        if indices:
            del self._gates[indices[self._rng.integers(len(indices))]]


def _reads(gate: Gate) -> bool:
    return gate.angle is not None and gate.angle.feature is not None


def _numbered(started: list[_StartedGate]) -> tuple[list[Gate], Floats]:
    """The gates with a weight each of its own, in order, and the values these start from."""
    gates: list[Gate] = []
    start: list[float] = []
    for one in started:
        gate = one.gate
        if one.start is not None:
            assert gate.angle is not None
            gate = replace(gate, angle=replace(gate.angle, weight=len(start)))
            start.append(one.start)
        gates.append(gate)
    return gates, np.array(start)
