"""The final evaluation: the one place, and the one time, where the test part is looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean, stdev

import numpy as np

from qcsearch.data.quantiles import Quantiles
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Target
from qcsearch.search.finish.finalist import Finalist, Refitted
from qcsearch.search.finish.local_observer import observer_notice
from qcsearch.search.finish.majority import majority
from qcsearch.search.run.scores import Best, SeedScore
from qcsearch.search.trial.objective import Objective
from qcsearch.storage.canonical import Json
from qcsearch.training.data import TrainingData
from qcsearch.training.expectations import Ints
from qcsearch.training.judging.calibration import Calibration, calibration, chosen_temperature
from qcsearch.training.judging.recalls import Recall, balanced_accuracy, recalls
from qcsearch.training.judging.residuals import Residuals, absolute_errors, residuals
from qcsearch.training.judging.thresholds import Thresholds, chosen_thresholds
from qcsearch.training.metrics import ACCURACY, Metric
from qcsearch.training.model import TrainedModel
from qcsearch.training.predictions import Predictions
from qcsearch.training.scoring import accuracy, classify, logits
from qcsearch.training.shots.score import answers_at_shots, shot_score
from qcsearch.training.statistics import score_interval
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
        thresholds: by which it decides; None if none were asked for.
        confusion: under noise.
        recalls: by class, under noise.
        residuals: of numbers, under noise.
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
    calibration: Calibration | None
    thresholds: Thresholds | None
    confusion: tuple[tuple[int, ...], ...]
    recalls: tuple[Recall, ...]
    residuals: tuple[Residuals, ...]
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
    temperature, target, thresholds = _decision(objective, winner, data)
    accurate = target.has_accuracy
    said = logits(transpiled, chosen.parameters, test.X, target)
    predicted = Predictions.of_outputs(target, said, temperature)
    noiseless = classify(transpiled, chosen.parameters, test.X, target, noise=False, temperature=temperature)
    at_shots = answers_at_shots(
        transpiled, chosen.parameters, test.X, target, objective.told_shots, objective.seed
    )
    assert winner.selection is not None
    best = Best(
        trial=winner.record.trial,
        metric=data.metric.name,
        shots=objective.shots,
        validation_score=winner.selection.score,
        test_score=data.metric(test.y, predicted),
        test_score_interval=score_interval(data.metric, test.y, predicted),
        test_score_noiseless=data.metric(test.y, noiseless),
        test_accuracy_noisy=ACCURACY(test.y, predicted) if accurate else None,
        test_accuracy_noiseless=ACCURACY(test.y, noiseless) if accurate else None,
        test_interval_noisy=score_interval(ACCURACY, test.y, predicted) if accurate else None,
        test_interval_noiseless=score_interval(ACCURACY, test.y, noiseless) if accurate else None,
        test_at_shots=shot_score(target, at_shots, test.y, objective.told_shots),
        n_test=len(test),
        n_qubits=transpiled.candidate.n_qubits,
        parameters=transpiled.counts(data.target, chosen.parameters.head),
        two_qubit_gates=transpiled.mapped.two_qubit_gates,
        selection=winner.selection,
        test_absolute_errors=absolute_errors(target, test.y, predicted.answers),
    )
    whole = (fit for fit in winner.fits if not fit.cut)
    seeds = tuple(_seed_score(transpiled, fit, test, raw, target) for fit in whole)
    failure = _failure(winner, best, data, test, predicted, thresholds)
    calibrated = calibration(said, test.y, temperature) if target.n_classes else None
    counts = np.zeros((target.n_classes, target.n_classes), dtype=int)
    if target.n_classes:
        np.add.at(counts, (test.y, predicted.answers), 1)
    confusion = tuple(tuple(row) for row in counts.tolist())
    by_class = recalls(confusion, target.names if target.n_classes else ())
    return Evaluation(
        model=_model(objective, winner, best, test, calibrated, by_class, target),
        test=test,
        predicted=predicted,
        predicted_at_shots=at_shots,
        best=best,
        seeds=seeds,
        spread=_spread(seeds),
        calibration=calibrated,
        thresholds=thresholds,
        confusion=confusion,
        recalls=by_class,
        residuals=residuals(target, test.y, predicted.answers),
        cut=winner.cut,
        failure=failure,
        notices=(*winner.notices, *_told(objective)),
    )


def _decision(
    objective: Objective, winner: Finalist, data: TrainingData
) -> tuple[float, Target, Thresholds | None]:
    """Temperature of the winner's logits, and the target with its thresholds, chosen by the validation part.

    That part is taken as it is seen by weights that did not learn from it: the weights that are handed over may know
    it, these are trained alike, from other seeds. Of small data it is what the folds say of all samples that are not
    for the test.
    """
    metric = objective.features.threshold_metric
    if not data.target.n_classes and metric is None:
        return 1.0, data.target, None
    part = data.validation
    said = [fit.logits for fit in winner.refits if fit.logits is not None]
    if said:
        part = data.train.joined(part)
    else:
        judged = [winner.chosen] if winner.whole is None else winner.refits
        said = [logits(winner.transpiled, fit.parameters, part.X, data.target) for fit in judged]
    outputs, y, n_samples = np.concatenate(said), np.concatenate([part.y] * len(said)), len(part)
    temperature = chosen_temperature(outputs, y, n_samples) if data.target.n_classes else 1.0
    if metric is None:
        return temperature, data.target, None
    target, thresholds = chosen_thresholds(
        data.target, outputs, y, metric, n_samples, weight=part.weight, temperature=temperature
    )
    return temperature, target, thresholds


def _told(objective: Objective) -> tuple[str, ...]:
    """What must be known of the classical rows."""
    quantum = objective.features.dataset.quantum
    return () if quantum is None else (observer_notice(objective.shots),)


def _seed_score(
    transpiled: TranspiledCandidate, fit: Refitted, test: Part, raw: Part, target: Target
) -> SeedScore:
    """On the test part, of small data the mean over the trainings of all folds, each with its own pipeline."""
    if not fit.folds:
        return SeedScore(
            fit.seed_index, fit.validation_score, accuracy(transpiled, fit.parameters, test, target)
        )
    on_test = [
        accuracy(one.transpiled, one.parameters, one.fold.transformed(transpiled.candidate, raw), target)
        for one in fit.folds
    ]
    return SeedScore(fit.seed_index, fit.validation_score, fmean(on_test))


def _spread(seeds: tuple[SeedScore, ...]) -> dict[str, float | None]:
    """Standard deviation over the refit's seeds; the trial's own training was another."""
    alike = [score for score in seeds if score.seed_index > 0]
    return {
        name: stdev(getattr(score, name) for score in alike) if len(alike) > 1 else None
        for name in ("validation_score", "test_accuracy_noisy")
    }


def _failure(
    winner: Finalist,
    best: Best,
    data: TrainingData,
    test: Part,
    predicted: Predictions,
    thresholds: Thresholds | None,
) -> str:
    """Why the winner is nothing to be used: it was cut short, or always to say the commonest class is no worse."""
    said = f"No training went to its end, the winner's neither: {winner.cut}" if winner.cut else ""
    accurate = best.shots is not None and data.metric.name == "accuracy"
    metric = data.metric
    pairs = [
        ("test", test, best.test_at_shots.accuracy if accurate else best.test_score),
        ("validation", data.validation, best.validation_score),
    ]
    if thresholds is not None:  # they give one score up for another: it is judged by that
        metric = Metric(thresholds.scoring)
        pairs = [
            ("test", test, metric(test.y, predicted)),
            ("validation", data.validation, thresholds.score),
        ]
    for name, part, reached in pairs:
        least = metric(part.y, majority(data.train.y, len(part), data.target), part.weight)
        if reached <= least:
            return (
                f"The winner is no better than the {data.target.ignorant_name}: {score(reached, metric.name)} against "
                f"{score(least, metric.name)} on the {name} part. {said}".rstrip()
            )
    return said


def _model(
    objective: Objective,
    winner: Finalist,
    best: Best,
    test: Part,
    calibrated: Calibration | None,
    by_class: tuple[Recall, ...],
    target: Target,
) -> TrainedModel:
    candidate = winner.transpiled.candidate
    dataset = objective.features.dataset
    ignorant = majority(objective.features.split.train.y, len(test), target)
    accuracies: dict[str, Json] = {}
    if target.has_accuracy:
        accuracies = {
            "test_accuracy_noisy": best.test_accuracy_noisy,
            "test_accuracy_noiseless": best.test_accuracy_noiseless,
            f"test_accuracy_noisy_at_{best.test_at_shots.shots}_shots": best.test_at_shots.accuracy,
            f"test_accuracy_{target.ignorant_name}": ACCURACY(test.y, ignorant),
        }
    else:
        accuracies["test_absolute_errors"] = [
            asdict(one) | {"interval": list(one.interval)} for one in best.test_absolute_errors
        ]
    if calibrated is not None:
        accuracies |= {
            "test_balanced_accuracy": balanced_accuracy(by_class)[0],
            "test_recalls": [asdict(one) | {"interval": list(one.interval)} for one in by_class],
            "test_calibration_error": calibrated.error,
        }
    return TrainedModel(
        candidate=candidate,
        device=objective.device,
        parameters=winner.chosen.parameters,
        pipeline=objective.features.prepare(candidate.preprocessing).pipeline,
        target=target,
        n_features_in=dataset.n_features,
        image_shape=dataset.image_shape,
        feature_names=dataset.feature_names,
        temperature=1.0 if calibrated is None else calibrated.temperature,
        quantiles=None if dataset.quantum is not None else Quantiles.of(objective.features.split.train.X),
        metrics={
            "metric": best.metric,
            "validation_score": best.validation_score,
            "validation_score_is": best.selection.text(best.metric),
            "test_score": best.test_score,
            "test_score_noiseless": best.test_score_noiseless,
            **accuracies,
            "n_test": best.n_test,
        },
    )
