"""The checks: every way in which numbers and labels can be wrong, each one sentence.

Rows are counted from 1 in every message; the header of a table is not a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError

__all__ = [
    "LARGEST",
    "as_numbers",
    "check_X",
    "check_finite",
    "check_shape",
    "check_text",
    "default_names",
    "is_missing",
    "place",
    "short",
]

LARGEST = 1e100
"""No feature may be larger than this: its square, which scaling needs, must fit a float."""


class CellError(DataError, TypeError):
    """A cell that is neither number nor text: a `TypeError` too, as scikit-learn wants it of every estimator."""


def check_X(  # noqa: N802  X is the field's own name
    X: Any,
    n_features: int | None = None,
    *,
    what: str = "X",
    owner: str = "model",
    names: Sequence[str] | None = None,
    lines: Sequence[int] | None = None,
    missing: bool = False,
) -> tuple[FloatArray, tuple[int, int] | None]:
    """Return samples as finite numbers.

    Args:
        X: `(n_samples, n_features)`, or grey images `(n_samples, height, width)`, with a channel of their own first or
            last or without one; anything numpy can read.
        n_features: the number of features that must be there, if it is already known.
        what: the thing's name in messages.
        owner: who expects `n_features`.
        names: names of the features, for messages.
        lines: line of the file that each row ends on, for messages.
        missing: whether NaN is no fault.

    Returns:
        A C-ordered float64 array `(n_samples, n_features)`, and `(height, width)` if images were given.

    Raises:
        DataError: if it is sparse, ragged, text, dates or complex; if it has neither 2 nor 3 dimensions; zero
            rows or columns; a NaN, an infinity or a number beyond `LARGEST`; or another number of features.
    """
    array = _without_channel(as_numbers(X, what, names), what)
    image_shape = (array.shape[1], array.shape[2]) if array.ndim == 3 else None
    if array.shape[0] == 0:
        raise DataError(f"{what} has 0 rows (samples); it must have at least 1.")
    if 0 in array.shape[1:]:
        shape = ", ".join(map(str, array.shape))
        raise DataError(f"{what} has 0 feature(s) (shape=({shape})) while a minimum of 1 is required.")
    flat = np.ascontiguousarray(array.reshape(len(array), -1))
    if n_features is not None and flat.shape[1] != n_features:
        raise DataError(
            f"{what} has {flat.shape[1]} features, but {owner} is expecting {n_features} features as input.",
            "give the same columns, in the same order, as for the training.",
        )
    present = np.where(np.isnan(flat), 0.0, flat) if missing else flat
    check_finite(present, what, names, lines, image_shape)
    return flat, image_shape


def check_shape(shape: tuple[int, int], wanted: tuple[int, int], what: str, owner: str) -> None:
    """Pass if images are of the size that they must be of.

    Args:
        shape: `(height, width)` in pixels of the images that there are.
        wanted: of those that there must be.
        what: what the samples are called in messages.
        owner: who wants them so, with its verb: *the model is expecting*.

    Raises:
        DataError: if not.
    """
    if shape != wanted:
        got, expected = ("×".join(map(str, size)) for size in (shape, wanted))
        raise DataError(f"{what} has images of {got} pixels, but {owner} {expected} pixels.")


def check_finite(
    X: FloatArray,
    what: str,
    names: Sequence[str] | None = None,
    lines: Sequence[int] | None = None,
    image_shape: tuple[int, int] | None = None,
) -> None:
    """Pass if every number of `X` `(n_samples, n_features)` is finite and at most `LARGEST` in size.

    Args:
        X: the samples.
        what: what they are called in messages.
        names: names of the features; None for the default ones.
        lines: line of the file that each row ends on; None if it is of no file.
        image_shape: `(height, width)` if they are images, for the default names.

    Raises:
        DataError: with the count and the place of the first that is not.
    """
    if np.abs(X).max(initial=0.0) <= LARGEST:  # False for NaN too
        return
    names = names or default_names(X.shape[1], image_shape)
    bad = ~np.isfinite(X)
    kind = "NaN, missing or infinite"
    if not bad.any():
        bad, kind = np.abs(X) > LARGEST, f"beyond ±{LARGEST:g}, too large to scale"
    row, column = (int(i) for i in np.argwhere(bad)[0])
    count = int(bad.sum())
    raise DataError(
        f"{what} holds {count} value{'s' * (count > 1)} that {'is' if count == 1 else 'are'} {kind}; "
        f"the first is in {place(row, lines)}, column '{names[column]}' ({X[row, column]:g}).",
        "fill in or remove these rows or columns.",
    )


def place(row: int, lines: Sequence[int] | None = None) -> str:
    """`row 3`, or `row 3 (line 4)` where the file's lines are known; `row` is counted from 0 here alone."""
    return f"row {row + 1}" if lines is None else f"row {row + 1} (line {lines[row]})"


