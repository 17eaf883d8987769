"""What the winner is compared with, once it is saved: each measured in time, or said to be missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.splitting import Part
from qcsearch.devices.calibration.providers import other_snapshot
from qcsearch.devices.calibration.synthetic import drifted
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.finish.baselines.base import RANDOM, Quantum, TrainedCircuit, Unmeasured
from qcsearch.search.finish.baselines.circuits import quantum_rows
from qcsearch.search.finish.baselines.fitting import Fitting
from qcsearch.search.finish.baselines.models import classical_rows
from qcsearch.search.finish.evaluated import EvaluatedWinner
from qcsearch.search.finish.schedule import UNLIMITED, Deadlines
from qcsearch.search.run.result import OTHER_DAY, UNTUNED, SearchResult
from qcsearch.search.run.scores import BaselineScore, SnapshotScore, Untuned
from qcsearch.search.trial.objective import Objective
from qcsearch.training.metrics import ACCURACY
from qcsearch.training.parameters import ParameterCounts, Parameters
from qcsearch.training.scoring import accuracy, classify, validation_score
from qcsearch.training.shots.score import shot_score
from qcsearch.training.statistics import score_interval
from qcsearch.training.transpiled import transpile_candidate

__all__ = ["HELD_OUT_SIGMA", "compared", "missing_at_first"]

HELD_OUT_SIGMA = 0.2
"""Of the drift model, where no second day of a device was recorded."""

_LEAST_SECONDS = 1.0
"""What the classical models have at least, once they are given the samples: without them no score says anything."""

_ENDED = "The search was ended before it was measured."
_NO_TIME = "The seconds were used up."


def missing_at_first(baselines: str, tuned: bool, task: str = "classification") -> dict[str, str]:
    """The rows that a winner which was just saved has to be compared with, and that they are not there yet.

    Args:
        baselines: their level.
        task: what they are for, one of `targets.TASKS`.
        tuned: whether the run is a tuning, which is too short a training to judge circuits by: its search has these.
    """
    circuits = [UNTUNED] if tuned else [row.name for row in quantum_rows(baselines)]
    models = [row.name for row in classical_rows(baselines, task) if not (tuned and row.name == RANDOM)]
    return dict.fromkeys([OTHER_DAY, *circuits, *models], _ENDED)


def compared(
    tested: EvaluatedWinner,
    result: SearchResult,
    fitting: Fitting,
    *,
    deadlines: Deadlines = UNLIMITED,
    before: tuple[Candidate, Parameters] | None = None,
) -> Iterator[SearchResult]:
    """Yield the result with one comparison more each time; the last is whole.

    Args:
        tested: the winner.
        result: what is known of it, with `missing_at_first` missing.
        fitting: the process of the classical models, begun.
        deadlines: after them what is not there is missing.
        before: of a tuning, the model that it started from, which is tested too; nothing is chosen by that.
    """
    if classical_rows(fitting.level, fitting.task):
        fitting.begin(tested.samples(RANDOM in result.missing and tested.winner.transpiled.n_weights > 0))
    least = time.monotonic() + _LEAST_SECONDS
    models_end = None if deadlines.end is None else max(deadlines.end, least)
    trained: dict[str, TrainedCircuit] = {}
    steps: list[Callable[[SearchResult], SearchResult]] = [
        partial(_with_other_day, tested, deadlines.end),
        *(
            partial(_with_circuit, tested, row, deadlines.training, trained)
            for row in quantum_rows(fitting.level)
            if row.name in result.missing
        ),
        *([] if before is None else [partial(_with_untuned, tested.objective, before, deadlines.end)]),
        partial(_with_models, tested, fitting, models_end),
    ]
    for step in steps:
        result = step(result)
        yield result


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _without(result: SearchResult, row: str, reason: str = "") -> SearchResult:
    """A row is missing no longer, or for a known reason."""
    missing = {name: why for name, why in result.missing.items() if name != row}
    return replace(result, missing=missing | ({row: reason} if reason else {}))


def _with(result: SearchResult, score: BaselineScore) -> SearchResult:
    return replace(_without(result, score.name), baselines=(*result.baselines, score))


def _with_models(
    tested: EvaluatedWinner, fitting: Fitting, deadline: float | None, result: SearchResult
) -> SearchResult:
    for name, predicted in fitting.found(deadline).items():
        if name not in result.missing:
            continue  # nobody asked
        if isinstance(predicted, Unmeasured):
            result = _without(result, name, str(predicted))
        elif name == RANDOM:
            exact, *drawn = predicted.answers
            circuit = tested.winner.transpiled
            score = tested.score(
                name, replace(predicted, answers=exact), circuit=circuit, at_shots=np.stack(drawn)
            )
            assert score.parameters is not None
            head = ParameterCounts(head=score.parameters.head)  # nothing else is trained
            result = _with(result, replace(score, parameters=head))
        else:
            result = _with(result, tested.score(name, predicted))
    return result


def _with_circuit(
    tested: EvaluatedWinner,
    row: Quantum,
    deadline: float | None,
    trained: dict[str, TrainedCircuit],
    result: SearchResult,
) -> SearchResult:
    """A circuit that was trained as the winner was; missing if it cannot be, or was stopped early."""
    if _late(deadline):
        return _without(result, row.name, _NO_TIME)
    try:
        found = trained[row.name] = row.train(tested.objective, tested.winner, deadline, trained)
    except Unmeasured as why:
        return _without(result, row.name, str(why))
    features, transpiled = tested.objective.features, found.transpiled
    test = tested.test.X
    if transpiled.candidate.preprocessing != tested.winner.transpiled.candidate.preprocessing:
        pipeline = features.prepare(transpiled.candidate.preprocessing).pipeline
        test = np.asarray(pipeline.transform(features.split.test.X), dtype=np.float64)
    target = tested.decided(transpiled, found.parameters)
    predicted = classify(transpiled, found.parameters, test, target, temperature=tested.temperature)
    at_shots = tested.answers_at_shots(transpiled, found.parameters, test, target)
    return _with(result, tested.score(row.name, predicted, circuit=transpiled, at_shots=at_shots))


def _with_other_day(tested: EvaluatedWinner, deadline: float | None, result: SearchResult) -> SearchResult:
    """The winner as it is, under the newest other snapshot of the same device, or else under a synthetic one."""
    if _late(deadline):
        return _without(result, OTHER_DAY, _NO_TIME)
    device, winner = tested.objective.device, tested.winner
    other = other_snapshot(device) or drifted(device, HELD_OUT_SIGMA, tested.objective.seed)
    try:
        there = transpile_candidate(winner.transpiled.candidate, other, winner.transpiled.n_features)
    except (CandidateError, DeviceError) as error:
        reason = f"The winner does not run on the snapshot {other.name}: {error.message}"
        return _without(result, OTHER_DAY, reason)
    test, parameters = tested.test, winner.chosen.parameters
    target = tested.target or tested.objective.features.target
    found = classify(there, parameters, test.X, target)
    drawn = tested.answers_at_shots(there, parameters, test.X, target)
    at_shots = shot_score(target, drawn, test.y, tested.objective.told_shots)
    snapshot = SnapshotScore(
        other.name,
        other.calibrated_at,
        ACCURACY(test.y, found) if target.has_accuracy else None,
        score_interval(ACCURACY, test.y, found) if target.has_accuracy else None,
        test_at_shots=at_shots,
    )
    return replace(_without(result, OTHER_DAY), snapshot=snapshot)


def _with_untuned(
    objective: Objective, before: tuple[Candidate, Parameters], deadline: float | None, result: SearchResult
) -> SearchResult:
    if _late(deadline):
        return _without(result, UNTUNED, _NO_TIME)
    return replace(_without(result, UNTUNED), untuned=_untuned(objective, *before))


def _untuned(objective: Objective, candidate: Candidate, parameters: Parameters) -> Untuned | None:
    """The scores of a model with the weights it came with; None if it does not run on this device as it is."""
    features = objective.features
    prepared, raw = features.prepare(candidate.preprocessing), features.split.test
    try:
        transpiled = transpile_candidate(
            candidate, objective.device, features.n_components(candidate.preprocessing)
        )
    except (CandidateError, DeviceError):
        return None
    taken = (transpiled.n_weights, transpiled.n_input_layer)
    if (len(parameters.weights), len(parameters.input_layer)) != taken:
        return None
    test = Part(np.asarray(prepared.pipeline.transform(raw.X), dtype=np.float64), raw.y)
    return Untuned(
        validation_score=validation_score(transpiled, parameters, prepared.data),
        test_accuracy_noisy=accuracy(transpiled, parameters, test, prepared.data.target),
    )
