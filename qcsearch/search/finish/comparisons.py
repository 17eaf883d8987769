"""What the winner is compared with, once it is saved: each measured in time, or said to be missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.lowering import without_pqc
from qcsearch.data.splitting import Part
from qcsearch.devices.calibration.providers import get_device, list_devices
from qcsearch.devices.calibration.synthetic import drifted
from qcsearch.devices.device import Device
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.finish.classical import NAMES, Baselines, ClassicalData
from qcsearch.search.finish.finalist import Finalist
from qcsearch.search.finish.refit import train_once
from qcsearch.search.run.result import ABLATION, OTHER_DAY, UNTUNED, SearchResult, SnapshotScore, Untuned
from qcsearch.search.trial.objective import Objective
from qcsearch.training.parameters import Parameters
from qcsearch.training.scoring import accuracy
from qcsearch.training.transpiled import transpile_candidate

__all__ = ["HELD_OUT_SIGMA", "Deadlines", "compared", "missing_at_first"]

HELD_OUT_SIGMA = 0.2
"""Of the drift model, where no second day of a device was recorded."""

_CLASSICAL_SECONDS = 3.0
"""What the classical models have at least, from the start of their process: without them no score says anything."""

_ENDED = "The search was ended before it was measured."
_NO_TIME = "The seconds were used up."


@dataclass(frozen=True)
class Deadlines:
    """In seconds of `time.monotonic`; None for no limit.

    Attributes:
        training: when the training of the ablation ends.
        end: when the rest does.
    """

    training: float | None = None
    end: float | None = None


def missing_at_first(tuned: bool) -> dict[str, str]:
    """The rows that a winner which was just saved has to be compared with, and that they are not there yet.

    Args:
        tuned: whether the run is a tuning, which is too short a training to judge an ablation by: it has that of
            its search.
    """
    return dict.fromkeys((*NAMES, OTHER_DAY, UNTUNED if tuned else ABLATION), _ENDED)


def compared(
    objective: Objective,
    winner: Finalist,
    test: Part,
    result: SearchResult,
    *,
    deadlines: Deadlines = Deadlines(),
    before: tuple[Candidate, Parameters] | None = None,
) -> Iterator[SearchResult]:
    """Yield the result with one comparison more each time; the last is whole.

    Args:
        objective: of the search.
        winner: the finalist that was chosen.
        test: the test part as `evaluate` transformed it.
        result: what is known of it, with `missing_at_first` missing.
        deadlines: after them what is not there is missing.
        before: of a tuning, the model that it started from, which is tested too; nothing is chosen by that.
    """
    train = objective.features.prepare(winner.transpiled.candidate.preprocessing).data.train
    samples = ClassicalData.of(train.X, train.y, test.X, test.y, objective.seed)
    with Baselines(samples, objective.seed) as baselines:
        least = time.monotonic() + _CLASSICAL_SECONDS
        classical_end = None if deadlines.end is None else max(deadlines.end, least)
        steps: list[Callable[[SearchResult], SearchResult]] = [
            partial(_with_other_day, objective, winner, test, deadlines.end),
            partial(_with_ablation, objective, winner, test, deadlines.training)
            if before is None
            else partial(_with_untuned, objective, before, deadlines.end),
            partial(_with_classical, baselines, classical_end),
        ]
        for step in steps:
            result = step(result)
            yield result


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _without(result: SearchResult, *rows: str, reason: str = "") -> SearchResult:
    """Rows are missing no longer, or for a known reason."""
    missing = dict(result.missing)
    for row in rows:
        missing.pop(row, None)
        if reason:
            missing[row] = reason
    return replace(result, missing=missing)


def _with_classical(baselines: Baselines, deadline: float | None, result: SearchResult) -> SearchResult:
    found = baselines.accuracies(deadline)
    result = _without(result, *found)
    result = _without(result, *(name for name in NAMES if name not in found), reason=_NO_TIME)
    notices = baselines.samples.notices if found else ()
    return replace(result, classical={**result.classical, **found}, notices=(*result.notices, *notices))


def _with_ablation(
    objective: Objective, winner: Finalist, test: Part, deadline: float | None, result: SearchResult
) -> SearchResult:
    """The same training of the winner without its trained gates; missing if it cannot be, or was stopped early."""
    if _late(deadline):
        return _without(result, ABLATION, reason=_NO_TIME)
    transpiled = winner.transpiled
    try:
        bare = transpile_candidate(without_pqc(transpiled.candidate), objective.device, transpiled.n_features)
        found = train_once(objective, bare, index=1, deadline=deadline)
    except (CandidateError, DeviceError) as error:
        return _without(result, ABLATION, reason=error.message)
    if found.cut:
        return _without(result, ABLATION, reason=f"Its training was stopped early: {found.cut}")
    score = accuracy(bare, found.parameters, test, objective.features.dataset.n_classes)
    return replace(_without(result, ABLATION), without_pqc=score)


def _with_other_day(
    objective: Objective, winner: Finalist, test: Part, deadline: float | None, result: SearchResult
) -> SearchResult:
    """The winner as it is, under the newest other snapshot of the same device, or else under a synthetic one."""
    if _late(deadline):
        return _without(result, OTHER_DAY, reason=_NO_TIME)
    device, transpiled = objective.device, winner.transpiled
    other = _other_snapshot(device) or drifted(device, HELD_OUT_SIGMA, objective.seed)
    try:
        there = transpile_candidate(transpiled.candidate, other, transpiled.n_features)
    except (CandidateError, DeviceError) as error:
        reason = f"The winner does not run on the snapshot {other.name}: {error.message}"
        return _without(result, OTHER_DAY, reason=reason)
    score = accuracy(there, winner.chosen.parameters, test, objective.features.dataset.n_classes)
    snapshot = SnapshotScore(other.name, other.calibrated_at, score)
    return replace(_without(result, OTHER_DAY), snapshot=snapshot)


def _with_untuned(
    objective: Objective, before: tuple[Candidate, Parameters], deadline: float | None, result: SearchResult
) -> SearchResult:
    if _late(deadline):
        return _without(result, UNTUNED, reason=_NO_TIME)
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
    if len(parameters.weights) != transpiled.n_weights:
        return None
    test = Part(np.asarray(prepared.pipeline.transform(raw.X), dtype=np.float64), raw.y)
    scored = partial(accuracy, transpiled, parameters, n_classes=prepared.data.n_classes)
    return Untuned(
        validation_accuracy=scored(prepared.data.validation),
        test_accuracy_noisy=scored(test),
    )


def _other_snapshot(device: Device) -> Device | None:
    for entry in list_devices():
        if entry.name == device.name:
            for date in reversed(entry.dates):
                other = get_device(f"{entry.name}@{date}")
                if other.digest != device.digest:
                    return other
    return None