def default_names(n_features: int, image_shape: tuple[int, int] | None = None) -> tuple[str, ...]:
    """Names for features that have none: `x0`, `x1`, … or `pixel_<row>_<column>`."""
    if image_shape is None:
        return tuple(f"x{j}" for j in range(n_features))
    return tuple(f"pixel_{r}_{c}" for r in range(image_shape[0]) for c in range(image_shape[1]))


def as_numbers(values: Any, what: str, names: Sequence[str] | None = None) -> FloatArray:
    """Return `values` as float64 of the same shape; what is missing (None, NA, masked) becomes NaN.

    Raises:
        DataError: if something in it is not a real number.
    """
    array = _as_array(values, what)
    if array.dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # a longdouble may overflow to an infinity, which is refused by name
            return array.astype(np.float64)
    if array.dtype.kind == "c":
        raise DataError(f"Complex data not supported: {what} holds complex numbers; it must hold real ones.")
    if array.dtype.kind in "mM":
        raise DataError(f"{what} holds dates or times; every feature must be a number.")
    if array.dtype.names is not None or array.ndim == 0:
        got = type(values).__name__ if array.dtype == object else array.dtype
        raise DataError(f"{what} must be a plain array of numbers. Got {got}.")
    result = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        result[index] = _number(array[index], what, index, names)
    return result


def check_text(text: str, what: str) -> str:
    """Return a label or a name if every file can hold it.

    Raises:
        DataError: if it is not Unicode text, or holds a zero character, which numpy loses.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"The {what} {text!r} cannot be written as UTF-8.") from error
    if "\0" in text:
        raise DataError(f"The {what} {text!r} holds a zero character.")
    return text


def short(text: str) -> str:
    """`text` in quotes, cut to 40 characters."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


def is_missing(value: Any) -> bool:
    """Whether a cell says that there is nothing: None, NaN, pandas' NA or NaT."""
    return value is None or str(value) in {"nan", "<NA>", "NaT"}


def _without_channel(array: FloatArray, what: str) -> FloatArray:
    """Samples in 2 or 3 dimensions: grey images may have their one channel last or first."""
    if array.ndim == 4 and array.shape[3] == 1:
        return array[:, :, :, 0]
    if array.ndim == 4 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim in (2, 3):
        return array
    shape = "×".join(map(str, array.shape)) or "a single value"
    if array.ndim == 4 and {3, 4} & {array.shape[1], array.shape[3]}:
        raise DataError(
            f"{what} holds colour images ({shape}); it must hold grey ones.",
            "turn them grey before, such as by the mean over their channels.",
        )
    raise DataError(
        f"{what} must have 2 dimensions (samples, features) or 3 (samples, height, width). "
        f"Got {array.ndim} dimension(s): {shape}.",
        "Reshape your data; one sample is X.reshape(1, -1).",
    )


def _as_array(values: Any, what: str) -> NDArray[Any]:
    if hasattr(values, "toarray"):
        raise DataError(f"{what} is a sparse matrix; it must be dense.", "call its .toarray().")
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(object), np.nan)
    try:
        array = np.asarray(values)
        # An array for each sample, as a column of images is.
        nested = array.dtype == object and array.ndim == 1 and {type(part) for part in array} == {np.ndarray}
        return np.stack(list(array)) if nested else array
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{what} is ragged: its rows differ in length or cannot be read as numbers.",
            "give all samples the same number of features; images must have one size.",
        ) from error


def _number(value: Any, what: str, index: tuple[int, ...], names: Sequence[str] | None) -> float:
    if is_missing(value):
        return float("nan")
    if isinstance(value, Real | Decimal | np.bool_):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    if isinstance(value, complex | np.complexfloating):
        raise DataError(f"Complex data not supported: {what} holds the complex number {value}.")
    if not isinstance(value, str):
        raise CellError(
            f"{what} holds a {type(value).__name__} in {place(index[0])}{_column(index, names)}; every feature must be "
            "a number: float() argument must be a string or a real number.",
            "remove the column.",
        )
    raise DataError(
        f"{what} holds the text {short(value)} in {place(index[0])}{_column(index, names)}; every feature must be a "
        "number.",
        "encode the column as numbers or remove it.",
    )


def _column(index: tuple[int, ...], names: Sequence[str] | None) -> str:
    if len(index) == 3:
        return f", pixel ({index[1]}, {index[2]})"
    if len(index) != 2:
        return ""
    return f", column '{names[index[1]] if names and index[1] < len(names) else f'x{index[1]}'}'"
