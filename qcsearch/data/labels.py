"""Labels: any kind of class name to class indices and back.

The one rule of what a label may be. Whatever it came as, a label is a `str`, an `int` of 64 bits or a `bool`, and the
classes of one data set are all of one kind. JSON has each of the three; a text file has `label_text`.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.checks import check_text, is_missing, place
from qcsearch.data.class_counts import CUT
from qcsearch.data.values import FloatArray, IntArray, Label
from qcsearch.errors import DataError
from qcsearch.escape import for_cell
from qcsearch.storage.limits import MAX_CLASSES, MAX_LABEL

__all__ = [
    "check_classes",
    "check_lengths",
    "check_y",
    "classes_like",
    "encode",
    "find",
    "label_text",
    "told_labels",
]

_NAMED = 10
_KINDS = {str, int, bool}


def check_lengths(X: FloatArray, labels: Sized, what: str, target: str) -> None:
    """Pass if there is one label for each sample.

    Args:
        X: samples `(n_samples, n_features)`.
        labels: one a sample.
        what: what the samples are called in messages.
        target: what the labels are called.

    Raises:
        DataError: if not.
    """
    if len(X) != len(labels):
        raise DataError(
            f"{what} and {target} have inconsistent numbers of samples: {len(X)} rows and {len(labels)} "
            "labels.",
            "transpose the samples: one row a sample." if X.shape[1] == len(labels) else None,
        )


def check_y(y: Any, target: str = "y") -> list[Label]:
    """Return one label a sample as Python values: all `str`, all `int`, or all `bool`.

    Whole floats become `int`; bytes become `str`.

    Raises:
        DataError: if `y` is not one label a sample, one is missing, fractions look like a regression, or kinds are
            mixed.
    """
    values = [_plain(value, row, target) for row, value in enumerate(_column(y, target).tolist())]
    _check_given(values, target)
    if {type(value) for value in values} <= {float, int}:
        values = [_whole(value, row, target) for row, value in enumerate(values)]
    _check_kinds(values, target)
    return values


def told_labels(y: Any, target: str = "y") -> list[Label | tuple[Label | None, ...] | None]:
    """Return one label a sample, None where there is none: what is to be compared with a model's answers.

    Whole floats become `int`; what can be no class, such as a fraction, becomes its text. Of several columns of labels
    each sample has a tuple.

    Raises:
        DataError: if `y` is not one label a sample, or a label cannot be written as text.
    """
    if np.ndim(y) == 2 and np.shape(y)[1] > 1:
        rows = np.asarray(y, dtype=object).tolist()
        return [tuple(_told(_plain(cell, row, target)) for cell in cells) for row, cells in enumerate(rows)]
    return [_told(_plain(value, row, target)) for row, value in enumerate(_column(y, target).tolist())]


def check_classes(classes: Sequence[Any], target: str) -> tuple[Label, ...]:
    """Return the classes of a data set or of a file if a model can have them.

    Raises:
        DataError: if they are not of one kind, one is there twice, cannot be written or is too long, or they are
            more than `MAX_CLASSES`.
    """
    if len(classes) > MAX_CLASSES:
        raise DataError(
            f"{target} must have at most {MAX_CLASSES:,} classes. Got {len(classes):,}.",
            "cut numbers into classes, or take a column that holds classes.",
        )
    _check_kinds(classes, target)
    if len(set(classes)) != len(classes):
        raise DataError(f"The classes of {target} must each be there once.")
    for label in classes:
        if isinstance(label, str):
            check_text(label, "label")
            if len(label) > MAX_LABEL:
                raise DataError(
                    f"A label of {target} must have at most {MAX_LABEL} characters. Got {len(label):,}, which "
                    f"begin with {label[:20]!r}."
                )
        else:
            _check_range(label, f"{target} holds {label}")
    return tuple(classes)


def label_text(label: Label) -> str:
    """The label as a text file of ours holds it: `setosa`, `3`, `True`; `'=a` for `=a`, so that it is no formula."""
    return for_cell(str(label))


def find(labels: Sequence[Label], classes: Sequence[Label]) -> IntArray:
    """Return the class index of each label `(n,)`, -1 where it is none of the classes.

    A label is a class if it is equal to it, or if a text file holds both alike: in a CSV file the classes `True` and
    `False`, or the text "1" and "2", are written like other text and other numbers.
    """
    known: dict[Label, int] = {}
    for spell in (lambda label: label, str, label_text):  # the sooner, the nearer
        for code, label in enumerate(classes):
            known.setdefault(spell(label), code)
    codes = (known.get(label, known.get(str(label), -1)) for label in labels)
    return np.fromiter(codes, dtype=np.int64, count=len(labels))


def classes_like(classes: Sequence[Label], y: Any) -> NDArray[Any]:
    """Return the classes `(n_classes,)` with the type of the labels `y` that they are of, as scikit-learn does."""
    array = np.asarray(classes)
    kind = np.asarray(y).dtype
    if kind.kind in "biuf":
        return array.astype(kind)
    return array.astype(object) if array.dtype.kind == "U" and kind.kind == "O" else array


def encode(labels: Sequence[Label], classes: Sequence[Label], target: str) -> IntArray:
    """Return the class index of each label.

    Raises:
        DataError: if a label is none of the classes.
    """
    index = {label: code for code, label in enumerate(classes)}
    unknown = next((row for row, label in enumerate(labels) if label not in index), None)
    if unknown is not None:
        raise DataError(
            f"The class {labels[unknown]!r}, first met in {place(unknown)} of {target}, is not in the "
            "training part."
        )
    return np.fromiter((index[label] for label in labels), dtype=np.int64, count=len(labels))


def _column(y: Any, target: str) -> NDArray[Any]:
    if isinstance(y, np.ma.MaskedArray):
        y = np.ma.filled(y.astype(object), np.nan)
    try:
        # Lists go through object, or numpy would turn [1, "a"] into text in silence.
        array = np.asarray(y) if hasattr(y, "dtype") else np.asarray(y, dtype=object)
    except (ValueError, TypeError) as error:
        raise DataError(f"{target} must hold one label for each sample.") from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            f"{target} must hold one label for each sample, so one dimension. Got shape {array.shape}.",
            "turn one-hot columns into one column of labels; several labels a sample have --task multilabel, several "
            "numbers --task regression.",
        )
    if len(array) == 0:
        raise DataError(f"{target} holds no labels.")
    if array.dtype.kind in "cmMV":
        raise DataError(f"The labels in {target} must be text or whole numbers. Got {array.dtype}.")
    return array


def _plain(value: Any, row: int, target: str) -> Any:
    """`value` as the nearest of Python's own kinds; what is none of them stays as it is."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise DataError(
                f"The label in {place(row)} of {target} is bytes that are not UTF-8: {value!r}."
            ) from None
    if isinstance(value, str):
        return check_text(str.__str__(value), "label")  # of an enumeration's member its value
    if isinstance(value, bool | float):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def _check_given(values: Sequence[Any], target: str) -> None:
    missing = [row for row, value in enumerate(values) if is_missing(value) or _is_blank(value)]
    if len(missing) == len(values):
        raise DataError(
            f"Input y contains NaN or missing labels only: {target} holds none in {len(values)} rows.",
            "name the column that holds the labels with --target.",
        )
    if missing:
        rows = ", ".join(str(row + 1) for row in missing[:_NAMED]) + (
            " and more" if len(missing) > _NAMED else ""
        )
        raise DataError(
            f"Input y contains NaN or missing labels: {target} has {len(missing)} in {len(values)} rows: "
            f"row {rows}.",
            "fill in these labels or remove these rows.",
        )


def _told(value: Any) -> Label | None:
    if is_missing(value) or _is_blank(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) in _KINDS else str(value)


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _check_kinds(labels: Sequence[Any], target: str) -> None:
    kinds = {type(label) for label in labels}
    if len(kinds) == 1 and kinds <= _KINDS:
        return
    found = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError(
        f"The labels in {target} must be all text, all whole numbers or all truth values. Got {found}.",
        "turn them all into text.",
    )


def _whole(value: float, row: int, target: str) -> int:
    if value in (float("inf"), float("-inf")):
        raise DataError(
            f"Input y contains infinity: {target} is {value} in {place(row)}; a label must be a class."
        )
    if isinstance(value, float) and not value.is_integer():
        raise DataError(
            f"Unknown label type: {target} holds the fraction {value:g} in {place(row)}, which looks like a "
            "regression; classes must be text or whole numbers.",
            CUT,
        )
    _check_range(value, f"{target} holds {value:g} in {place(row)}")
    return int(value)


def _check_range(value: float, what: str) -> None:
    if not -(2**63) <= value < 2**63:
        raise DataError(f"{what}; a label must be text or a 64-bit integer.")
