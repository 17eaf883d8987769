"""Columns of text and with gaps as numbers: the coding that the person asked for, and what the columns are in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qcsearch.data.coding import UNKNOWN, Coding
from qcsearch.data.tables.columns import Column
from qcsearch.data.tables.options import TableOptions
from qcsearch.data.tables.troubles import Allowance
from qcsearch.data.values import FloatArray

__all__ = ["allowed_in_prediction", "allowed_in_training", "code_columns", "coding_of"]


def coding_of(columns: Sequence[Column], options: TableOptions) -> Coding | None:
    """The coding that the options ask for; None if the columns need none."""
    text = [options.encode is not None and column.is_text for column in columns]
    if not any(text) and options.impute is None:
        return None
    levels = tuple(_levels(column) if is_text else () for column, is_text in zip(columns, text, strict=True))
    return Coding(levels, options.encode if any(text) else None, options.impute)


def allowed_in_training(columns: Sequence[Column], options: TableOptions) -> Allowance:
    """What the columns of a training may hold under these options."""
    text = frozenset(column.name for column in columns if column.is_text and options.encode is not None)
    return Allowance(text, options.impute is not None)


def allowed_in_prediction(names: Sequence[str], coding: Coding | None) -> Allowance:
    """What the columns of a prediction may hold, for a model of which the training's columns were coded so."""
    if coding is None:
        return Allowance(in_training=False)
    text = frozenset(name for name, texts in zip(names, coding.levels, strict=True) if texts)
    return Allowance(text, coding.impute is not None, in_training=False)


def code_columns(columns: Sequence[Column], coding: Coding | None) -> FloatArray:
    """The columns as numbers `(n_rows, n_features)`: a text as its place among the levels, a gap as NaN."""
    if coding is None:
        return np.column_stack([column.values for column in columns])
    pairs = zip(columns, coding.levels, strict=True)
    return np.column_stack([_codes(column, texts) if texts else column.values for column, texts in pairs])


def _levels(column: Column) -> tuple[str, ...]:
    return tuple(sorted({text for text in column.as_texts() if text is not None}))


def _codes(column: Column, texts: Sequence[str]) -> FloatArray:
    place = {text: float(code) for code, text in enumerate(texts)}
    return np.array([np.nan if text is None else place.get(text, UNKNOWN) for text in column.as_texts()])
