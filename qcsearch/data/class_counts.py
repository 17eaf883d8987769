"""How many samples the classes have, and whether they are classes at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qcsearch.data.tables.cells import is_number
from qcsearch.data.values import IntArray, Label
from qcsearch.errors import DataError

__all__ = ["CUT", "check_class_counts", "looks_like_regression"]

CUT = 'give --task regression (task="regression" in Python) to learn numbers, or name another column with --target.'
"""What to do with numbers that are no classes."""

_MANY = 20
_MANY_WITH_SMALL = 10
"""Where some of the classes are too small to learn, less speaks against their being classes."""


def check_class_counts(
    codes: IntArray, classes: Sequence[Label], target: str, least: int = 2, why: str = ""
) -> None:
    """Pass if there are two classes or more, each with `least` samples or more.

    Args:
        codes: class index of each sample, `(n_samples,)`.
        classes: the labels, by index.
        target: what the labels are called in messages.
        least: samples that a class must have.
        why: what needs so many, to stand after the number.

    Raises:
        DataError: naming the first class that is too small.
    """
    if len(classes) < 2:
        raise DataError(
            f"Only one class is in {target}: {classes[0]!r}; a classifier needs at least 2 classes."
        )
    counts = np.bincount(codes, minlength=len(classes))
    small = [c for c in range(len(classes)) if counts[c] < least]
    if small and looks_like_regression(classes, len(codes), _MANY_WITH_SMALL):
        raise DataError(
            f"{target} holds {len(classes)} different numbers in {len(codes)} rows, of which {len(small)} stand "
            f"there less than {least} times: that looks like a regression.",
            CUT,
        )
    if small:
        more = f" ({len(small)} classes are too small)" if len(small) > 1 else ""
        raise DataError(
            f"Class {classes[small[0]]!r} of {target} has {counts[small[0]]} sample(s); every class must "
            f"have at least {least}{why}{more}.",
            "add samples or remove the class.",
        )


def looks_like_regression(classes: Sequence[Label], n_samples: int, many: int = _MANY) -> bool:
    """Whether labels are numbers, or texts that are, of which so many differ that they hardly name classes."""
    if not all(type(label) is int or (isinstance(label, str) and is_number(label)) for label in classes):
        return False
    return len(classes) > many or (len(classes) > 4 and 2 * len(classes) > n_samples)
