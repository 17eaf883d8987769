"""The record of a trial: everything that is known of it, JSON both ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from qcsearch.candidate.candidate import Candidate
from qcsearch.storage.canonical import Json
from qcsearch.training.parameters import ParameterCounts, Parameters
from qcsearch.wording import microseconds

__all__ = ["Costs", "Outcome", "TrialRecord"]


PREDICTION_SHOTS = 4_096
"""Of each measurement basis, that the cost of a prediction is told for where the search is for infinitely many."""


@dataclass(frozen=True)
class Outcome:
    """What became of a trial, and why.

    Attributes:
        kind: `kept`; `cut`: trained, but stopped early by a deadline; `reused`, `infeasible`, `pruned` or `failed`.
        text: one sentence for a person.
        constraint: the constraint that was broken most (infeasible).
        violation: by how much, relative to the limit (infeasible).
        step: the training step at which it was stopped (pruned, cut).
        threshold: the validation score it would have needed there (pruned).
        trial: the trial whose result stands here too (reused).
        error: type of the error (failed).
    """

    kind: str
    text: str
    constraint: str | None = None
    violation: float | None = None
    step: int | None = None
    threshold: float | None = None
    trial: int | None = None
    error: str | None = None

    @property
    def label(self) -> str:
        """The kind as a person reads it."""
        return "cut short" if self.kind == "cut" else self.kind


@dataclass(frozen=True)
class Costs:
    """What a candidate's circuit costs on its device.

    Attributes:
        parameters: trained numbers, those of input layer, circuit, feature map and head apart.
        n_observables: measured observables.
        two_qubit_gates: number of them after mapping.
        depth: of the mapped circuit.
        duration: seconds of one execution, readout included.
        duration_over_t2: `duration` over the shortest T2 of the region.
        estimated_success_probability: product of gate and readout fidelities, in [0, 1].
        qpu_seconds: estimated processor time of one prediction.
        built_two_qubit_gates: number of them before mapping.
        built_depth: of the circuit before mapping.
        swaps: number of them that mapping inserted.
        shots: of each measurement basis, that `qpu_seconds` is for.
    """

    parameters: ParameterCounts
    n_observables: int
    two_qubit_gates: int
    depth: int
    duration: float
    duration_over_t2: float
    estimated_success_probability: float
    qpu_seconds: float
    built_two_qubit_gates: int
    built_depth: int
    swaps: int
    shots: int = PREDICTION_SHOTS

    @property
    def mapping(self) -> str:
        """What mapping made of the circuit, in one sentence."""
        duration = microseconds(self.duration)
        swaps = {0: "no swap", 1: "1 swap"}.get(self.swaps, f"{self.swaps} swaps")
        return (
            f"{self.built_two_qubit_gates} two-qubit gates, depth {self.built_depth} as built; "
            f"{self.two_qubit_gates}, depth {self.depth}, {duration} as mapped, with {swaps} inserted."
        )


@dataclass(frozen=True)
class TrialRecord:
    """One trial.

    Attributes:
        trial: its number in the study.
        candidate: what was tried; None if the space could not make one of the parameters.
        params: the sampler's parameters.
        outcome: what became of it.
        validation_score: under the device's noise, on the validation split or over all folds, at the shots that the
            search is for; what the search maximises.
        validation_score_noiseless: of the same weights without noise, at infinitely many shots.
        validation_score_noisy: under noise, at infinitely many shots.
        metric: which score that and those of the history are.
        validation_loss: of the same weights, as they were trained.
        costs: of the mapped circuit; None if it was never mapped.
        constraints: violation of each constraint, > 0 broken.
        predictors: training-free figures by name, if any were computed.
        predicted: of a trial that was judged by folds: the answer (of classes their number) that each sample of
            training and validation part, in this order, was given by the training that had not seen it.
        history: `(step, validation score)` under noise.
        parameters: trained, of circuit and head; empty if nothing was trained.
        steps: optimizer steps done.
        stopped: why the training ended.
        seed: words of the seed sequence that the training drew from.
        seconds: wall time of the trial.
        times: seconds by stage of the work (`times.STAGES`), asking for the trial included.
        worker: who ran it.
        versions: of qcsearch and the libraries its numbers depend on.
    """

    trial: int
    candidate: Candidate | None
    params: Mapping[str, Json]
    outcome: Outcome
    validation_score: float | None = None
    validation_score_noiseless: float | None = None
    validation_score_noisy: float | None = None
    metric: str = "accuracy"
    validation_loss: float | None = None
    costs: Costs | None = None
    constraints: Mapping[str, float] = field(default_factory=dict)
    predictors: Mapping[str, float] = field(default_factory=dict)
    predicted: tuple[Any, ...] = ()
    history: tuple[tuple[int, float], ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
    steps: int = 0
    stopped: str = ""
    seed: tuple[int, ...] = ()
    seconds: float = 0.0
    times: Mapping[str, float] = field(default_factory=dict)
    worker: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def trained(self) -> bool:
        """Whether it holds a trained model, if only one whose training was stopped early."""
        return self.outcome.kind in ("kept", "cut", "reused")

    @property
    def proposal_seconds(self) -> float:
        """Of `seconds`, those in which the strategy made the candidate."""
        return self.times.get("proposal", 0.0)

    @property
    def merit(self) -> tuple[float, int, int, float]:
        """What trials are ranked by, the greatest first: score, few two-qubit gates, few weights, a low loss.

        Size before loss: where many reach the same score, the lowest of many losses is mostly luck with few
        samples, and the smaller circuit costs less.
        """
        score = -math.inf if self.validation_score is None else self.validation_score
        loss = math.inf if self.validation_loss is None else self.validation_loss
        gates, weights = (self.costs.two_qubit_gates, self.costs.parameters.weights) if self.costs else (0, 0)
        return score, -gates, -weights, -loss

    def to_json(self) -> dict[str, Json]:
        """Return the record as JSON values; floats keep every bit."""
        data = asdict(self)
        data["candidate"] = None if self.candidate is None else self.candidate.to_json()
        data["params"] = dict(self.params)
        data["constraints"] = dict(self.constraints)
        data["predictors"] = dict(self.predictors)
        data["times"] = dict(self.times)
        data["versions"] = dict(self.versions)
        data["history"] = [list(point) for point in self.history]
        data["parameters"] = self.parameters.to_json()
        data["seed"], data["predicted"] = list(self.seed), list(self.predicted)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TrialRecord:
        """Rebuild a record from `to_json`'s answer.

        Raises:
            CandidateError: if its candidate is not one.
            TypeError: if it has a part that this version does not know.
        """
        known = dict(data)
        candidate, costs = known["candidate"], known["costs"]
        known["candidate"] = None if candidate is None else Candidate.from_json(candidate)
        if costs is not None:
            known["costs"] = Costs(**{**costs, "parameters": ParameterCounts(**costs["parameters"])})
        known["outcome"] = Outcome(**known["outcome"])
        known["history"] = tuple((int(step), float(value)) for step, value in known["history"])
        known["parameters"] = Parameters.from_json(known["parameters"])
        known["seed"] = tuple(known["seed"])
        answers = (tuple(one) if isinstance(one, list) else one for one in known["predicted"])
        known["predicted"] = tuple(answers)
        return cls(**known)
