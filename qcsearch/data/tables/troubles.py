"""Everything that is wrong with the columns of a table, in one sentence."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qcsearch.data.checks import LARGEST, place, short
from qcsearch.data.coding import MAX_LEVELS
from qcsearch.data.tables.columns import Column
from qcsearch.errors import DataError

__all__ = ["Allowance", "check_columns"]

_NAMED = 6
_WITH_MARKS = re.compile(r"[+-]?[0-9.]+([,'’_\s][0-9.]+)+")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}")


@dataclass(frozen=True)
class Allowance:
    """What a column may hold besides finite numbers.

    Attributes:
        text: names of the columns that may hold text.
        missing: whether values may be missing.
        in_training: whether these are the data of a training, where the person can still choose.
    """

    text: frozenset[str] = frozenset()
    missing: bool = False
    in_training: bool = True


def check_columns(
    columns: Sequence[Column], what: str, lines: Sequence[int] | None, allowed: Allowance
) -> None:
    """Pass if every column holds finite numbers, or else what is allowed.

    Args:
        columns: the features of a table.
        what: the table's name in messages.
        lines: line of the file that each row ends on, for messages.
        allowed: what is no trouble.

    Raises:
        DataError: with every column and each kind of trouble, counted, and what can be done.
    """
    plain = [column for column in columns if column.name not in allowed.text]
    text = [column for column in plain if column.is_text]
    stray = [column for column in plain if column.texts and not column.is_text]
    odd = [column for column in columns if column.odd]
    empty = [column for column in columns if _is_empty(column)]
    gaps = [column for column in columns if _has_gaps(column) and not allowed.missing]
    large = [column for column in columns if len(_large_rows(column))]
    many = [column for column in columns if column.name in allowed.text and _n_texts(column) > MAX_LEVELS]
    if not allowed.in_training:
        many, empty = [], [] if allowed.missing else empty
    kinds = [
        _listed("text in", text, lambda c: _text(c, lines)),
        _listed("text among numbers in", stray, lambda c: _stray(c, lines)),
        _listed(f"more than {MAX_LEVELS} different texts in", many, lambda c: _text(c, lines)),
        _listed("neither numbers nor text in", odd, lambda c: f"'{c.name}' ({c.odd})"),
        _listed("no value at all in", empty, lambda c: f"'{c.name}'"),
        _listed("missing values (NaN or empty) in", gaps, lambda c: _gaps(c, lines)),
        _listed(f"numbers that are infinite or beyond ±{LARGEST:g} in", large, lambda c: _large(c, lines)),
    ]
    if not any(kinds):
        return
    message = f"{what} holds {'; '.join(filter(None, kinds))}. Every feature must be a finite number."
    if not allowed.in_training:
        raise DataError(message, "give values like those of the training.")
    marked = [column for column in (*text, *stray) if _has_marks(column)]
    dates = [column for column in text if _DATE.match(column.texts[min(column.texts)])]
    useless = [c for c in columns if c in (*odd, *empty, *many) or (c in text and _is_no_category(c))]
    categories = [column for column in text if column not in (*marked, *useless, *dates)]
    drop = " ".join(f"--drop {shlex.quote(column.name)}" for column in useless[:_NAMED])
    ways = {
        "write numbers with a decimal point and without thousands marks": marked,
        "correct the cells that are wrong": [c for c in stray if c not in marked] or large,
        "turn dates into numbers, such as days since the first": [c for c in dates if c not in useless],
        "give --encode onehot for text that names categories": categories,
        "give --impute median to fill in what is missing": [c for c in gaps if c not in useless],
        f"give {drop} for what cannot be used": useless,
    }
    said = "; ".join(way for way, needed in ways.items() if needed)
    raise DataError(message, f"{said}{' (options of these names in Python)' if '--' in said else ''}.")


def _listed(kind: str, columns: Sequence[Column], say: Callable[[Column], str]) -> str:
    """The columns that have one kind of trouble; empty if none has."""
    if not columns:
        return ""
    more = f" and {len(columns) - _NAMED} more columns" if len(columns) > _NAMED else ""
    return f"{kind} {', '.join(map(say, columns[:_NAMED]))}{more}"


def _text(column: Column, lines: Sequence[int] | None) -> str:
    different, row = _n_texts(column), min(column.texts)
    count = "another in every row" if different == len(column.values) else f"{different} different"
    return f"'{column.name}' ({count}, the text {short(column.texts[row])} in {place(row, lines)})"


def _stray(column: Column, lines: Sequence[int] | None) -> str:
    row = min(column.texts)
    count = f"{len(column.texts)} of {len(column.values)} cells"
    return f"'{column.name}' ({count}, the text {short(column.texts[row])} in {place(row, lines)})"


def _gaps(column: Column, lines: Sequence[int] | None) -> str:
    first = place(int(column.missing[0]), lines)
    return f"'{column.name}' ({len(column.missing)} of {len(column.values)}, the first in {first})"


def _large(column: Column, lines: Sequence[int] | None) -> str:
    row = int(_large_rows(column)[0])
    return f"'{column.name}' ({column.values[row]:g} in {place(row, lines)})"


def _is_empty(column: Column) -> bool:
    return not column.odd and len(column.missing) == len(column.values)


def _has_gaps(column: Column) -> bool:
    return not column.odd and 0 < len(column.missing) < len(column.values)


def _large_rows(column: Column) -> Sequence[int]:
    rows: list[int] = np.flatnonzero(np.abs(column.values) > LARGEST).tolist()
    return rows


def _n_texts(column: Column) -> int:
    return len(set(column.texts.values()))


def _is_no_category(column: Column) -> bool:
    return _n_texts(column) > MAX_LEVELS or len(column.values) == _n_texts(column) > 2


def _has_marks(column: Column) -> bool:
    """Whether its first text looks like a number with a comma or a thousands mark."""
    return _WITH_MARKS.fullmatch(column.texts[min(column.texts)]) is not None
