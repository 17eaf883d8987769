"""The data of a search: split once, preprocessed once for each choice of preprocessing."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qcsearch.circuits.candidate import Preprocessing
from qcsearch.data.dataset import Dataset
from qcsearch.data.preprocess import build_pipeline, n_components
from qcsearch.data.split import Split, split
from qcsearch.devices.device import Device
from qcsearch.search.context import SearchContext
from qcsearch.training.expectations import Floats, Ints

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["Features", "Prepared"]

_KEPT = 64


@dataclass(frozen=True, eq=False)
class Prepared:
    """The training and validation parts as angles.

    Attributes:
        pipeline: fitted on the training part.
        Z: angles of the training part, `(n_train, n_components)`.
        y: its class numbers.
        Z_val: angles of the validation part, `(n_validation, n_components)`.
        y_val: its class numbers.
    """

    pipeline: Pipeline
    Z: Floats
    y: Ints
    Z_val: Floats
    y_val: Ints


class Features:
    """A data set, split by one seed, with its fitted pipelines.

    Args:
        dataset: the data.
        seed: of the split and of reductions that draw random numbers.

    Raises:
        DataError: if the data cannot be split.
    """

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset = dataset
        self.seed = seed
        self.split: Split = split(dataset, seed)
        self._prepared: OrderedDict[Preprocessing, Prepared] = OrderedDict()

    def context(self, device: Device) -> SearchContext:
        """What a space must know of these data."""
        data = self.dataset
        return SearchContext(device, self.split.n_features, data.n_classes, data.image_shape)

    def n_components(self, preprocessing: Preprocessing) -> int:
        """Number of angles, known before anything is fitted.

        Raises:
            CandidateError: if the preprocessing does not suit these data.
        """
        data = self.dataset
        return n_components(preprocessing, self.split.n_features, data.image_shape, data.n_classes)

    def prepare(self, preprocessing: Preprocessing) -> Prepared:
        """The angles of one preprocessing, fitted when it is first asked for."""
        if preprocessing in self._prepared:
            self._prepared.move_to_end(preprocessing)
            return self._prepared[preprocessing]
        train, validation = self.split.train, self.split.validation
        pipeline = build_pipeline(preprocessing, self.dataset.image_shape, self.seed)
        Z = pipeline.fit_transform(train.X, train.y)
        prepared = Prepared(pipeline, Z, train.y, pipeline.transform(validation.X), validation.y)
        self._prepared[preprocessing] = prepared
        if len(self._prepared) > _KEPT:
            self._prepared.popitem(last=False)
        return prepared
