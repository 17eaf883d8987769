"""The scores of a finished search: of its winner, and of what that is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.training.judging.residuals import AbsoluteError
from qcsearch.training.parameters import ParameterCounts
from qcsearch.training.shots.score import ShotScore
from qcsearch.training.statistics import Difference, Interval
from qcsearch.wording import interval
from qcsearch.wording import score as shown

__all__ = ["BaselineScore", "Best", "SeedScore", "Selection", "SnapshotScore", "Untuned"]


@dataclass(frozen=True)
class Selection:
    """How the winner was chosen, and what its validation score is the score of.

    Attributes:
        score: of the winner under noise, on samples that its trainings had not seen; with repeats each time of those by
            which it was not chosen, see `selection.left_out_score`.
        n_trials: that it was chosen among, the trained ones.
        n_samples: that the score is of.
        n_folds: of how many folds they are the validation parts, each scored by a training that had not seen it; 0 for
            the validation part of the one split.
        repeats: how often the finalists were judged so, by other folds each time; 0 if only the trials were.
        chosen_by: the mean that made it the winner: the greatest of many, so that part of it is luck.
        interval: 95 % interval of the score if there are repeats; None of the greatest of many.
    """

    score: float
    n_trials: int
    n_samples: int
    n_folds: int
    repeats: int
    chosen_by: float
    interval: Interval | None

    def text(self, metric: str = "accuracy") -> str:
        """How the winner was chosen, in two sentences.

        Args:
            metric: which score it is.
        """
        among = f"Chosen among {self.n_trials} trials" if self.n_trials > 1 else "The only trial"
        if not self.n_folds:
            return (
                f"{among}, by the {self.n_samples} samples of the validation part: {shown(self.score, metric)}, "
                "which is the best of them and so more than other samples may bear out."
            )
        said = f"{among}, by {self.n_folds} folds of {self.n_samples} samples, each scored by a training without it"
        if not self.repeats:
            return f"{said}: {shown(self.score, metric)}, which is the best of them."
        times = "once" if self.repeats == 1 else f"{self.repeats} times"
        return (
            f"{said}; the finalists {times} more, with other folds: {shown(self.score, metric)} "
            f"({interval(self.interval, metric)}), each time of the best by the others."
        )


@dataclass(frozen=True)
class Best:
    """The winner.

    Attributes:
        trial: number of its trial.
        shots: of each measurement basis of a prediction, that the search was for; None for infinitely many.
        metric: name of the search's metric, a scorer of scikit-learn.
        validation_score: in that metric, under noise, at these shots, on samples that the trainings had not seen; see
            `selection`.
        test_score: in that metric, under noise, at infinitely many shots, on the test split.
        test_score_interval: its 95 % interval, see `training.statistics.score_interval`.
        test_score_noiseless: of the same weights without noise.
        test_accuracy_noisy: under the device's noise, at infinitely many shots, on the test split; None of numbers,
            which have no accuracy.
        test_accuracy_noiseless: the same weights without noise.
        test_interval_noisy: 95 % interval of the former, see `training.statistics.wilson`.
        test_interval_noiseless: of the latter.
        test_at_shots: under the device's noise at finitely many shots, on the test split.
        n_test: number of test samples.
        n_qubits: of its circuit.
        parameters: trained numbers, those of input layer, circuit, feature map and head apart.
        two_qubit_gates: of its mapped circuit.
        selection: how it was chosen.
        test_absolute_errors: of numbers, the mean absolute error of each in its own units, under noise, at infinitely
            many shots, on the test split.
    """

    trial: int
    shots: int | None
    metric: str
    validation_score: float
    test_score: float
    test_score_interval: Interval
    test_score_noiseless: float
    test_accuracy_noisy: float | None
    test_accuracy_noiseless: float | None
    test_interval_noisy: Interval | None
    test_interval_noiseless: Interval | None
    test_at_shots: ShotScore
    n_test: int
    n_qubits: int
    parameters: ParameterCounts
    two_qubit_gates: int
    selection: Selection
    test_absolute_errors: tuple[AbsoluteError, ...] = ()


@dataclass(frozen=True)
class BaselineScore:
    """A baseline on the test split.

    Attributes:
        name: of the baseline, as the leaderboard calls it.
        quantum: whether it is a circuit, whose accuracy is under the device's noise.
        test_accuracy: at infinitely many shots, if it is one; None of numbers, which have no accuracy.
        test_interval: its 95 % interval.
        difference: the winner's accuracy minus this one, on the same samples, at the shots that the search was for.
        test_score: in the search's metric, at infinitely many shots.
        test_score_interval: its 95 % interval.
        score_difference: the winner's score in it minus this one.
        n_train: number of samples that it learned from.
        parameters: trained numbers, of a circuit.
        two_qubit_gates: of the mapped circuit.
        test_at_shots: of a circuit, at as many shots as the winner.
        test_absolute_errors: as of the winner.
    """

    name: str
    quantum: bool
    test_accuracy: float | None
    test_interval: Interval | None
    difference: Difference | None
    test_score: float
    test_score_interval: Interval
    score_difference: Difference
    n_train: int
    parameters: ParameterCounts | None = None
    two_qubit_gates: int | None = None
    test_at_shots: ShotScore | None = None
    test_absolute_errors: tuple[AbsoluteError, ...] = ()


@dataclass(frozen=True)
class SeedScore:
    """One training of the winner's candidate, under noise.

    Attributes:
        seed_index: 0 for the trial's own, 1, 2, … for those of the refit.
        validation_score: on the validation split.
        test_accuracy_noisy: on the test split.
    """

    seed_index: int
    validation_score: float
    test_accuracy_noisy: float | None


@dataclass(frozen=True)
class SnapshotScore:
    """The winner, unchanged, under the noise of the same device on another day.

    Attributes:
        device: name of that snapshot; of a synthetic one it says from what it was drawn, and how.
        calibrated_at: when it was recorded; empty for a synthetic one, which never was.
        test_accuracy_noisy: on the test split.
        test_interval_noisy: its 95 % interval.
        test_at_shots: at as many shots as the winner.
    """

    device: str
    calibrated_at: str
    test_accuracy_noisy: float | None
    test_interval_noisy: Interval | None
    test_at_shots: ShotScore

    @property
    def label(self) -> str:
        """The snapshot as a person reads it."""
        return f"{self.device} of {self.calibrated_at[:10]}" if self.calibrated_at else self.device


@dataclass(frozen=True)
class Untuned:
    """Of a tuning: the winner it started from, moved to the new device with the weights it had.

    Attributes:
        validation_score: under the new device's noise, on the validation split.
        test_accuracy_noisy: the same on the test split.
    """

    validation_score: float
    test_accuracy_noisy: float | None
