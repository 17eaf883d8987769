"""What a peer offers: a step of the training that can be timed and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cases import Case

__all__ = ["Runner"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Runner:
    """One configuration of a peer.

    Attributes:
        name: of the configuration.
        case: what one step computes, the whole case or a share of it, whose time is extrapolated in proportion.
        step: from weights `(n_weights,)` to the values `(n_samples, n_observables)` and the gradient
            `(n_weights,)` of `Σ cotangent · values`.
        tolerance: of values and gradient, absolute, against the exact engine in double precision.
        build_seconds: spent before the first step.
    """

    name: str
    case: Case
    step: Callable[[Floats], tuple[Floats, Floats]]
    tolerance: tuple[float, float]
    build_seconds: float
