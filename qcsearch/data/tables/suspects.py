"""Columns that are no measurements: they count the rows, name them, or tell the label."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import numpy as np

from qcsearch.data.values import FloatArray, IntArray

__all__ = ["suspect_notices"]

_LEAST_ROWS = 20
_MOST_CELLS = 20_000_000
_FEW_VALUES = 10
_NAMED = 5
_IDENTIFIER = re.compile(
    r"(.*[\W_])?(id|ids|index|idx|key|uuid|guid|row|nr|no|number)|unnamed: \d+|.*[a-z](Id|ID)", re.IGNORECASE
)


def suspect_notices(X: FloatArray, y: IntArray, names: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence for each kind of column that a model should hardly learn from.

    Of few rows and of very large tables nothing is said.

    Args:
        X: features `(n_samples, n_features)`, NaN where one is missing.
        y: class indices `(n_samples,)`.
        names: of the features.
    """
    if len(X) < _LEAST_ROWS or X.size > _MOST_CELLS:
        return ()
    counting = [j for j in range(len(names)) if _is_identifier(X[:, j], names[j])]
    telling = [j for j in range(len(names)) if _tells(X[:, j], y)]
    return (
        *_notice(
            [names[j] for j in counting if j in telling], "numbers the rows, and that alone tells the class"
        ),
        *_notice(
            [names[j] for j in counting if j not in telling], "numbers the rows, which is no measurement"
        ),
        *_notice(
            [names[j] for j in telling if j not in counting],
            "alone tells the class of every row, as a copy of the label or an id would",
        ),
    )


def _notice(names: Sequence[str], what: str) -> tuple[str, ...]:
    if not names:
        return ()
    shown = ", ".join(f"'{name}'" for name in names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    drop = " ".join(f"--drop {shlex.quote(name)}" for name in names[:_NAMED])
    return (f"The column {shown} {what}; leave it out with {drop} if it is not to be learnt from.",)


def _is_identifier(values: FloatArray, name: str) -> bool:
    """Whether a column holds another whole number in every row, without gaps or under the name of an id."""
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        return False
    if len(np.unique(values)) < len(values):
        return False
    return float(np.ptp(values)) == len(values) - 1 or _IDENTIFIER.fullmatch(name) is not None


def _tells(values: FloatArray, y: IntArray) -> bool:
    """Whether each value goes with one class, and the classes are intervals of values or the values few."""
    present = np.isfinite(values)
    classes = np.unique(y)
    if 2 * present.sum() < len(values) or len(np.unique(y[present])) < len(classes):
        return False
    order = np.argsort(values[present], kind="stable")
    ordered, labels = values[present][order], y[present][order]
    same, changes = np.diff(ordered) == 0, np.diff(labels) != 0
    if (same & changes).any():
        return False
    n_different = 1 + int((~same).sum())
    return int(changes.sum()) == len(classes) - 1 or n_different <= max(_FEW_VALUES, 2 * len(classes))
