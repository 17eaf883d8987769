"""Columns of text and with gaps as numbers: how a table is kept until the first step of the pipeline is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qcsearch.data.checks import check_text
from qcsearch.data.tables.options import TableOptions
from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError
from qcsearch.storage.canonical import Json

__all__ = ["MAX_LEVELS", "UNKNOWN", "Coding"]

MAX_LEVELS = 50
"""A column of more different texts than this is a name or a remark, not a category."""

UNKNOWN = -1.0
"""Stands for a text that is none of a column's levels."""

_NAMED = 5
_MAX_CHARACTERS = 256


@dataclass(frozen=True)
class Coding:
    """How the raw columns are kept as numbers, and what the pipeline is to do with them.

    A text is kept as its place among the levels, a missing value as NaN. Nothing is learnt here: which levels count
    and what fills a gap is fitted on the training part.

    Attributes:
        levels: for each feature its different texts, sorted; empty for a feature of numbers.
        encode: one of `ENCODINGS`, or None if no feature is text.
        impute: one of `IMPUTATIONS`, or None if no value may be missing.

    Raises:
        DataError: if the levels are not so.
    """

    levels: tuple[tuple[str, ...], ...]
    encode: str | None = None
    impute: str | None = None

    def __post_init__(self) -> None:
        TableOptions(encode=self.encode, impute=self.impute)
        for texts in self.levels:
            if (
                len(texts) > MAX_LEVELS
                or list(texts) != sorted(set(texts))
                or (texts and self.encode is None)
            ):
                raise DataError(f"A column must have at most {MAX_LEVELS} levels, sorted and each once.")
            for text in texts:
                if len(check_text(text, "category")) > _MAX_CHARACTERS:
                    raise DataError(
                        f"A category must have at most {_MAX_CHARACTERS} characters. Got {len(text):,}."
                    )

    def notices(self, X: FloatArray, names: Sequence[str]) -> tuple[str, ...]:
        """What becomes of the columns of coded samples `(n_rows, n_features)`, counted, a sentence for each kind."""
        text = [
            f"'{name}' ({len(texts)} categories)"
            for name, texts in zip(names, self.levels, strict=True)
            if texts
        ]
        counts = np.isnan(X).sum(axis=0)
        gaps = [f"'{names[j]}' ({counts[j]})" for j in np.flatnonzero(counts).tolist()]
        said = []
        if text:
            said.append(f"{len(text)} column(s) of text are encoded ({self.encode}): {_listed(text)}.")
        if gaps:
            filled = f"{counts.sum():,} missing value(s) are filled in ({self.impute}, of the training part)"
            said.append(f"{filled}: {_listed(gaps)}.")
        return tuple(said)

    def to_json(self) -> Json:
        """Return the coding as JSON values."""
        return {
            "levels": [list(texts) for texts in self.levels],
            "encode": self.encode,
            "impute": self.impute,
        }

    @classmethod
    def from_json(cls, data: Json) -> Coding:
        """Rebuild from `to_json`'s answer.

        Raises:
            DataError: if it is none.
        """
        try:
            levels = tuple(tuple(str(text) for text in texts) for texts in data["levels"])
            return cls(levels, data["encode"], data["impute"])
        except (KeyError, TypeError) as error:
            raise DataError(f"The coding of the columns is malformed: {error}.") from None


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:_NAMED]) + (f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else "")
