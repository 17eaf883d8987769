"""The data of a search: split once, preprocessed once for each choice of preprocessing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.class_weights import class_weights
from qcsearch.data.dataset import Dataset
from qcsearch.data.preprocessing.pipeline import build_pipeline, fit_seconds, n_components
from qcsearch.data.preprocessing.steps import Pipeline
from qcsearch.data.splitting import Part, Split, folds, split
from qcsearch.data.targets import Target
from qcsearch.devices.device import Device
from qcsearch.errors import InputError
from qcsearch.search.space.context import SearchContext
from qcsearch.training.data import TrainingData
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.metrics import Metric

if TYPE_CHECKING:
    from qcsearch.search.settings import SearchSettings

__all__ = ["Features", "FoldFeatures", "Prepared"]

_KEPT = 64
_KEPT_NUMBERS = 30_000_000
_ANGLE_STEPS = 2
"""Of a pipeline: scaling and angle range come last, after the reduction, which takes longest to fit."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The training and validation parts as angles.

    Attributes:
        pipeline: fitted on the training part.
        data: angles in radians, `(n_samples, n_components)` in each part.
    """

    pipeline: Pipeline
    data: TrainingData

    @property
    def size(self) -> int:
        """Numbers that it holds."""
        return self.data.train.X.size + self.data.validation.X.size


@dataclass(frozen=True, eq=False)
class _Reduced:
    """The training and validation parts after a reduction, which several scalings and ranges have in common."""

    pipeline: Pipeline
    X: Floats
    X_val: Floats

    @property
    def size(self) -> int:
        return self.X.size + self.X_val.size


@dataclass(frozen=True, eq=False)
class FoldFeatures:
    """One fold of a cross-validation, with pipelines that are fitted on its own training part.

    Attributes:
        features: its data.
        rows: see `splitting.Fold`.
    """

    features: Features
    rows: Ints

    def transformed(self, candidate: Candidate, part: Part) -> Part:
        """Raw samples as the candidate's circuit takes them in this fold."""
        pipeline = self.features.prepare(candidate.preprocessing).pipeline
        return Part(np.asarray(pipeline.transform(part.X), dtype=np.float64), part.y)


