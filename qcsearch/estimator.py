"""The scikit-learn face of the search: an estimator like any other, and thin."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from qcsearch.arguments import as_int, as_path
from qcsearch.bundle.write import write_bundle
from qcsearch.data.checks import check_X
from qcsearch.data.labels import classes_like
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.tables.frames import is_frame, read_frame
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import DataError
from qcsearch.search.finish.leaderboard import Leaderboard, leaderboard_of
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space

if TYPE_CHECKING:
    from qcsearch.bundle.manifest import Manifest
    from qcsearch.devices.device import Device
    from qcsearch.search.run.result import SearchResult
    from qcsearch.training.model import TrainedModel

__all__ = ["QuantumCircuitSearchClassifier", "Searched"]

_log = logging.getLogger("qcsearch")


class Searched(BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """What classifier and regressor have in common: the search behind `fit`, and what is done with its winner."""

    result_: SearchResult

    def _search(self, X: ArrayLike, labels: Any, task: str, sample_weight: ArrayLike | None = None) -> None:
        """Search, and keep what was found."""
        dataset = load_dataset(
            (X, labels),
            task=task,
            encode=self.encode,
            impute=self.impute,
            sampled=True,
            sample_weight=sample_weight,
        )
        validate_data(self, X, reset=True, skip_check_array=True, ensure_2d=False)
        device, space = get_device(self.device), load_space(self.space)
        for notice in device.notices:
            _log.warning("%s: %s", device.name, notice)
        with tempfile.TemporaryDirectory() as scratch:
            kept = None if self.run is None else as_path(self.run, "The 'run' parameter")
            run = RunFolder(kept or Path(scratch, "run"))
            self.result_ = run_search(dataset, device, space, self._settings(), run=run.path)
            if self.result_.failure:
                warnings.warn(self.result_.failure, stacklevel=3)
            if self.run is None:
                self.result_ = self.result_.without_run()
            self.model_: TrainedModel = self.result_.model
            self._leaderboard = leaderboard_of(self.result_)
        self.n_features_in_ = dataset.n_features

    def _checked(self, X: ArrayLike) -> ArrayLike:
        """Samples such as `fit` saw; raises as `predict`."""
        check_is_fitted(self)
        if is_frame(X):
            read_frame(X)  # a column that stands twice has its own sentence
        validate_data(self, X, reset=False, skip_check_array=True, ensure_2d=False)
        if is_frame(X) and not hasattr(self, "feature_names_in_"):
            X = np.asarray(X)  # by position: `fit` knew no names
        if not is_frame(X) and self.model_.encoder is None:
            check_X(X, self.n_features_in_, owner=type(self).__name__)
        return X

    def _settings(self) -> SearchSettings:
        """What the parameters of the same names say."""
        names = {field.name for field in fields(SearchSettings)} & self.get_params(deep=False).keys()
        given = {name: getattr(self, name) for name in names}
        return SearchSettings(**given, seed=_seed(self.random_state))

    def leaderboard(self) -> Leaderboard:
        """The rows of the leaderboard, best first; prints as a table.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
        """
        check_is_fitted(self)
        return self._leaderboard

    def export(self, path: str | Path) -> Manifest:
        """Write the model as a bundle: a folder, or one file if `path` ends in `.zip`.

        Returns:
            The bundle's manifest; its `digest` is what `verify_bundle` can be given.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            BundleError: if `path` exists.
        """
        check_is_fitted(self)
        return write_bundle(self.model_, Path(path), metrics=self.result_.metrics)


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
        strategy: how the next candidate is chosen, a name of `qcsearch search --help`.
        strategy_options: parameters of the strategy by name, where they are to be others than its defaults.
        max_two_qubit_gates: limit of the circuit on the device, on top of the space's own; the tighter one holds.
        max_parameters: the same of all trained parameters: of circuit, feature map and head together.
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
        self.device = device
        self.space = space
        self.n_trials = n_trials
        self.max_seconds = max_seconds
        self.baselines = baselines
        self.metric = metric
        self.shots = shots
        self.class_weight = class_weight
        self.strategy = strategy
        self.strategy_options = strategy_options
        self.max_two_qubit_gates = max_two_qubit_gates
        self.max_parameters = max_parameters
        self.max_duration_us = max_duration_us
        self.seed_from = seed_from
        self.encode = encode
        self.impute = impute
        self.workers = workers
        self.run = run
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> QuantumCircuitSearchClassifier:
        """Search and train.

        Args:
            X: `(n_samples, n_features)`, or images `(n_samples, height, width)`.
            y: labels `(n_samples,)`: text, whole numbers or truth values.
            sample_weight: how much each sample counts in every training, `(n_samples,)`, the winner's and its
                baselines'; one of weight 0 is left out. In what is measured each counts once.

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
        self.classes_ = classes_like(Classes.of(labels, "y").labels, y)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels `(n_samples,)`, under the device's noise.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            DataError: if `X` is not a table of finite numbers with as many features as `fit` saw.
            ValueError: if it is a frame with other columns, or in another order, than `fit` saw.
        """
        answers = np.argmax(self.predict_proba(X), axis=1)
        return np.asarray(self.classes_[answers])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities `(n_samples, n_classes)`, ordered as `classes_`; raises as `predict`."""
        checked = self._checked(X)  # first: before `fit` there is no model
        return self.model_.predict_proba(checked)


def _seed(random_state: int | np.random.RandomState | None) -> int:
    """The search's one seed."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    return as_int(random_state, "The 'random_state' parameter", 0, 2**32 - 1)
