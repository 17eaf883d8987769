"""No head: the signs of expectation values are the bits of the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qcsearch.training.expectations import Floats
from qcsearch.training.heads.base import HEADS, require_observables

__all__ = ["NoHead", "bit_codes"]


def bit_codes(n_classes: int) -> Floats:
    """Signs `(n_classes, n_bits)` of each class's bits, least significant first: 0 is +1, 1 is −1."""
    n_bits = max(1, (n_classes - 1).bit_length())
    bits = (np.arange(n_classes)[:, None] >> np.arange(n_bits)) & 1
    return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)


@HEADS.register("none")
@dataclass(frozen=True)
class NoHead:
    """No parameters: the signs of the first ⌈log2 C⌉ expectation values are the bits of the class.

    The logit of class `c` is `β Σ_b s_cb ⟨O_b⟩` with the signs `s_c` of its bits, so that the largest logit
    is the class whose signs agree best. The softmax of these logits treats the bits as independent, each with
    `P(bit = 0) = 1 / (1 + exp(-2β⟨O⟩))`; β = 1 is Born's rule `(1 + ⟨O⟩) / 2` to first order.

    Attributes:
        beta: fixed inverse temperature, > 0. Noise keeps expectation values from ±1, so with β = 1 the
            cross-entropy would spend itself on samples that are right already.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    beta: float = 6.0

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ValueError(f"beta must be > 0, got {self.beta}")

    def n_parameters(self, n_observables: int, n_classes: int) -> int:
        """See `Head`."""
        require_observables("none", n_observables, bit_codes(n_classes).shape[1], n_classes)
        return 0

    def initial(self, n_observables: int, n_classes: int, rng: np.random.Generator) -> Floats:
        """See `Head`."""
        return np.zeros(0)

    def logits(self, values: Floats, parameters: Floats, n_classes: int) -> Floats:
        """See `Head`."""
        codes = bit_codes(n_classes)
        return np.asarray(self.beta * values[:, : codes.shape[1]] @ codes.T)

    def backward(self, values: Floats, parameters: Floats, dlogits: Floats) -> tuple[Floats, Floats]:
        """See `Head`."""
        codes = bit_codes(dlogits.shape[1])
        dvalues = np.zeros_like(values)
        dvalues[:, : codes.shape[1]] = self.beta * dlogits @ codes
        return dvalues, np.zeros(0)

    def targets(self, n_classes: int) -> Floats:
        """See `Head`."""
        codes = bit_codes(n_classes)
        return np.asarray(self.beta * codes @ codes.T)
