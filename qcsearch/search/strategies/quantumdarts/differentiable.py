"""Differentiable search: all gates that a placeholder may hold in one circuit, and logits that learn which to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate, Topology
from qcsearch.circuits.ansatze.base import pairs
from qcsearch.devices.selection.regions import topology
from qcsearch.search.strategies.base import Proposal, StrategyContext
from qcsearch.search.strategies.ingredients.shared import no_line_search
from qcsearch.search.strategies.ingredients.training_task import TrainingTask
from qcsearch.search.strategies.quantumdarts.settings import QuantumDARTSSettings
from qcsearch.search.trial.constraints import Infeasible
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.optimizers import Adam
from qcsearch.training.parameters import Parameters

__all__ = ["DifferentiableSearch", "Placeholders", "straight_through"]

_AXES = ("rx", "ry", "rz")
_NO_GATE = len(_AXES)
_ATTEMPTS = 20


@dataclass(frozen=True)
class Placeholders:
    """Layers of placeholders: rx, ry, rz or no gate on each qubit, cz or no gate on each coupling.

    All alternatives stand in one circuit, each rotated by its angle if it is chosen and by none if it is not, a cz as
    a controlled phase of π. So one program gives the gradient by all angles and by all choices.

    Attributes:
        n_layers: how many.
        n_qubits: of the circuit.
        couplings: pairs of qubits, in rounds.
    """

    n_layers: int
    n_qubits: int
    couplings: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, couplings: Topology, n_layers: int) -> Placeholders:
        """On the couplings of a region."""
        return cls(n_layers, couplings.n_qubits, tuple(pairs(couplings, ring=False)))

    @property
    def n_rotations(self) -> int:
        """Rotations of all placeholders."""
        return self.n_layers * self.n_qubits * len(_AXES)

    @property
    def n_pairs(self) -> int:
        """Placeholders on couplings."""
        return self.n_layers * len(self.couplings)

    def whole(self) -> list[Gate]:
        """The circuit of all alternatives: weights are the rotations, then the controlled phases."""
        gates, rotation, phase = [], 0, self.n_rotations
        for _ in range(self.n_layers):
            for q in range(self.n_qubits):
                for name in _AXES:
                    gates.append(Gate(name, (q,), Angle(weight=rotation)))
                    rotation += 1
            for pair in self.couplings:
                gates.append(Gate("cp", pair, Angle(weight=phase)))
                phase += 1
        return gates

    def chosen(self, singles: Ints, entangled: Ints) -> tuple[list[Gate], list[int]]:
        """The circuit of some choices, and the number of the rotation behind each of its weights.

        Args:
            singles: `(n_layers, n_qubits)`, 0 1 2 for rx ry rz, 3 for no gate.
            entangled: `(n_layers, n_couplings)`, 0 for a cz, 1 for no gate.
        """
        gates: list[Gate] = []
        numbers: list[int] = []
        for layer in range(self.n_layers):
            for q, axis in enumerate(singles[layer].tolist()):
                if axis != _NO_GATE:
                    gates.append(Gate(_AXES[axis], (q,), Angle(weight=len(numbers))))
                    numbers.append((layer * self.n_qubits + q) * len(_AXES) + axis)
            gates += [
                Gate("cz", pair)
                for pair, none in zip(self.couplings, entangled[layer].tolist(), strict=True)
                if not none
            ]
        return gates, numbers


class DifferentiableSearch:
    """Logits, angles and head of one trial.

    Args:
        settings: of the strategy.
        context: of the trial.

    Attributes:
        placeholders: where gates may be.
        parts: `angles` in radians `(n_rotations,)`, logits of `singles` `(n_layers, n_qubits, 4)` and of `pairs`
            `(n_layers, n_couplings, 2)`, one layer of both in a micro search, and the parameters of the `head`.
    """

    def __init__(self, settings: QuantumDARTSSettings, context: StrategyContext) -> None:
        self._settings, self._context, self._rng = settings, context, context.rng()
        rng, template = self._rng, context.template
        couplings = topology(context.objective.device, template.qubits)
        self.placeholders = Placeholders.of(couplings, int(context.params["n_layers"]))
        self._task = TrainingTask(context.objective, template, int(rng.integers(2**32)))
        self._program = self._task.program(self._candidate(self.placeholders.whole()))
        layers = 1 if settings.micro else self.placeholders.n_layers
        self.parts: dict[str, Floats] = {
            "angles": rng.uniform(-np.pi, np.pi, self.placeholders.n_rotations),
            "singles": np.zeros((layers, self.placeholders.n_qubits, len(_AXES) + 1)),
            "pairs": np.zeros((layers, len(self.placeholders.couplings), 2)),
            "head": self._task.initial_head(rng),
        }
        self._adam = Adam()
        self._memory = {name: self._adam.initial(part.size) for name, part in self.parts.items()}

    def step(self, number: int) -> None:
        """Sample a circuit, and train angles, logits and head by its loss on a batch."""
        settings = self._settings
        first, last = settings.temperatures
        temperature = first * (last / first) ** (number / max(1, settings.steps - 1))
        singles, single_back = straight_through(self.parts["singles"], temperature, self._rng)
        entangled, pair_back = straight_through(self.parts["pairs"], temperature, self._rng)
        slopes = self.slopes(singles, entangled, number)
        self._descend("angles", slopes["angles"], settings.angle_rate)
        self._descend("head", slopes["head"], settings.angle_rate)
        self._descend("singles", single_back(slopes["singles"]), settings.logit_rate)
        self._descend("pairs", pair_back(slopes["pairs"]), settings.logit_rate)

    def slopes(self, singles: Floats, entangled: Floats, batch: int) -> dict[str, Floats]:
        """Gradient of the loss on a batch by each of `parts`, by choices instead of their logits.

        Args:
            singles: choices, of the shape of the logits; ones and zeros, or anything between.
            entangled: the same for pairs.
            batch: its number.
        """
        placeholders, angles = self.placeholders, self.parts["angles"]
        rotations = (placeholders.n_layers, placeholders.n_qubits, len(_AXES))
        phases = (placeholders.n_layers, len(placeholders.couplings))
        there = np.broadcast_to(singles[..., :_NO_GATE], rotations).ravel()
        present = np.broadcast_to(entangled[..., 0], phases).ravel()
        theta = np.concatenate([there * angles, np.pi * present, self.parts["head"]])
        by_rotation, by_phase, by_head = np.split(
            self._task.gradient(self._program, theta, batch),
            [placeholders.n_rotations, placeholders.n_rotations + placeholders.n_pairs],
        )
        nothing = np.zeros((placeholders.n_layers, placeholders.n_qubits, 1))
        by_single = np.concatenate([(by_rotation * angles).reshape(rotations), nothing], axis=2)
        by_pair = np.stack([np.pi * by_phase.reshape(phases), np.zeros(phases)], axis=2)
        return {
            "angles": by_rotation * there,
            "singles": _over_layers(by_single, singles),
            "pairs": _over_layers(by_pair, entangled),
            "head": by_head,
        }

    def proposal(self) -> Proposal:
        """The likeliest circuit; if it breaks a constraint, a sampled one that does not, if one is found."""
        logits = self.parts["singles"], self.parts["pairs"]
        for attempt in range(_ATTEMPTS):
            singles, entangled = (self._choice(one, sampled=attempt > 0) for one in logits)
            gates, numbers = self.placeholders.chosen(singles, entangled)
            candidate = self._candidate(gates)
            try:
                self._context.objective.transpile(candidate)
            except Infeasible:
                continue
            figures = {"certainty": float(np.mean([_certainty(one) for one in logits if one.size]))}
            return Proposal(candidate, figures, Parameters(self.parts["angles"][numbers], self.parts["head"]))
        return Proposal(candidate)

    def _choice(self, logits: Floats, *, sampled: bool) -> Ints:
        noise = self._rng.gumbel(size=logits.shape) if sampled else 0.0
        chosen: Ints = np.argmax(logits + noise, axis=-1)
        return np.broadcast_to(chosen, (self.placeholders.n_layers, chosen.shape[1]))

    def _descend(self, name: str, gradient: Floats, rate: float) -> None:
        part = self.parts[name]
        rates = np.full(part.size, rate)
        after, self._memory[name] = self._adam.step(
            part.ravel(), gradient.ravel(), self._memory[name], rates, no_line_search
        )
        self.parts[name] = after.reshape(part.shape)

    def _candidate(self, gates: list[Gate]) -> Candidate:
        ansatz = Choice("gates", {"gates": [gate.to_json() for gate in gates]})
        return replace(self._context.template, ansatz=ansatz)


def straight_through(
    logits: Floats, temperature: float, rng: np.random.Generator
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """A sampled choice as ones and zeros, and the way from a gradient by the choice to one by the logits.

    The likeliest of the logits with Gumbel noise is a sample of their softmax. Its gradient is taken to be that of the
    softmax at this temperature (Jang, Gu, Poole 2017, arXiv 1611.01144).

    Args:
        logits: `(..., n_alternatives)`.
        temperature: the lower the closer is the relaxed choice to the sampled one.
        rng: of the noise.
    """
    noisy = logits + rng.gumbel(size=logits.shape)
    soft = softmax(noisy / temperature, axis=-1)
    hard = np.eye(logits.shape[-1])[np.argmax(noisy, axis=-1)]

    def back(gradient: Floats) -> Floats:
        mean = np.sum(soft * gradient, axis=-1, keepdims=True)
        return np.asarray(soft * (gradient - mean) / temperature)

    return hard, back


def _over_layers(gradient: Floats, logits: Floats) -> Floats:
    """The gradient by logits that all layers share is the sum over the layers."""
    return gradient if len(gradient) == len(logits) else gradient.sum(axis=0, keepdims=True)


def _certainty(logits: Floats) -> float:
    """Mean probability of the likeliest gate."""
    return float(softmax(logits, axis=-1).max(axis=-1).mean())
