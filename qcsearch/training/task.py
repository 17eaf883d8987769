"""What stays the same during a training: data, program, head, loss; and what follows from it and a step."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from qcsearch import canonical
from qcsearch.canonical import Json
from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.training.expectations import Expectations, Floats, Ints
from qcsearch.training.gradients import GradientEstimator
from qcsearch.training.heads import Head
from qcsearch.training.losses import LOSSES

__all__ = ["Task", "batch_rows", "learning_rate", "random_at"]

_FINAL_RATE = 0.02
_BATCHES, _DIRECTIONS = 0, 1


def learning_rate(options: TrainingOptions, step: int) -> float:
    """Step size at `step`: constant, or half a cosine from `learning_rate` down to 2 % of it over `steps`."""
    if options.schedule == "constant":
        return options.learning_rate
    fall = 0.5 * (1.0 + np.cos(np.pi * step / max(1, options.steps)))
    return float(options.learning_rate * (_FINAL_RATE + (1.0 - _FINAL_RATE) * fall))


def batch_rows(n_samples: int, batch_size: int | None, step: int, seed: int) -> Ints | None:
    """Rows of the batch at `step`; None for all of them.

    Each epoch is its own permutation; rows left over at its end, fewer than a batch, wait for the next.
    """
    if batch_size is None or batch_size >= n_samples:
        return None
    epoch, place = divmod(step, n_samples // batch_size)
    return _epoch(n_samples, epoch, seed)[place * batch_size : (place + 1) * batch_size]


@lru_cache(maxsize=4)
def _epoch(n_samples: int, epoch: int, seed: int) -> Ints:
    order = np.random.default_rng([seed, _BATCHES, epoch]).permutation(n_samples)
    order.setflags(write=False)
    return order


def random_at(seed: int, step: int) -> np.random.Generator:
    """The generator of a step: the same for the same seed and step, whatever was drawn before."""
    return np.random.default_rng([seed, _DIRECTIONS, step])


@dataclass(frozen=True)
class Task:
    """What stays the same during a training."""

    program: Expectations
    estimator: GradientEstimator
    head: Head
    options: TrainingOptions
    n_classes: int
    Z: Floats
    y: Ints
    Z_val: Floats | None
    y_val: Ints | None
    identity: str = ""

    @property
    def n_head(self) -> int:
        """Number of head parameters."""
        return self.head.n_parameters(self.program.n_observables, self.n_classes)

    @cached_property
    def inputs(self) -> Any:
        """The training features, encoded once where the program can do that and is the one that is asked."""
        return _encoded(self.program, self.Z) if self.estimator.program is self.program else self.Z

    @cached_property
    def validation_inputs(self) -> Any:
        """The validation features, encoded once where the program can do that."""
        return _encoded(self.program, self.Z_val)

    def objective(self, theta: Floats, rows: Ints | None, rng: np.random.Generator) -> tuple[float, Floats]:
        """Loss and gradient by all parameters on some rows of the training split."""
        X, y = (self.inputs, self.y) if rows is None else (self.inputs[rows], self.y[rows])
        w, p = self.split(theta)
        kept: list[tuple[float, Floats]] = []

        def cotangent(values: Floats) -> Floats:
            loss, dlogits = self.loss(self.head.logits(values, p, self.n_classes), y)
            dvalues, dp = self.head.backward(values, p, dlogits)
            kept.append((loss, dp))
            return dvalues

        _, dw = self.estimator(X, w, cotangent, rng)
        loss, dp = kept[-1]
        return loss, np.concatenate([dw, dp])

    def validate(self, theta: Floats) -> tuple[float | None, float | None]:
        """Accuracy and loss on the validation split."""
        if self.Z_val is None or self.y_val is None:
            return None, None
        w, p = self.split(theta)
        logits = self.head.logits(self.program.values(self.validation_inputs, w), p, self.n_classes)
        if not np.all(np.isfinite(logits)):
            return 0.0, None
        return float(np.mean(np.argmax(logits, axis=1) == self.y_val)), self.loss(logits, self.y_val)[0]

    def loss(self, logits: Floats, y: Ints) -> tuple[float, Floats]:
        """The loss that the options name, and its derivative by the logits."""
        return LOSSES.create(self.options.loss)(logits, y, self.head.targets(self.n_classes))

    def split(self, theta: Floats) -> tuple[Floats, Floats]:
        """Circuit weights and head parameters."""
        return theta[: self.program.n_weights], theta[self.program.n_weights :]

    def rates(self, step: int) -> Floats:
        """Step size of each parameter."""
        factors = np.ones(self.program.n_weights + self.n_head)
        factors[self.program.n_weights :] = self.options.head_rate
        return learning_rate(self.options, step) * factors

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what a checkpoint must have in common with the training that goes on from it."""
        head = [type(self.head).__name__, repr(sorted(vars(self.head).items()))]
        content: Json = [self.identity, asdict(self.options), head, self.n_classes, self.program.n_weights]
        total = hashlib.sha256(canonical.dumps(content).encode())
        for part in (self.Z, self.y, self.Z_val, self.y_val):
            total.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
        return total.hexdigest()


def _encoded(program: Expectations, Z: Floats | None) -> Any:
    encode = getattr(program, "encode", None)
    return Z if encode is None or Z is None else encode(Z)
