"""The final evaluation: the one place, and the one time, where the test part is looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import stdev

import numpy as np

from qcsearch.data.splitting import Part
from qcsearch.search.finish.finalist import Finalist, Refitted
from qcsearch.search.finish.majority import MAJORITY, majority
from qcsearch.search.run.scores import Best, SeedScore
from qcsearch.search.trial.objective import Objective
from qcsearch.training.data import TrainingData
from qcsearch.training.expectations import Ints
from qcsearch.training.judging.calibration import Calibration, calibration, fitted_temperature
from qcsearch.training.judging.recalls import Recall, balanced_accuracy, recalls
from qcsearch.training.model import TrainedModel
from qcsearch.training.predictions import Predictions
from qcsearch.training.scoring import accuracy, logits
from qcsearch.training.shots.score import classes_at_shots, shot_score
from qcsearch.training.statistics import score_interval, wilson
from qcsearch.training.transpiled import TranspiledCandidate
from qcsearch.wording import score

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the test part said; the parts of a `SearchResult` of the same names.

    Attributes:
        model: the winner.
        test: the test part as the winner's circuit takes it, for `comparisons`: it is transformed once.
        predicted: what the winner says of its samples, under noise.
        predicted_at_shots: their class numbers with finitely many shots, `(n_draws, n_test)`.
        best: its figures.
        seeds: its candidate's trainings.
        spread: over them.
        calibration: of its probabilities, under noise.
        confusion: under noise.
        recalls: by class, under noise.
        cut: why the training that the winner was judged by was stopped early; empty if it was not.
        failure: why the winner is nothing to be used, a sentence; empty if it is.
        notices: which of its trainings are missing.
    """

    model: TrainedModel
    test: Part
    predicted: Predictions
    predicted_at_shots: Ints
    best: Best
    seeds: tuple[SeedScore, ...]
    spread: dict[str, float | None]
    calibration: Calibration
    confusion: tuple[tuple[int, ...], ...]
    recalls: tuple[Recall, ...]
    cut: str
    failure: str
    notices: tuple[str, ...]


def evaluate(objective: Objective, winner: Finalist) -> Evaluation:
    """Test the winner; what it is compared with comes after it is saved, see `comparisons`.

    Args:
        objective: of the search.
        winner: the finalist that was chosen, on validation alone.
    """
    transpiled, chosen = winner.transpiled, winner.chosen
    prepared = objective.features.prepare(transpiled.candidate.preprocessing)
    data, raw = prepared.data, objective.features.split.test
    test = Part(np.asarray(prepared.pipeline.transform(raw.X), dtype=np.float64), raw.y)
    temperature = _temperature(winner, data)
    said = logits(transpiled, chosen.parameters, test.X, data.n_classes)
    predicted = Predictions.of_logits(said, temperature)
    noisy = float(np.mean(predicted.classes == test.y))
    noiseless = accuracy(transpiled, chosen.parameters, test, data.n_classes, noise=False)
    at_shots = classes_at_shots(
        transpiled, chosen.parameters, test.X, data.n_classes, objective.told_shots, objective.seed
    )
    best = Best(
        trial=winner.record.trial,
        metric=data.metric.name,
        shots=objective.shots,
        validation_score=chosen.validation_score,
        test_score=data.metric(test.y, predicted),
        test_score_interval=score_interval(data.metric, test.y, predicted),
        test_accuracy_noisy=noisy,
        test_accuracy_noiseless=noiseless,
        test_interval_noisy=wilson(noisy, len(test)),
        test_interval_noiseless=wilson(noiseless, len(test)),
        test_at_shots=shot_score(at_shots, test.y, objective.told_shots),
        n_test=len(test),
        n_qubits=transpiled.candidate.n_qubits,
        parameters=transpiled.counts(data.n_classes, chosen.parameters.head),
        two_qubit_gates=transpiled.mapped.two_qubit_gates,
    )
    whole = (fit for fit in winner.fits if not fit.cut)
    seeds = tuple(_seed_score(transpiled, fit, test, data.n_classes) for fit in whole)
    failure = _failure(winner, best, data, test)
    calibrated = calibration(said, test.y, temperature)
    counts = np.zeros((data.n_classes, data.n_classes), dtype=int)
    np.add.at(counts, (test.y, predicted.classes), 1)
    confusion = tuple(tuple(row) for row in counts.tolist())
    by_class = recalls(confusion, objective.features.dataset.classes)
    return Evaluation(
        model=_model(objective, winner, best, test, calibrated, by_class),
        test=test,
        predicted=predicted,
        predicted_at_shots=at_shots,
        best=best,
        seeds=seeds,
        spread=_spread(seeds),
        calibration=calibrated,
        confusion=confusion,
        recalls=by_class,
        cut=winner.cut,
        failure=failure,
        notices=tuple(winner.notices),
    )


