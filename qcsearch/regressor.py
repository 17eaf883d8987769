"""The scikit-learn face of a search for numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from qcsearch.data.targets import Numbers
from qcsearch.errors import DataError
from qcsearch.searched import Searched

__all__ = ["QuantumCircuitSearchRegressor"]


class QuantumCircuitSearchRegressor(RegressorMixin, Searched):  # type: ignore[misc]  # sklearn is untyped
    """Search a quantum model that predicts numbers, for a device, under that device's noise.

    `fit` is the same search as `qcsearch search --task regression`: of the samples it is given, a fifth is set aside
    for the one final test and a fifth of the others for validation. Numbers are learnt standardised, and predicted in
    their own units.

    Args:
        device: a name (`fake_torino`), a snapshot file, a Qiskit `BackendV2`, or a `Device`; notices about its
            calibration are logged as warnings.
        space: a search space's name or TOML file.
        n_trials: candidates to try, in total; None for no limit (50 if there is no limit of seconds either).
        max_seconds: seconds for everything, in total; None for no limit.
        baselines: what the winner is compared with: `none`, `fast` or `full`; see `qcsearch search --help`.
        metric: what candidates are pruned, ranked and chosen by: `r2`, which None means, `explained_variance` or
            `d2_absolute_error_score`; `score` is R² whatever it is.
        shots: of each measurement basis of a prediction: candidates are trained for so many, and chosen by the score to
            expect with them; None for infinitely many.
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
        n_features_in_: number of raw features; pixels, for images.
        feature_names_in_: names of the columns, if `X` was a frame whose names are text.
        model_: the winner, a `TrainedModel`.
        result_: the `SearchResult`: the figures of the winner and of its baselines, with their intervals; its
            `run` is None unless the folder was asked for.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> from qcsearch import QuantumCircuitSearchRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> found = QuantumCircuitSearchRegressor("fake_manila", space="tiny", n_trials=2, random_state=0).fit(X, y)
        >>> found.predict(X[:3]).shape
        (3,)
    """

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> QuantumCircuitSearchRegressor:
        """Search and train.

        Args:
            X: `(n_samples, n_features)`, or images `(n_samples, height, width)`.
            y: numbers `(n_samples,)`, or several of each sample `(n_samples, n_outputs)`.
            sample_weight: how much each sample counts in every training, as in `QuantumCircuitSearchClassifier`.

        Raises:
            DataError: if the samples, numbers or weights cannot be used.
            DeviceError: if the device is unknown or cannot be used.
            SpaceError: if the space is wrong or nothing in it fits data and device.
            RunError: if `run` is the folder of another run.
            NoFeasibleCandidateError: if no candidate kept all constraints.

        Warns:
            UserWarning: if the winner is no better than the mean, or no training finished in time.
        """
        if y is None:
            raise DataError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        column = getattr(y, "ndim", 1) == 2 and np.shape(y)[1] == 1
        self._search(X, column_or_1d(y, warn=True) if column else y, Numbers.task, sample_weight)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Numbers `(n_samples,)`, or `(n_samples, n_outputs)`, under the device's noise.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            DataError: if `X` is not a table of finite numbers with as many features as `fit` saw.
            ValueError: if it is a frame with other columns, or in another order, than `fit` saw.
        """
        checked = self._checked(X)
        return np.asarray(self.model_.predict(checked), dtype=np.float64)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may ask of it: several outputs too."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
