"""A step of the training with JAX: jit, vmap over samples, value_and_grad, in blocks of samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.cases import Case

__all__ = ["jax_step"]

Floats = NDArray[np.float64]


def jax_step(
    case: Case, values: Callable[[Any, Any], Any], block: int
) -> Callable[[Floats], tuple[Floats, Floats]]:
    """A step, in single precision, all of it compiled but the sum over blocks.

    Args:
        case: what is computed.
        values: from features `(n_features,)` and weights `(n_weights,)` to values `(n_qubits,)`, for JAX to trace.
        block: samples at a time; it divides their number.
    """

    def loss(w: Any, X: Any, cotangent: Any) -> tuple[Any, Any]:
        found = jax.vmap(values, in_axes=(0, None))(X, w)
        return jnp.sum(cotangent * found), found

    one_block = jax.jit(jax.value_and_grad(loss, has_aux=True))
    X, cotangent = jnp.asarray(case.X, jnp.float32), jnp.asarray(case.cotangent, jnp.float32)
    blocks = [(X[i : i + block], cotangent[i : i + block]) for i in range(0, len(X), block)]

    def step(w: Floats) -> tuple[Floats, Floats]:
        weights = jnp.asarray(w, jnp.float32)
        parts = [one_block(weights, *part) for part in blocks]
        found = np.concatenate([np.asarray(values) for (_, values), _ in parts])
        return found, np.sum([np.asarray(gradient) for _, gradient in parts], axis=0)

    return step
