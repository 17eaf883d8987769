"""The rows of the leaderboard: every number with its split."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from qcsearch.search.run.result import SearchResult
from qcsearch.search.run.scores import BaselineScore, Best
from qcsearch.search.trial.record import Costs
from qcsearch.storage.canonical import Json
from qcsearch.training.judging.calibration import Calibration
from qcsearch.training.judging.recalls import Recall
from qcsearch.training.judging.residuals import AbsoluteError
from qcsearch.training.judging.thresholds import Thresholds
from qcsearch.training.parameters import ParameterCounts
from qcsearch.training.shots.score import ShotScore
from qcsearch.training.statistics import Difference, Interval, measured_interval
from qcsearch.typed import read

__all__ = [
    "FOLDS",
    "TEST",
    "VALIDATION",
    "Row",
    "final_rows",
    "shots_column",
]

VALIDATION, FOLDS, TEST = "validation", "folds", "test"


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard.

    Attributes:
        name: `trial 12`, `winner`, `winner, deployed`, `winner without two-qubit gates`, `logistic regression`, …
        kind: `trial`, `winner`, `deployed`, `snapshot`, `circuit` or `classical`, which are the two kinds of baselines;
            of a tuning also `origin`, the winner of the search it began with, and `untuned`, that winner on the new
            device. What is missing has the kind `missing`.
        accuracy: under the device's noise, at infinitely many shots, of a `snapshot` and an `origin` under that which
            the name says; classical models have none.
        accuracy_noiseless: of the same weights without noise, if it was measured.
        interval: 95 % interval of the one that was measured of `accuracy_deployed`, `accuracy_at_shots` where the
            search was for that many, `accuracy` and `accuracy_noiseless`, the first of them; None of trials, which were
            chosen by theirs.
        difference: of a baseline, the winner's accuracy minus its own, on the same samples, at the shots that the
            search was for.
        accuracy_at_shots: as `accuracy`, at finitely many shots, simulated; of trials only if the search was for them.
        shots: how many these are, of each measurement basis.
        at_shots: the same on the test split, with its spread from one measurement to the next and its interval.
        for_shots: whether the search was for that many shots, not for infinitely many.
        metric: name of the search's metric, which trials are chosen and ranked by.
        score: in that metric, under noise where there is any; of trials on the validation split, at the shots that the
            search was for, on the test split at infinitely many.
        score_noisy: of a trial, the same at infinitely many shots.
        score_noiseless: of a trial, the same without noise.
        score_interval: 95 % interval of `score` on the test split.
        score_difference: of a baseline, the winner's score minus its own.
        calibration: of the winner's probabilities, under noise.
        recalls: how often the winner recognises each class, under noise.
        absolute_errors: of numbers, the mean absolute error of each in its own units, on the test split; of a
            `deployed` one as measured.
        thresholds: by which the winner decides; None if none were asked for.
        split: which part of the data all are from: `validation`, `folds` of training and validation part, or `test`.
        trial: the trial's number, if it is one.
        spread: standard deviation of `accuracy` over seeds, if there were several.
        n_qubits: of the circuit.
        parameters: trained numbers of a circuit, those of input layer, circuit, feature map and head apart.
        two_qubit_gates: of the mapped circuit.
        costs: of the circuit as it was built and as it was mapped, of trials and the winner.
        pareto: whether it is a trial that no other beats in accuracy, two-qubit gates, parameters and processor time
            together.
        encoding: its name.
        ansatz: its name.
        outcome: `kept`, `reused`, `infeasible`, `pruned` or `failed` of a trial.
        accuracy_deployed: measured on a backend, with the weights and on the samples of the row's other two.
        shot_error: its standard deviation from the finite number of shots.
        backend: where it was measured, and what that is: `ibm:ibm_torino (hardware)`.
        n_samples: how many samples they are of, on the test split.
        measure: what its accuracies, `interval` and `difference` are of: `accuracy`, or of numbers, which have none,
            the name of the metric.
        note: why there is no number, or why it is not to be compared with the others; empty if there is nothing to say.
        chosen: of the winner, what it was chosen by, in a sentence.
    """

    name: str
    kind: str
    accuracy: float | None
    accuracy_noiseless: float | None = None
    interval: Interval | None = None
    difference: Difference | None = None
    accuracy_at_shots: float | None = None
    shots: int | None = None
    at_shots: ShotScore | None = None
    for_shots: bool = False
    metric: str = "accuracy"
    score: float | None = None
    score_noisy: float | None = None
    score_noiseless: float | None = None
    score_interval: Interval | None = None
    score_difference: Difference | None = None
    calibration: Calibration | None = None
    recalls: tuple[Recall, ...] = ()
    absolute_errors: tuple[AbsoluteError, ...] = ()
    thresholds: Thresholds | None = None
    split: str = VALIDATION
    trial: int | None = None
    spread: float | None = None
    n_qubits: int | None = None
    parameters: ParameterCounts | None = None
    two_qubit_gates: int | None = None
    costs: Costs | None = None
    pareto: bool = False
    encoding: str | None = None
    ansatz: str | None = None
    outcome: str | None = None
    accuracy_deployed: float | None = None
    shot_error: float | None = None
    backend: str | None = None
    n_samples: int | None = None
    note: str = ""
    chosen: str = ""
    measure: str = "accuracy"


