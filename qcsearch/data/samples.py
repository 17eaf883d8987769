"""Samples to predict: like a data set, but the labels may be missing and the features must be the model's."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qcsearch.data.arrays import read_npy, read_npz
from qcsearch.data.checks import check_X
from qcsearch.data.dataset import FloatArray, Label
from qcsearch.data.examples import load_example
from qcsearch.data.frames import holds_text, is_frame, read_array, read_frame
from qcsearch.data.labels import check_lengths, told_labels
from qcsearch.data.locate import find_file, is_path, is_table, read_pair, read_table
from qcsearch.data.table_options import TableOptions
from qcsearch.data.tables import Table
from qcsearch.data.troubles import Allowance
from qcsearch.errors import DataError

if TYPE_CHECKING:
    from qcsearch.data.encoding import ColumnEncoder

__all__ = ["Samples", "load_features", "load_samples"]

_DEFAULT_NAME = re.compile(r"x\d+|pixel_\d+_\d+")


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples to predict.

    Attributes:
        X: raw features `(n_samples, n_features)`.
        labels: one a sample, None where it is blank; None if the source holds no labels.
        notices: sentences a person should see about how they were read.
    """

    X: FloatArray
    labels: list[Label | None] | None = None
    notices: tuple[str, ...] = ()


def load_features(
    source: Any,
    features: int | Sequence[str],
    target: str | None = None,
    encoder: ColumnEncoder | None = None,
) -> FloatArray:
    """Load samples to predict: `(n_samples, n_features)`, checked like those of the training.

    Args:
        source: as for `load_dataset`, or `X` alone: an array, a table without labels, an archive with `X`,
            one `.npy` file. Of an archive that brings its own test part, the test part.
        features: the feature names of the training, or their number. A table is read by name: its order does
            not matter, and other columns are ignored. All else is read by position, and so is a table for a
            model whose features had no names.
        target: the label column of a table, which is left out; if None, found as `load_dataset` does.
        encoder: the first step of the model's pipeline, if it takes columns of text or with gaps.

    Raises:
        DataError: as `load_dataset`, and if a feature is missing or their number differs.
        MissingExtraError: if the file is Parquet and pyarrow is not installed.
    """
    return load_samples(source, features, target, encoder).X


def load_samples(
    source: Any,
    features: int | Sequence[str],
    target: str | None = None,
    encoder: ColumnEncoder | None = None,
) -> Samples:
    """Like `load_features`, with the labels that the source holds, whether or not a model knows them."""
    table = _table(source)
    if table is not None:
        return _of_table(table, features, target, encoder)
    if encoder is not None and holds_text(source):
        return _of_table(read_array(source), _number(features), target, encoder)
    X, y, what = _arrays(source, target)
    gaps = encoder is not None and encoder.impute is not None
    if is_frame(X):
        X = _of_table(read_frame(X), features, None, encoder).X
    flat, _ = check_X(X, _number(features), what=what, missing=gaps)
    if y is None:
        return Samples(flat)
    labels = told_labels(y)
    check_lengths(flat, labels, what, "y")
    return Samples(flat, labels)


def _number(features: int | Sequence[str]) -> int:
    return features if isinstance(features, int) else len(features)


def _table(source: Any) -> Table | None:
    """The source as a table if it is one."""
    if is_frame(source):
        return read_frame(source)
    path = find_file(os.fspath(source)) if is_path(source) else None
    return read_table(path) if path is not None and is_table(path) else None


def _of_table(
    table: Table, features: int | Sequence[str], target: str | None, encoder: ColumnEncoder | None
) -> Samples:
    names = None if isinstance(features, int) or _unnamed(table, features) else list(features)
    column = table.target(target) if target is not None else table.likely_target(names or ())
    if names is None:
        names = [name for name in table.columns if name != column]
        if len(names) != _number(features):
            raise DataError(
                f"{table.what} has {len(names)} features, but model is expecting {_number(features)} "
                "features as input.",
                "give the columns of the training, and name the label column if there is one.",
            )
    columns = table.read(names)
    coding = None if encoder is None else encoder.coding
    table.check(columns, Allowance(in_training=False) if coding is None else coding.allowed(names))
    X = np.column_stack([column.values for column in columns]) if coding is None else coding.codes(columns)
    said = () if encoder is None else (*encoder.gap_notice(X, names), *encoder.unknown_notice(X, names))
    labels = None if column is None else told_labels(table.labels(column), f"the column '{column}'")
    return Samples(X, labels, (*table.notices, *said))


def _unnamed(table: Table, features: Sequence[str]) -> bool:
    """Whether the training knew no names, so that a table's own names mean nothing to it."""
    return set(table.columns).isdisjoint(features) and all(map(_DEFAULT_NAME.fullmatch, features))


def _arrays(source: Any, target: str | None) -> tuple[Any, Any, str]:
    """`X`, `y` or None, and the name of `X` in messages, of a source that is no table."""
    if not is_path(source):
        X, y = source if isinstance(source, tuple) and len(source) == 2 else (source, None)
        return X, y, "X"
    text = os.fspath(source)
    TableOptions(target).refuse(text)
    path = find_file(text)
    if path is None:
        return (*read_pair(text), "X") if "," in text and ".npy" in text.lower() else _example(text)
    if path.suffix.lower() == ".npy":
        return read_npy(path), None, f"File '{path.name}'"
    arrays = read_npz(path, labelled=False)
    part = "" if "X" in arrays else "_test"
    return arrays[f"X{part}"], arrays.get(f"y{part}"), f"X{part} of '{path.stem}'"


def _example(text: str) -> tuple[Any, Any, str]:
    example = load_example(text)
    return example.X, example.y, f"X of '{text}'"
