"""What stays the same during a training: data, program, head, loss; and what follows from it and a step."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.training import TrainingOptions
from qcsearch.circuits.input_layers import NO_LAYER, InputLayer
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.data import TrainingData
from qcsearch.training.expectations import Cotangent, Expectations, Floats, InputDifferentiable, Ints
from qcsearch.training.gradients import GradientEstimator
from qcsearch.training.heads import Head
from qcsearch.training.losses import LOSSES, Loss
from qcsearch.training.parameters import Parameters
from qcsearch.training.predictions import Predictions
from qcsearch.training.shots.perturbation import ShotNoise

__all__ = ["Task", "batch_rows", "learning_rate", "random_at", "whole_schedule"]

_FINAL_RATE = 0.02
"""Where the cosine ends, as a share of the learning rate: not at 0, where the last steps would be thrown away."""

_BATCHES, _DIRECTIONS = 0, 1
"""Words of the seed, so that the order of the samples and what an estimator draws come of different streams."""


def learning_rate(options: TrainingOptions, step: int) -> float:
    """Step size at `step`: constant, or half a cosine from `learning_rate` down to 2 % of it over `steps`."""
    if options.schedule == "constant":
        return options.learning_rate
    fall = 0.5 * (1.0 + np.cos(np.pi * step / max(1, options.steps)))
    return float(options.learning_rate * (_FINAL_RATE + (1.0 - _FINAL_RATE) * fall))


def whole_schedule(options: TrainingOptions, steps: int) -> int:
    """Steps of a training that goes through its whole schedule and moves as far as the first `steps` of this one.

    The step sizes of the first s of N steps of a cosine sum up to `(s + N/π · sin(πs/N)) / 2` of the first one, with no
    regard to where it ends, and those of all to N / 2. So of a training that was at its best early, when its steps were
    still large, it is about twice as many, the last of them small.
    """
    if options.schedule == "constant":
        return max(1, steps)
    total = max(1, options.steps)
    moved = steps + total / np.pi * np.sin(np.pi * steps / total)
    moved = (1.0 - _FINAL_RATE) * moved + 2.0 * _FINAL_RATE * steps
    return min(total, max(1, round(float(moved / (1.0 + _FINAL_RATE)))))


def batch_rows(n_samples: int, batch_size: int | None, step: int, seed: int) -> Ints | None:
    """Rows of the batch at `step`; None for all of them.

    Each epoch is its own permutation; rows left over at its end, fewer than a batch, wait for the next.
    """
    if batch_size is None or batch_size >= n_samples:
        return None
    epoch, place = divmod(step, n_samples // batch_size)
    return _epoch(n_samples, epoch, seed)[place * batch_size : (place + 1) * batch_size]


@lru_cache(
    maxsize=4
)  # every step of an epoch asks for its permutation; refits train several at once, in threads
def _epoch(n_samples: int, epoch: int, seed: int) -> Ints:
    order = np.random.default_rng([seed, _BATCHES, epoch]).permutation(n_samples)
    order.setflags(write=False)
    return order


def random_at(seed: int, step: int) -> np.random.Generator:
    """The generator of a step: the same for the same seed and step, whatever was drawn before."""
    return np.random.default_rng([seed, _DIRECTIONS, step])


@dataclass(frozen=True)
class Task:
    """What stays the same during a training.

    Attributes:
        program: what is asked for expectation values.
        estimator: how gradients are found.
        head: from values to logits.
        options: hyper-parameters.
        data: features of the circuit, `(n_samples, n_features)` in each part, and what is learnt; without a validation
            part the last weights are handed back, not the best.
        identity: says which circuit is trained; a checkpoint of another is refused.
        shots: of each measurement basis of a prediction, for which the training and its validation are to prepare; None
            for infinitely many, and where the program takes shots itself.
        input_layer: what is trained between the features of the data and those of the circuit.
        n_input_layer: number of its parameters. Where there are some, the program must be `InputDifferentiable`.
    """

    program: Expectations
    estimator: GradientEstimator
    head: Head
    options: TrainingOptions
    data: TrainingData
    identity: str = ""
    shots: int | None = None
    input_layer: InputLayer = NO_LAYER
    n_input_layer: int = 0

    @property
    def n_head(self) -> int:
        """Number of head parameters."""
        return self.head.n_parameters(self.program.n_observables, self.data.target.n_outputs)

    @property
    def fitted_only(self) -> bool:
        """Whether nothing is trained in steps: the head is fitted, and the circuit has no weights."""
        return False

    @cached_property
    def inputs(self) -> Any:
        """The training features, encoded once where the program can do that and is the one that is asked."""
        X = self.data.train.X
        once = self.estimator.program is self.program and not self.n_input_layer
        return _encoded(self.program, X) if once else X

    @cached_property
    def train_weights(self) -> Floats | None:
        """What the losses of the training samples are multiplied by."""
        return self.data.weights(self.data.train)

    @cached_property
    def validation_inputs(self) -> Any:
        """The validation features, encoded once where the program can do that."""
        X = self.data.validation.X
        return X if self.n_input_layer else _encoded(self.program, X)

    def values(self, X: Any, parameters: Parameters) -> Floats:
        """Expectation values of `inputs` or `validation_inputs`, `(n_samples, n_observables)`."""
        return self.program.values(self._features(X, parameters), parameters.weights)

    def gradient(
        self, X: Any, parameters: Parameters, cotangent: Cotangent, rng: np.random.Generator
    ) -> Floats:
        """The gradient of the loss behind `cotangent`, by the circuit's weights and then by the input layer."""
        if not self.n_input_layer:
            return self.estimator(X, parameters.weights, cotangent, rng)[1]
        features, slopes = self._features(X, parameters), []

        def kept(values: Floats) -> Floats:
            slopes.append(cotangent(values))
            return slopes[-1]

        _, dw = self.estimator(features, parameters.weights, kept, rng)
        assert isinstance(self.program, InputDifferentiable)
        dfeatures = self.program.input_gradient(features, parameters.weights, slopes[-1])
        return np.concatenate([dw, self.input_layer.backward(X, parameters.input_layer, dfeatures)])

    def _features(self, X: Any, parameters: Parameters) -> Any:
        return self.input_layer.outputs(X, parameters.input_layer) if self.n_input_layer else X

    def objective(self, theta: Floats, rows: Ints | None, rng: np.random.Generator) -> tuple[float, Floats]:
        """Loss and gradient by all parameters on some rows of the training split."""
        y, weight = self.data.train.y, self.train_weights
        X = self.inputs
        if rows is not None:
            X, y, weight = X[rows], y[rows], None if weight is None else weight[rows]
        parameters = self.parameters(theta)
        head = self.bound(parameters)
        # An estimator asks for the derivative by the values alone; the head's comes of the same call, and is kept.
        kept: list[tuple[float, Floats]] = []

        def cotangent(values: Floats) -> Floats:
            loss, dlogits = self.loss(head.logits(values), np.resize(y, (len(values), *y.shape[1:])), weight)
            dvalues, dp = head.backward(values, dlogits)
            kept.append((loss, dp))
            return dvalues

        seen = cotangent if self.shots is None else ShotNoise(self.shots).learning(cotangent, rng)
        slopes = self.gradient(X, parameters, seen, rng)
        loss, dp = kept[-1]
        return loss, np.concatenate([slopes, dp])

    def validate(self, theta: Floats) -> tuple[float | None, float | None]:
        """Score and loss on the validation split; None without one, and for a loss that is no number."""
        if not self.data.validated:
            return None, None
        parameters, y = self.parameters(theta), self.data.validation.y
        values = self.values(self.validation_inputs, parameters)
        if self.shots is not None:
            values, y = ShotNoise(self.shots).repeated(values, y)
        logits = self.bound(parameters).logits(values)
        if not np.all(np.isfinite(logits)):
            return self.data.metric.worst(y, self.data.target), None
        loss, _ = self.loss(logits, y, self.data.weights(self.data.validation))
        weight = self.data.validation.weight
        return self.data.metric(y, Predictions.of_outputs(self.data.target, logits), weight), loss

    def loss(self, logits: Floats, y: NDArray[Any], weight: Floats | None) -> tuple[float, Floats]:
        """The loss that the options name, and its derivative by the logits; weights of one of several measurements."""
        targets = self.head.targets(self.data.target.n_outputs)
        if weight is None:
            return self._loss(logits, y, targets)
        return self._loss(logits, y, targets, np.resize(weight, len(logits)))

    @cached_property
    def _loss(self) -> Loss:
        """Made once: a registry's checks of a name and its settings take longer than a training step."""
        return LOSSES.create(self.options.loss)

    def bound(self, parameters: Parameters) -> BoundHead:
        """The head with its parameters."""
        return BoundHead(self.head, parameters.head, self.data.target)

    def parameters(self, theta: Floats) -> Parameters:
        """Circuit weights and the parameters of input layer and head, of one vector."""
        return Parameters.of_vector(theta, self.program.n_weights, self.n_input_layer)

    def rates(self, step: int) -> Floats:
        """Step size of each parameter."""
        before = self.program.n_weights + self.n_input_layer
        factors = np.ones(before + self.n_head)
        factors[before:] = self.options.head_rate
        return learning_rate(self.options, step) * factors

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what a checkpoint must have in common with the training that resumes from it."""
        head = [type(self.head).__name__, repr(sorted(vars(self.head).items()))]
        content: Json = [
            self.identity,
            asdict(self.options),
            head,
            self.data.target.to_json(),
            self.data.metric.name,
            self.program.n_weights,
            self.shots,
        ]
        total = hashlib.sha256(canonical.dumps(content).encode())
        for part in (self.data.train, self.data.validation):
            weights = self.data.weights(part)
            for array in (part.X, part.y, np.zeros(0) if weights is None else weights):
                total.update(np.ascontiguousarray(array).tobytes() or b"-")
        return total.hexdigest()


def _encoded(program: Expectations, X: Floats) -> Any:
    """Features in the form that the program would bring them to in every call, where it offers that (`encode`)."""
    encode = getattr(program, "encode", None)
    return X if encode is None else encode(X)
