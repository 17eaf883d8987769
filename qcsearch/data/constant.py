"""Features that never vary: they teach nothing, and preprocessing drops them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError

__all__ = ["constant_features", "constant_notice"]


def constant_features(X: FloatArray, what: str) -> tuple[int, ...]:
    """Return the indices of the columns of `X` `(n_samples, n_features)` that hold one value only.

    Raises:
        DataError: if no column varies.
    """
    constant = np.flatnonzero(X.max(axis=0) == X.min(axis=0))
    if len(constant) == X.shape[1]:
        raise DataError(f"Every feature of {what} is constant; there is nothing to learn from.")
    return tuple(int(j) for j in constant)


def constant_notice(
    constant: Sequence[int], names: Sequence[str], is_image: bool, where: str = ""
) -> tuple[str, ...]:
    """The sentence that names the features that are dropped; none if there are none.

    Args:
        constant: their indices.
        names: one name a feature.
        is_image: whether they are pixels, of which some reductions need all.
        where: the part in which they do not vary, if it is not all of the data.
    """
    if not constant:
        return ()
    named = ", ".join(names[j] for j in constant[:5]) + (", …" if len(constant) > 5 else "")
    but = "" if not is_image else " (pool and autoencoder read images whole)"
    count = f"{len(constant)} of {len(names)} features"
    return (f"{count} are constant{where} and are dropped{but}: {named}.",)