class Features:
    """A data set, split by one seed, with its fitted pipelines.

    Args:
        dataset: the data.
        seed: of the split and of reductions that draw random numbers.
        metric: name of what trainings on them are judged by; None for the first of their task.
        class_weight: how much each class counts in them, see `SearchSettings`.
        threshold_scoring: name of what the winner's thresholds are chosen for; None leaves them at one half.

    Raises:
        DataError: if the data cannot be split.
        InputError: if the metric, or that of the thresholds, is not defined for a part of them, or a weight is of an
            unknown label.
    """

    def __init__(
        self,
        dataset: Dataset,
        seed: int,
        metric: str | None = None,
        class_weight: str | Mapping[str, float] | None = None,
        threshold_scoring: str | None = None,
    ) -> None:
        self.dataset = dataset
        self.seed = seed
        parts = split(dataset, seed)
        self.target: Target = dataset.target.fitted(parts.train.y)
        self.split: Split = parts.learned(self.target)
        self.metric = Metric.of(metric, self.target)
        self._folds: dict[tuple[int, int], tuple[FoldFeatures, ...]] = {}
        for part in ("validation", "test"):
            self.metric.check(getattr(self.split, part).y, self.target, part)
        self.threshold_metric = (
            None if threshold_scoring is None else self._threshold_metric(threshold_scoring)
        )
        self._class_weights = class_weights(class_weight, self.split.train.y, self.target)
        self._prepared: OrderedDict[Preprocessing, Prepared] = OrderedDict()
        self._reduced: OrderedDict[Choice, _Reduced] = OrderedDict()

    @classmethod
    def of(cls, dataset: Dataset, settings: SearchSettings) -> Features:
        """The data as a search with these settings sees them; raises as the constructor."""
        return cls(dataset, settings.seed, settings.metric, settings.class_weight, settings.threshold_scoring)

    def _threshold_metric(self, name: str) -> Metric:
        metric = Metric(name)
        if self.target.has_accuracy is False or self.target.n_classes > 2:
            raise InputError(
                f"Decision thresholds are for two classes, or for labels, not for {self.target.words}.",
                fix="leave the threshold scoring out.",
            )
        if metric.needs_probabilities:
            raise InputError(
                f"Thresholds must be chosen for a metric of answers. '{name}' is of probabilities, which they leave as "
                "they are.",
                fix="take 'balanced_accuracy' or 'f1'.",
            )
        for part in ("validation", "test"):
            metric.check(getattr(self.split, part).y, self.target, part)
        return metric

    @property
    def weighted(self) -> bool:
        """Whether some samples count more than others in what is learnt."""
        return self._class_weights is not None or self.split.train.weight is not None

    @property
    def foldable(self) -> bool:
        """Whether there are folds: not if the data bring a validation part, or a class has one sample to learn from."""
        return self.dataset.X_val is None and np.bincount(self.target.strata(self.known_y)).min() > 1

    @property
    def known_y(self) -> NDArray[Any]:
        """What is learnt of the samples of the training and the validation part, in this order."""
        return np.concatenate([self.split.train.y, self.split.validation.y])

    def folds(self, n_folds: int, repeat: int = 0) -> tuple[FoldFeatures, ...]:
        """Folds of training and validation part, see `splitting.folds`; the first of repeat 0 are these features."""
        key = (n_folds, repeat)
        if key not in self._folds:
            found = folds(self.dataset, self.split, n_folds, self.seed, repeat)
            self._folds[key] = tuple(
                FoldFeatures(self if fold.split is self.split else self._of(fold.split), fold.rows)
                for fold in found
            )
        return self._folds[key]

    def _of(self, parts: Split) -> Features:
        """The same data, split in another way."""
        other = copy(self)
        other.split = parts
        other._folds, other._prepared, other._reduced = {}, OrderedDict(), OrderedDict()
        return other

    def context(self, device: Device) -> SearchContext:
        """What a space must know of these data."""
        data = self.dataset
        return SearchContext(
            device, self.split.n_features, self.target, data.image_shape, quantum=data.quantum
        )

    def n_components(self, preprocessing: Preprocessing) -> int:
        """Number of angles, known before anything is fitted.

        Raises:
            CandidateError: if the preprocessing does not suit these data.
        """
        data = self.dataset
        return n_components(preprocessing, self.split.n_features, data.image_shape, self.target.n_classes)

    def fit_seconds(self, preprocessing: Preprocessing) -> float:
        """About how long `prepare` takes; 0 where its reduction is fitted already.

        Raises:
            CandidateError: if the reduction is wrong.
        """
        if preprocessing.reduction in self._reduced:
            return 0.0
        n_samples, n_features = len(self.split.train), self.split.n_features
        return fit_seconds(preprocessing, n_samples, n_features, self.dataset.image_shape)

    def prepare(self, preprocessing: Preprocessing) -> Prepared:
        """The angles of one preprocessing, fitted when it is first asked for; its reduction may be there already."""
        if preprocessing in self._prepared:
            self._prepared.move_to_end(preprocessing)
            return self._prepared[preprocessing]
        data = self.dataset
        steps = build_pipeline(preprocessing, data.image_shape, self.seed, data.coding).steps
        reduced = self._reduce(preprocessing.reduction, Pipeline(steps[:-_ANGLE_STEPS]))
        angles = Pipeline(steps[-_ANGLE_STEPS:])
        Z = angles.fit_transform(reduced.X, self.split.train.y)
        whole = Pipeline([*reduced.pipeline.steps, *angles.steps])
        Z_val = angles.transform(reduced.X_val)
        training = self._training(Z, Z_val)
        prepared = Prepared(whole, training)
        self._prepared[preprocessing] = prepared
        _forget(self._prepared)
        return prepared

    def raw(self) -> tuple[TrainingData, Floats]:
        """The data's own features: of the training and validation parts, and `(n_test, n_features)` of the test part.

        Text and gaps are encoded, and what is constant in the training part is left out; nothing is scaled.
        """
        data, split = self.dataset, self.split
        if data.quantum is not None:
            return self._training(split.train.X, split.validation.X), split.test.X
        steps = build_pipeline(Preprocessing(Choice("none")), data.image_shape, self.seed, data.coding).steps
        reduced = self._reduce(Choice("none"), Pipeline(steps[:-_ANGLE_STEPS]))
        return self._training(reduced.X, reduced.X_val), reduced.pipeline.transform(split.test.X)

    def _training(self, X: Floats, X_val: Floats) -> TrainingData:
        train, validation = replace(self.split.train, X=X), replace(self.split.validation, X=X_val)
        return TrainingData(train, self.target, validation, self.metric, self._class_weights)

    def _reduce(self, reduction: Choice, pipeline: Pipeline) -> _Reduced:
        if reduction not in self._reduced:
            train, validation = self.split.train, self.split.validation
            X = pipeline.fit_transform(train.X, train.y)
            X_val = pipeline.transform(validation.X)
            self._reduced[reduction] = _Reduced(pipeline, X, X_val)
            _forget(self._reduced)
        self._reduced.move_to_end(reduction)
        return self._reduced[reduction]


def _forget(kept: OrderedDict[Any, Prepared] | OrderedDict[Any, _Reduced]) -> None:
    """Drop the oldest while there are too many of them, or they hold too many numbers; the newest stays."""
    while len(kept) > _KEPT or (len(kept) > 1 and sum(one.size for one in kept.values()) > _KEPT_NUMBERS):
        kept.popitem(last=False)