def shots_column(rows: Iterable[Row]) -> str:
    """What the column of `Row.accuracy_at_shots` is called: `1,024 shots`."""
    shots = next((row.shots for row in rows if row.shots is not None), None)
    return "finite shots" if shots is None else f"{shots:,} shots"


def final_rows(result: SearchResult, deployment: Json | None) -> list[Row]:
    """The winner and what it is compared with, on the test part; with its deployment, if there is one."""
    best, held_out = result.best, result.snapshot
    exact, noiseless, ends = best.test_accuracy_noisy, best.test_accuracy_noiseless, best.test_interval_noisy
    if exact is None:
        exact, noiseless, ends = best.test_score, best.test_score_noiseless, best.test_score_interval
    winner = Row(
        name=f"winner (trial {best.trial})",
        kind="winner",
        accuracy=exact,
        accuracy_noiseless=noiseless,
        interval=ends,
        measure=_measure(best),
        metric=best.metric,
        score=best.test_score,
        score_interval=best.test_score_interval,
        calibration=result.calibration,
        recalls=result.recalls,
        absolute_errors=best.test_absolute_errors,
        thresholds=result.thresholds,
        split=TEST,
        trial=best.trial,
        spread=result.spread["test_accuracy_noisy"],
        n_qubits=best.n_qubits,
        parameters=best.parameters,
        two_qubit_gates=best.two_qubit_gates,
        n_samples=best.n_test,
        note=result.failure,
        chosen=best.selection.text(best.metric),
    )
    snapshot = held_out and Row(
        f"winner on {held_out.label}",
        "snapshot",
        held_out.test_accuracy_noisy,
        interval=held_out.test_interval_noisy,
        measure=_measure(best),
        split=TEST,
        trial=best.trial,
        n_samples=best.n_test,
    )
    asked = best.shots is not None
    return [
        _with_shots(winner, best.test_at_shots, asked),
        *([] if deployment is None else [_deployed_row(winner, deployment)]),
        *([_with_shots(snapshot, held_out.test_at_shots, asked)] if snapshot and held_out else []),
        *(
            _with_shots(_baseline_row(score, best), score.test_at_shots, asked)
            for score in sorted(result.baselines, key=lambda one: not one.quantum)
        ),
        *(Row(name, "missing", None, split=TEST, note=why) for name, why in result.missing.items()),
    ]


def _measure(best: Best) -> str:
    """What the accuracies of a row are: accuracies, or of numbers, which have none, scores in the metric."""
    return "accuracy" if best.test_accuracy_noisy is not None else best.metric


def _with_shots(row: Row, score: ShotScore | None, asked: bool) -> Row:
    """The row of a circuit with what it reaches at finitely many shots; `asked`: the search was for them."""
    if score is None:
        return replace(row, for_shots=asked)
    found = replace(row, accuracy_at_shots=score.accuracy, shots=score.shots, at_shots=score, for_shots=asked)
    return replace(found, interval=score.interval) if asked else found


def _baseline_row(score: BaselineScore, best: Best) -> Row:
    """A classical model has no noise: its accuracy stands beside those without."""
    reached, ends, difference = score.test_accuracy, score.test_interval, score.difference
    if reached is None:
        reached, ends, difference = score.test_score, score.test_score_interval, score.score_difference
    return Row(
        name=score.name,
        kind="circuit" if score.quantum else "classical",
        accuracy=reached if score.quantum else None,
        accuracy_noiseless=None if score.quantum else reached,
        interval=ends,
        difference=difference,
        measure=_measure(best),
        metric=best.metric,
        score=score.test_score,
        score_interval=score.test_score_interval,
        score_difference=score.score_difference,
        absolute_errors=score.test_absolute_errors,
        split=TEST,
        parameters=score.parameters,
        two_qubit_gates=score.two_qubit_gates,
        n_samples=best.n_test,
    )


@dataclass(frozen=True)
class _Score:
    accuracy: float
    n_samples: int
    sampling_error: float
    shot_error: float | None


@dataclass(frozen=True)
class _Deployed:
    """What the board shows of a deployment, which is a later stage's."""

    backend: str
    kind: str
    noisy: _Score
    noiseless: _Score
    deployed: _Score
    absolute_errors: tuple[AbsoluteError, ...]


def _deployed_row(winner: Row, deployment: Json) -> Row:
    """The winner with the weights that its deployment kept: all accuracies on the samples that were measured."""
    found = read(_Deployed, {one.name: deployment.get(one.name) for one in fields(_Deployed)}, "a deployment")
    measure = "accuracy" if winner.measure == "accuracy" else "r2"
    score = found.deployed
    return replace(
        winner,
        name="winner, deployed",
        kind="deployed",
        accuracy=found.noisy.accuracy,
        accuracy_noiseless=found.noiseless.accuracy,
        spread=None,
        score=None,
        score_interval=None,
        calibration=None,
        recalls=(),
        absolute_errors=found.absolute_errors,
        thresholds=None,
        chosen="",
        note="",
        accuracy_deployed=score.accuracy,
        measure=measure,
        interval=measured_interval(
            score.accuracy, score.n_samples, score.sampling_error, measure == "accuracy"
        ),
        shot_error=score.shot_error,
        backend=f"{found.backend} ({found.kind})",
        n_samples=score.n_samples,
    )
