"""What the classifier and the regressor for scikit-learn have in common."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from qcsearch.arguments import as_int, as_path
from qcsearch.bundle.write import write_bundle
from qcsearch.data.checks import check_X
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.tables.frames import is_frame, read_frame
from qcsearch.devices.calibration.providers import get_device
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

__all__ = ["Searched"]

_log = logging.getLogger("qcsearch")


class Searched(BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """What classifier and regressor have in common: the search behind `fit`, and what is done with its winner."""

    result_: SearchResult

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


def _seed(random_state: int | np.random.RandomState | None) -> int:
    """The search's one seed."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    return as_int(random_state, "The 'random_state' parameter", 0, 2**32 - 1)
