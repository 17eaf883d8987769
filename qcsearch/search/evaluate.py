"""The final evaluation: the one place, and the one time, where the test part is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import stdev

import numpy as np

from qcsearch.search.classical import MAJORITY, majority_accuracy
from qcsearch.search.objective import Objective
from qcsearch.search.refit import Finalist, Refitted
from qcsearch.search.result import Best, SeedScore
from qcsearch.training.assembly import Assembly
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.heads import HEADS
from qcsearch.training.model import TrainedModel
from qcsearch.training.train import accuracy

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the test part said; the parts of a `SearchResult` of the same names.

    Attributes:
        model: the winner.
        best: its figures.
        seeds: its candidate's trainings.
        spread: over them.
        majority: accuracy of the class most common in the training part, on the test part.
        confusion: under noise.
        cut: why the training that the winner was judged by was broken off; empty if it was not.
        failure: why the winner is nothing to be used, a sentence; empty if it is.
        notices: which of its trainings are missing.
    """

    model: TrainedModel
    best: Best
    seeds: tuple[SeedScore, ...]
    spread: dict[str, float | None]
    majority: float
    confusion: tuple[tuple[int, ...], ...]
    cut: str
    failure: str
    notices: tuple[str, ...]


def evaluate(objective: Objective, winner: Finalist) -> Evaluation:
    """Test the winner; what it is compared with comes after it is saved, see `comparisons`.

    Args:
        objective: of the search.
        winner: the finalist that was chosen, on validation alone.
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
    whole = (fit for fit in winner.fits if not fit.cut)
    seeds = tuple(_seed_score(assembly, fit, Z_test, test.y, n_classes) for fit in whole)
    majority = majority_accuracy(data.y, test.y)
    failure = _failure(winner, best, majority_accuracy(data.y, data.y_val), majority)
    confusion = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(confusion, (test.y, predicted), 1)
    return Evaluation(
        model=_model(objective, assembly, chosen, best, majority),
        best=best,
        seeds=seeds,
        spread=_spread(seeds),
        majority=majority,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        cut=winner.cut,
        failure=failure,
        notices=tuple(winner.notices),
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
