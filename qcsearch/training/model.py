"""The trained model: a candidate with weights, from raw samples to labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.pipeline import Pipeline

from qcsearch.canonical import Json
from qcsearch.circuits.candidate import Candidate
from qcsearch.data.checks import check_shape, check_X
from qcsearch.data.dataset import Label
from qcsearch.data.encoding import ColumnEncoder
from qcsearch.data.frames import holds_text, is_frame
from qcsearch.data.labels import check_y, find
from qcsearch.data.preprocess import n_outputs
from qcsearch.data.samples import load_features
from qcsearch.devices.device import Device
from qcsearch.errors import DataError
from qcsearch.training.assembly import Assembly, assemble
from qcsearch.training.expectations import Expectations, Floats
from qcsearch.training.heads import HEADS, Head

__all__ = ["TrainedModel"]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A quantum classifier that was trained; it takes raw samples and gives the labels it was shown.

    Attributes:
        candidate: what was trained.
        device: the calibration facts it was trained on.
        weights: of the circuit, `(n_weights,)`.
        head_parameters: of the head.
        pipeline: the fitted preprocessing, raw features to angles.
        classes: the original labels, in the order of the logits.
        n_features_in: number of raw features; pixels, if samples are images.
        image_shape: `(height, width)` if samples are images.
        feature_names: of the raw features; empty if they have none.
        metrics: scores and costs, JSON values.
    """

    candidate: Candidate
    device: Device
    weights: Floats
    head_parameters: Floats
    pipeline: Pipeline
    classes: tuple[Label, ...]
    n_features_in: int
    image_shape: tuple[int, int] | None = None
    feature_names: tuple[str, ...] = ()
    metrics: Mapping[str, Json] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled or copied: the model without what can be rebuilt from it."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def n_weights(self) -> int:
        """Number of trained weights of the circuit; the head's parameters do not count."""
        return len(self.weights)

    @property
    def two_qubit_gates(self) -> int:
        """Number of two-qubit gates of the mapped circuit."""
        return self.assembly.mapped.two_qubit_gates

    @property
    def head(self) -> Head:
        """The head, without its parameters."""
        return HEADS.create(self.candidate.head.name, self.candidate.head.settings)

    @cached_property
    def assembly(self) -> Assembly:
        """The circuit on its device, rebuilt from the candidate when it is first needed."""
        return assemble(self.candidate, self.device, n_outputs(self.pipeline))

    @property
    def encoder(self) -> ColumnEncoder | None:
        """The first step of the preprocessing, if it takes columns of text or with gaps."""
        first = self.pipeline[0]
        return first if isinstance(first, ColumnEncoder) else None

    def features(self, X: ArrayLike) -> Floats:
        """The circuit's features `(n_samples, n_derived)` of raw samples.

        Args:
            X: `(n_samples, n_features_in)`, or images `(n_samples, height, width)`. A frame is read by the names of its
                columns, if the training knew names: their order does not matter, and other columns are ignored.

        Raises:
            DataError: if it is not a table of finite numbers with the features of the training.
        """
        encoder = self.encoder
        if is_frame(X) or (encoder is not None and holds_text(X)):
            X = load_features(X, self.feature_names or self.n_features_in, None, encoder)
        gaps = encoder is not None and encoder.impute is not None
        flat, shape = check_X(X, self.n_features_in, owner="the model", missing=gaps)
        if shape is not None and self.image_shape is not None:
            check_shape(shape, self.image_shape, "X", "the model is expecting")
        return self.assembly.derive(np.asarray(self.pipeline.transform(flat), dtype=np.float64))

    def expectations(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> Floats:
        """Expectation values `(n_samples, n_observables)`.

        Args:
            X: raw samples, as for `features`.
            noise: under the device's noise (True) or without any.
            program: what to ask instead of the exact engine, such as an executor; `noise` is ignored then.

        Raises:
            DataError: as `features`.
        """
        return (program or self.assembly.compile(noise)).values(self.features(X), self.weights)

    def decision(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> Floats:
        """Logits `(n_samples, n_classes)`; arguments as for `expectations`.

        Raises:
            DataError: as `features`, or if a logit is not finite.
        """
        values = self.expectations(X, noise, program)
        with np.errstate(all="ignore"):  # said below
            logits = self.head.logits(values, self.head_parameters, self.n_classes)
        if not np.isfinite(logits).all():
            raise DataError(
                "The model must give finite numbers. It gives NaN or infinity: its weights are no use."
            )
        return logits

    def predict_proba(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> Floats:
        """Probabilities `(n_samples, n_classes)`, ordered as `classes`; arguments as for `expectations`."""
        return np.asarray(softmax(self.decision(X, noise, program), axis=1))

    def predict(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> NDArray[Any]:
        """Original labels `(n_samples,)`; arguments as for `expectations`."""
        winners = np.argmax(self.decision(X, noise, program), axis=1)
        return np.asarray(np.asarray(self.classes)[winners])

    def score(
        self, X: ArrayLike, y: ArrayLike, noise: bool = True, program: Expectations | None = None
    ) -> float:
        """Share of samples whose label is predicted; a label that the training did not show counts as missed.

        Raises:
            DataError: as `features`, or if `X` and `y` differ in length.
        """
        codes = find(check_y(y), self.classes)
        winners = np.argmax(self.decision(X, noise, program), axis=1)
        if len(codes) != len(winners):
            raise DataError(f"X has {len(winners)} rows, but y has {len(codes)} labels.")
        return float(np.mean(codes == winners))
