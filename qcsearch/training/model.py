"""The trained model: a candidate with weights, from raw samples to labels or numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.checks import check_shape, check_X
from qcsearch.data.preprocessing.encoding import ColumnEncoder
from qcsearch.data.preprocessing.pipeline import n_outputs
from qcsearch.data.preprocessing.steps import Pipeline
from qcsearch.data.quantum.reading import check_states
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.sources.samples import load_features
from qcsearch.data.tables.frames import holds_text, is_frame
from qcsearch.data.targets import Target
from qcsearch.devices.device import Device
from qcsearch.errors import DataError
from qcsearch.storage.canonical import Json
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Expectations, Floats
from qcsearch.training.parameters import ParameterCounts, Parameters
from qcsearch.training.transpiled import TranspiledCandidate, transpile_candidate

if TYPE_CHECKING:
    from qcsearch.data.quantiles import Quantiles

__all__ = ["TrainedModel"]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A quantum model that was trained; it takes raw samples and gives labels such as it was shown.

    Attributes:
        candidate: what was trained.
        device: the calibration facts it was trained on.
        parameters: of circuit and head, as they were trained.
        pipeline: the fitted preprocessing, raw features to angles.
        target: what it was trained for: classes in the order of the logits, numbers with their units, or labels.
        n_features_in: number of raw features; pixels, if samples are images.
        image_shape: `(height, width)` if samples are images.
        feature_names: of the raw features; empty if they have none.
        metrics: scores and costs, JSON values.
        temperature: what logits are divided by to be probabilities, see `calibration`; 1 changes nothing.
        quantiles: of the raw features that it was trained on; None of quantum states, of few samples or many features.
    """

    candidate: Candidate
    device: Device
    parameters: Parameters
    pipeline: Pipeline
    target: Target
    n_features_in: int
    image_shape: tuple[int, int] | None = None
    feature_names: tuple[str, ...] = ()
    metrics: Mapping[str, Json] = field(default_factory=dict)
    temperature: float = 1.0
    quantiles: Quantiles | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled or copied: the model without what can be rebuilt from it."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def n_weights(self) -> int:
        """Number of trained weights of the circuit; the head's parameters do not count."""
        return len(self.parameters.weights)

    @property
    def counts(self) -> ParameterCounts:
        """Trained numbers, those of input layer, circuit, feature map and head apart."""
        return self.transpiled.counts(self.target, self.parameters.head)

    @property
    def two_qubit_gates(self) -> int:
        """Number of two-qubit gates of the mapped circuit."""
        return self.transpiled.mapped.two_qubit_gates

    @property
    def thresholds(self) -> dict[str, float]:
        """Probability above which a label is predicted, of two classes the second; empty if one half of all."""
        from scipy.special import expit

        cuts = getattr(self.target, "cuts", ())
        names = self.target.names[-len(cuts) :] if cuts else ()
        return {name: float(expit(cut / self.temperature)) for name, cut in zip(names, cuts, strict=True)}

    @property
    def head(self) -> BoundHead:
        """The head with its parameters."""
        return BoundHead.of(self.candidate, self.parameters.head, self.target, self.temperature)

    @cached_property
    def transpiled(self) -> TranspiledCandidate:
        """The circuit on its device, rebuilt from the candidate when it is first needed."""
        return transpile_candidate(self.candidate, self.device, n_outputs(self.pipeline))

    @cached_property
    def quantum(self) -> QuantumSamples | None:
        """What its samples are if they are quantum states; None if they are classical."""
        encoding = self.candidate.encoding
        return QuantumSamples(encoding, self.candidate.n_qubits) if encoding.name == "prepared" else None

    @property
    def encoder(self) -> ColumnEncoder | None:
        """The first step of the preprocessing, if it takes columns of text or with gaps."""
        first = self.pipeline.first
        return first if isinstance(first, ColumnEncoder) else None

    def features(self, X: ArrayLike) -> Floats:
        """The circuit's features `(n_samples, n_derived)` of raw samples; arguments as for `prepared`.

        Raises:
            DataError: as `prepared`.
        """
        return self.derived(self.prepared(X))

    def derived(self, prepared: Floats) -> Floats:
        """The circuit's features `(n_samples, n_derived)` of what `prepared` returned."""
        return self.transpiled.derive(prepared, self.parameters)

    def prepared(self, X: ArrayLike) -> Floats:
        """What the preprocessing makes of raw samples, `(n_samples, n_features)` in radians; states stay as they are.

        Args:
            X: `(n_samples, n_features_in)`, or images `(n_samples, height, width)`. A frame is read by the names of its
                columns, if the training knew names: their order does not matter, and other columns are ignored. Quantum
                states may be complex, see `data.quantum.reading`.

        Raises:
            DataError: if it is not a table of finite numbers with the features of the training.
        """
        if self.quantum is not None:
            return check_states(X, self.quantum)
        encoder = self.encoder
        if is_frame(X) or (encoder is not None and holds_text(X)):
            X = load_features(X, self.feature_names or self.n_features_in, None, encoder)
        gaps = encoder is not None and encoder.impute is not None
        flat, shape = check_X(X, self.n_features_in, owner="the model", missing=gaps)
        if shape is not None and self.image_shape is not None:
            check_shape(shape, self.image_shape, "X", "the model is expecting")
        return self.pipeline.transform(flat)

    def expectations(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> Floats:
        """Expectation values `(n_samples, n_observables)`.

        Args:
            X: raw samples, as for `features`.
            noise: under the device's noise (True) or without any.
            program: what to ask instead of the exact engine, such as an executor; `noise` is ignored then.

        Raises:
            DataError: as `features`.
        """
        return (program or self.transpiled.compile(noise)).values(self.features(X), self.parameters.weights)

    def decision(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> Floats:
        """Outputs of the head `(n_samples, n_outputs)`, of classes their logits; arguments as for `expectations`.

        Raises:
            DataError: as `features`, or if an output is not finite.
        """
        return self.outputs(self.expectations(X, noise, program))

    def outputs(self, values: Floats) -> Floats:
        """Outputs of the head `(n_samples, n_outputs)`, of expectation values `(n_samples, n_observables)`.

        Raises:
            DataError: if one is not finite.
        """
        with np.errstate(all="ignore"):  # said below
            logits = self.head.logits(values)
        if not np.isfinite(logits).all():
            raise DataError(
                "The model must give finite numbers. It gives NaN or infinity: its weights are no use."
            )
        return logits

    def predict_proba(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> Floats:
        """Probabilities `(n_samples, n_outputs)`, of each class or label; arguments as for `expectations`.

        Raises:
            DataError: as `decision`, or if the model predicts numbers, which have none.
        """
        found = self.target.probabilities(self.decision(X, noise, program) / self.temperature)
        if found is None:
            raise DataError("The model predicts numbers, which have no probabilities.", "ask it to predict.")
        return found

    def figures(self, outputs: Floats) -> Floats:
        """What a prediction shows of outputs, of their shape: probabilities, or numbers in their own units."""
        return self.target.figures(outputs / self.temperature)

    def predict(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> NDArray[Any]:
        """Labels or numbers `(n_samples,)` as they were given, `(n_samples, n_outputs)` where each has several.

        Arguments as for `expectations`.
        """
        return self.target.decode(self.answers(X, noise, program))

    def answers(self, X: ArrayLike, noise: bool = True, program: Expectations | None = None) -> NDArray[Any]:
        """What the target's `answers` are: of classes their numbers `(n_samples,)`; arguments as for `expectations`."""
        return self.target.answers(self.decision(X, noise, program))

    def score(
        self, X: ArrayLike, y: ArrayLike, noise: bool = True, program: Expectations | None = None
    ) -> float:
        """The target's score: accuracy, R², or the share of samples with every label right.

        A class that the training did not show counts as missed.

        Raises:
            DataError: as `features`, if `X` and `y` differ in length, or if a label is missing or of another kind.
        """
        labels = self.target.judged(y)
        predicted = self.answers(X, noise, program)
        if len(labels) != len(predicted):
            raise DataError(f"X has {len(predicted)} rows, but y has {len(labels)} labels.")
        return self.target.score(self.target.learned(labels), predicted)
