"""The scikit-learn face of the search: an estimator like any other, and thin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import column_or_1d

from qcsearch.data.labels import classes_like
from qcsearch.data.targets import Classes
from qcsearch.errors import DataError
from qcsearch.searched import Searched

if TYPE_CHECKING:
    from qcsearch.devices.device import Device

__all__ = ["QuantumCircuitSearchClassifier"]


class QuantumCircuitSearchClassifier(ClassifierMixin, Searched):  # type: ignore[misc]  # sklearn is untyped
    """Search a quantum classifier for a device, under that device's noise.

    `fit` is the same search as the command `qcsearch search`: of the samples it is given, a fifth is set
    aside for the one final test and a fifth of the others for validation, so that the leaderboard is honest.

    Args:
        device: a name (`fake_torino`), a snapshot file, a Qiskit `BackendV2`, or a `Device`; notices about its
            calibration are logged as warnings.
        space: a search space's name or TOML file.
        n_trials: candidates to try, in total; None for no limit (50 if there is no limit of seconds either).
        max_seconds: seconds for everything, in total; None for no limit.
        baselines: what the winner is compared with: `none`, `fast` or `full`; see `qcsearch search --help`.
        metric: what candidates are pruned, ranked and chosen by, a scorer of scikit-learn by its name, such as
            `balanced_accuracy`, `f1_macro` or `neg_log_loss`; `score` is accuracy whatever it is.
        shots: of each measurement basis of a prediction: candidates are trained for so many, and chosen by the accuracy
            to expect with them; None for infinitely many.
        class_weight: `balanced`, by which each class counts alike in every training, or a weight by label.
        threshold_scoring: of two classes, the metric for which the decision threshold is chosen on the validation part,
            such as `balanced_accuracy` or `f1`; None predicts the likelier class.
        strategy: how the next candidate is chosen, a name of `qcsearch search --help`.
        strategy_options: parameters of the strategy by name, where they are to be others than its defaults.
        max_two_qubit_gates: limit of the circuit on the device, on top of the space's own; the tighter one holds.
        max_parameters: the same of all trained parameters: of input layer, circuit, feature map and head together.
        max_duration_us: the same of one execution in microseconds, readout included.
        seed_from: folder of another run, finished or not, whose best candidates are tried first.
        encode: `onehot` or `ordinal` to take columns of text, which are refused otherwise.
        impute: `mean`, `median` or `most_frequent` to fill in missing values, which are refused otherwise. Both
            learn from the training part alone and are part of the model.
        workers: processes.
        run: folder to keep the run in; a run in it is resumed where it stopped. None keeps no folder.
        random_state: int, `numpy.random.RandomState`, or None for another search each time.

    Attributes:
        classes_: the labels seen in `fit`, sorted, of the type that they had.
        n_features_in_: number of raw features; pixels, for images.
        feature_names_in_: names of the columns, if `X` was a frame whose names are text.
        best_threshold_: probability of the second of two classes above which it is predicted; only if
            `threshold_scoring` was given.
        model_: the winner, a `TrainedModel`.
        result_: the `SearchResult`: the figures of the winner and of its baselines, with their intervals; its
            `run` is None unless the folder was asked for.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from qcsearch import QuantumCircuitSearchClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = QuantumCircuitSearchClassifier("fake_manila", space="tiny", n_trials=2, random_state=0)
        >>> clf.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.6
        True
    """

    def __init__(
        self,
        device: str | Path | Device = "fake_torino",
        space: str | Path = "default",
        *,
        n_trials: int | None = None,
        max_seconds: float | None = None,
        baselines: str = "fast",
        metric: str | None = None,
        shots: int | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        threshold_scoring: str | None = None,
        strategy: str = "auto",
        strategy_options: Mapping[str, Any] | None = None,
        max_two_qubit_gates: int | None = None,
        max_parameters: int | None = None,
        max_duration_us: float | None = None,
        seed_from: str | Path | None = None,
        encode: str | None = None,
        impute: str | None = None,
        workers: int = 1,
        run: str | Path | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(
            device,
            space,
            n_trials=n_trials,
            max_seconds=max_seconds,
            baselines=baselines,
            metric=metric,
            shots=shots,
            strategy=strategy,
            strategy_options=strategy_options,
            max_two_qubit_gates=max_two_qubit_gates,
            max_parameters=max_parameters,
            max_duration_us=max_duration_us,
            seed_from=seed_from,
            encode=encode,
            impute=impute,
            workers=workers,
            run=run,
            random_state=random_state,
        )
        self.class_weight = class_weight
        self.threshold_scoring = threshold_scoring

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> QuantumCircuitSearchClassifier:
        """Search and train.

        Args:
            X: `(n_samples, n_features)`, or images `(n_samples, height, width)`.
            y: labels `(n_samples,)`: text, whole numbers or truth values.
            sample_weight: how much each sample counts in every training, `(n_samples,)`, the winner's and its
                baselines'; one of weight 0 is left out. In what is measured each counts once. Of less than 50 different
                samples one of weight 2 is the same as two that are alike.

        Raises:
            DataError: if the samples, labels or weights cannot be used.
            DeviceError: if the device is unknown or cannot be used.
            SpaceError: if the space is wrong or nothing in it fits data and device.
            RunError: if `run` is the folder of another run.
            NoFeasibleCandidateError: if no candidate kept all constraints.

        Warns:
            UserWarning: if the winner is no better than the majority class, or no training finished in time.
        """
        if y is None:
            raise DataError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        labels = column_or_1d(y, warn=True) if getattr(y, "ndim", 1) == 2 else y
        self._search(X, labels, Classes.task, sample_weight)
        assert isinstance(self.model_.target, Classes)
        if self.result_.thresholds is not None:
            (self.best_threshold_,) = self.result_.thresholds.values
        self.classes_ = classes_like(self.model_.target.labels, y)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels `(n_samples,)`, under the device's noise.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            DataError: if `X` is not a table of finite numbers with as many features as `fit` saw.
            ValueError: if it is a frame with other columns, or in another order, than `fit` saw.
        """
        checked = self._checked(X)
        return np.asarray(self.classes_[self.model_.answers(checked)])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities `(n_samples, n_classes)`, ordered as `classes_`; raises as `predict`."""
        checked = self._checked(X)  # first: before `fit` there is no model
        return self.model_.predict_proba(checked)