def _temperature(winner: Finalist, data: TrainingData) -> float:
    """That of the winner's logits, fitted to the validation part as it is seen by weights that did not learn from it.

    The weights that are handed over may know that part: these are trained alike, from other seeds.
    """
    part = data.validation
    said = [logits(winner.transpiled, fit.parameters, part.X, data.n_classes) for fit in winner.refits]
    if winner.whole is None:
        said = [logits(winner.transpiled, winner.chosen.parameters, part.X, data.n_classes)]
    return fitted_temperature(np.concatenate(said), np.tile(part.y, len(said)), len(part))


def _seed_score(transpiled: TranspiledCandidate, fit: Refitted, test: Part, n_classes: int) -> SeedScore:
    on_test = accuracy(transpiled, fit.parameters, test, n_classes)
    return SeedScore(fit.seed_index, fit.validation_score, on_test)


def _spread(seeds: tuple[SeedScore, ...]) -> dict[str, float | None]:
    """Standard deviation over the refit's seeds; the trial's own training was another."""
    alike = [score for score in seeds if score.seed_index > 0]
    return {
        name: stdev(getattr(score, name) for score in alike) if len(alike) > 1 else None
        for name in ("validation_score", "test_accuracy_noisy")
    }


def _failure(winner: Finalist, best: Best, data: TrainingData, test: Part) -> str:
    """Why the winner is nothing to be used: it was cut short, or always to say the commonest class is no worse."""
    said = f"No training went to its end, the winner's neither: {winner.cut}" if winner.cut else ""
    accurate = best.shots is not None and data.metric.name == "accuracy"
    for name, part, reached in (
        ("test", test, best.test_at_shots.accuracy if accurate else best.test_score),
        ("validation", data.validation, best.validation_score),
    ):
        least = data.metric(part.y, majority(data.train.y, len(part), data.n_classes))
        if reached <= least:
            return (
                f"The winner is no better than the majority class: {score(reached, best.metric)} against "
                f"{score(least, best.metric)} on the {name} part. {said}".rstrip()
            )
    return said


def _model(
    objective: Objective,
    winner: Finalist,
    best: Best,
    test: Part,
    calibrated: Calibration,
    by_class: tuple[Recall, ...],
) -> TrainedModel:
    candidate = winner.transpiled.candidate
    dataset = objective.features.dataset
    ignorant = majority(objective.features.split.train.y, len(test), dataset.n_classes)
    return TrainedModel(
        candidate=candidate,
        device=objective.device,
        parameters=winner.chosen.parameters,
        pipeline=objective.features.prepare(candidate.preprocessing).pipeline,
        classes=dataset.classes,
        n_features_in=dataset.n_features,
        image_shape=dataset.image_shape,
        feature_names=dataset.feature_names,
        temperature=calibrated.temperature,
        metrics={
            "metric": best.metric,
            "validation_score": best.validation_score,
            "test_score": best.test_score,
            "test_accuracy_noisy": best.test_accuracy_noisy,
            "test_accuracy_noiseless": best.test_accuracy_noiseless,
            f"test_accuracy_noisy_at_{best.test_at_shots.shots}_shots": best.test_at_shots.accuracy,
            "test_balanced_accuracy": balanced_accuracy(by_class)[0],
            "test_recalls": [asdict(one) | {"interval": list(one.interval)} for one in by_class],
            "test_calibration_error": calibrated.error,
            "n_test": best.n_test,
            f"test_accuracy_{MAJORITY}": float(np.mean(ignorant.classes == test.y)),
        },
    )
