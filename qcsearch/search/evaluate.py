"""The final evaluation: the one place, and the one time, where the test part is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import stdev

import numpy as np

from qcsearch.circuits.build import without_pqc
from qcsearch.circuits.candidate import Candidate
from qcsearch.devices.device import Device
from qcsearch.devices.providers import get_device, list_devices
from qcsearch.devices.synthetic import drifted
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.classical import MAJORITY, classical_accuracies, majority_accuracy
from qcsearch.search.objective import Objective
from qcsearch.search.refit import Finalist, Refitted, train_once
from qcsearch.search.result import ABLATION, Best, SeedScore, SnapshotScore, Untuned
from qcsearch.training.assembly import Assembly, assemble
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads import HEADS
from qcsearch.training.model import TrainedModel
from qcsearch.training.train import accuracy

__all__ = ["HELD_OUT_SIGMA", "Evaluation", "evaluate"]

HELD_OUT_SIGMA = 0.2
"""Of the drift model, where no second day of a device was recorded."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the test part said; the parts of a `SearchResult` of the same names.

    Attributes:
        model: the winner.
        best: its figures.
        seeds: its candidate's trainings.
        spread: over them.
        classical: by name.
        without_pqc: of the ablation; None if there is none.
        missing: rows of the leaderboard that there should be, and why there is no number.
        snapshot: under another day's noise, recorded or synthetic.
        untuned: of a tuning, what it started from.
        confusion: under noise.
        cut: why the training that the winner was judged by was broken off; empty if it was not.
        failure: why the winner is nothing to be used, a sentence; empty if it is.
        notices: what could not be done.
    """

    model: TrainedModel
    best: Best
    seeds: tuple[SeedScore, ...]
    spread: dict[str, float | None]
    classical: dict[str, float]
    without_pqc: float | None
    snapshot: SnapshotScore | None
    untuned: Untuned | None
    confusion: tuple[tuple[int, ...], ...]
    cut: str
    failure: str
    missing: dict[str, str]
    notices: tuple[str, ...]


def evaluate(
    objective: Objective,
    winner: Finalist,
    *,
    deadline: float | None = None,
    before: tuple[Candidate, Refitted] | None = None,
) -> Evaluation:
    """Test the winner, the classical models, the ablation, and the winner on another day.

    Args:
        objective: of the search.
        winner: the finalist that was chosen, on validation alone.
        deadline: in seconds of `time.monotonic`, of the ablation's training.
        before: of a tuning, the model that it started from, which is tested too; nothing is chosen by that.
    """
    assembly, chosen = winner.assembly, winner.chosen
    data = objective.features.prepare(assembly.candidate.preprocessing)
    test = objective.features.split.test
    Z_test = np.asarray(data.pipeline.transform(test.X), dtype=np.float64)
    n_classes = objective.features.dataset.n_classes
    predicted = _predict(assembly, chosen, Z_test, n_classes)
    noisy = float(np.mean(predicted == test.y))
    noiseless = float(np.mean(_predict(assembly, chosen, Z_test, n_classes, noise=False) == test.y))
    best = Best(
        trial=winner.record.trial,
        validation_accuracy=chosen.validation_accuracy,
        test_accuracy_noisy=noisy,
        test_accuracy_noiseless=noiseless,
        n_qubits=assembly.candidate.n_qubits,
        n_weights=assembly.n_weights,
        two_qubit_gates=assembly.mapped.two_qubit_gates,
    )
    notices, missing = [*winner.notices], dict[str, str]()
    whole = (fit for fit in winner.fits if not fit.cut)
    seeds = tuple(_seed_score(assembly, fit, Z_test, test.y, n_classes) for fit in whole)
    snapshot = _snapshot(objective, assembly, chosen, Z_test, test.y, notices)
    majority = majority_accuracy(data.y, test.y)
    classical = classical_accuracies(data.Z, data.y, Z_test, test.y, seed=objective.seed)
    failure = _failure(winner, best, majority_accuracy(data.y, data.y_val), majority)
    ablation = None
    if before is None:  # a tuning is too short a training to judge an ablation by; it has that of its search
        ablation = _ablation(objective, assembly, Z_test, test.y, deadline, missing)
    confusion = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(confusion, (test.y, predicted), 1)
    return Evaluation(
        model=_model(objective, assembly, chosen, best, majority),
        best=best,
        seeds=seeds,
        spread=_spread(seeds),
        classical={MAJORITY: majority, **classical},
        without_pqc=ablation,
        snapshot=snapshot,
        untuned=None if before is None else _untuned(objective, *before),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        cut=winner.cut,
        failure=failure,
        missing=missing,
        notices=tuple(notices),
    )


def _predict(assembly: Assembly, fit: Refitted, Z: Floats, n_classes: int, *, noise: bool = True) -> Ints:
    head = HEADS.create(assembly.candidate.head.name, assembly.candidate.head.settings)
    values = assembly.compile(noise).values(assembly.derive(Z), fit.weights)
    predicted: Ints = np.argmax(head.logits(values, fit.head_parameters, n_classes), axis=1)
    return predicted


def _seed_score(assembly: Assembly, fit: Refitted, Z: Floats, y: Ints, n_classes: int) -> SeedScore:
    return SeedScore(fit.seed_index, fit.validation_accuracy, accuracy(assembly, fit, Z, y, n_classes))


def _spread(seeds: tuple[SeedScore, ...]) -> dict[str, float | None]:
    """Standard deviation over the refit's seeds; the trial's own training was another."""
    alike = [score for score in seeds if score.seed_index > 0]
    return {
        name: stdev(getattr(score, name) for score in alike) if len(alike) > 1 else None
        for name in ("validation_accuracy", "test_accuracy_noisy")
    }


def _ablation(
    objective: Objective,
    assembly: Assembly,
    Z_test: Floats,
    y_test: Ints,
    deadline: float | None,
    missing: dict[str, str],
) -> float | None:
    """The same training of the winner without its trained gates; None if it cannot be, or was broken off."""
    try:
        bare = assemble(without_pqc(assembly.candidate), objective.device, assembly.n_features)
        found = train_once(objective, bare, index=1, deadline=deadline)
    except (CandidateError, DeviceError) as error:
        missing[ABLATION] = error.message
        return None
    if found.cut:
        missing[ABLATION] = f"Its training was broken off: {found.cut}"
        return None
    predicted = _predict(bare, found, Z_test, objective.features.dataset.n_classes)
    return float(np.mean(predicted == y_test))


def _failure(winner: Finalist, best: Best, on_validation: float, on_test: float) -> str:
    """Why the winner is nothing to be used: it was cut short, or always to say the commonest class is no worse."""
    said = f"No training went to its end, the winner's neither: {winner.cut}" if winner.cut else ""
    parts = (
        ("test", best.test_accuracy_noisy, on_test),
        ("validation", best.validation_accuracy, on_validation),
    )
    for part, score, majority in parts:
        if score <= majority:
            return (
                f"The winner is no better than the majority class: {100 * score:.1f} % against "
                f"{100 * majority:.1f} % on the {part} part. {said}".rstrip()
            )
    return said


def _snapshot(
    objective: Objective,
    assembly: Assembly,
    fit: Refitted,
    Z_test: Floats,
    y_test: Ints,
    notices: list[str],
) -> SnapshotScore | None:
    """The winner as it is, under the newest other snapshot of the same device, or else under a synthetic one."""
    device = objective.device
    other = _other_snapshot(device) or drifted(device, HELD_OUT_SIGMA, objective.seed)
    try:
        there = assemble(assembly.candidate, other, assembly.n_features)
    except (CandidateError, DeviceError) as error:
        notices.append(f"The winner does not run on the snapshot {other.name}: {error.message}")
        return None
    predicted = _predict(there, fit, Z_test, objective.features.dataset.n_classes)
    return SnapshotScore(other.name, other.calibrated_at, float(np.mean(predicted == y_test)))


def _untuned(objective: Objective, candidate: Candidate, fit: Refitted) -> Untuned | None:
    """The scores of a model with the weights it came with; None if it does not run on this device as it is."""
    data, test = objective.features.prepare(candidate.preprocessing), objective.features.split.test
    n_features, n_classes = (
        objective.features.n_components(candidate.preprocessing),
        objective.features.dataset.n_classes,
    )
    try:
        assembly = assemble(candidate, objective.device, n_features)
    except (CandidateError, DeviceError):
        return None
    if len(fit.weights) != assembly.n_weights:
        return None
    Z_test = np.asarray(data.pipeline.transform(test.X), dtype=np.float64)
    return Untuned(
        validation_accuracy=accuracy(assembly, fit, data.Z_val, data.y_val, n_classes),
        test_accuracy_noisy=accuracy(assembly, fit, Z_test, test.y, n_classes),
    )


def _other_snapshot(device: Device) -> Device | None:
    for entry in list_devices():
        if entry.name == device.name:
            for date in reversed(entry.dates):
                other = get_device(f"{entry.name}@{date}")
                if other.digest != device.digest:
                    return other
    return None


def _model(
    objective: Objective, assembly: Assembly, fit: Refitted, best: Best, majority: float
) -> TrainedModel:
    dataset = objective.features.dataset
    return TrainedModel(
        candidate=assembly.candidate,
        device=objective.device,
        weights=fit.weights,
        head_parameters=fit.head_parameters,
        pipeline=objective.features.prepare(assembly.candidate.preprocessing).pipeline,
        classes=dataset.classes,
        n_features_in=dataset.n_features,
        image_shape=dataset.image_shape,
        feature_names=dataset.feature_names,
        metrics={
            "validation_accuracy": best.validation_accuracy,
            "test_accuracy_noisy": best.test_accuracy_noisy,
            "test_accuracy_noiseless": best.test_accuracy_noiseless,
            f"test_accuracy_{MAJORITY}": majority,
        },
    )
