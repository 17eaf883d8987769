"""What a person says of a table: which column is the label, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qcsearch.errors import DataError

__all__ = ["ENCODINGS", "IMPUTATIONS", "TableOptions"]

ENCODINGS = ("onehot", "ordinal")
"""How text becomes numbers: a column of 0 and 1 for each category, or the category's place in the alphabet."""

IMPUTATIONS = ("mean", "median", "most_frequent")
"""What fills in a missing number; a missing text becomes the most frequent one in each case."""


@dataclass(frozen=True)
class TableOptions:
    """How a table is to be read.

    Attributes:
        target: the label column; None for the one column named target, label, class or y.
        drop: columns that are left out.
        encode: one of `ENCODINGS` for columns of text; None refuses them.
        impute: one of `IMPUTATIONS` for missing values; None refuses them.

    Raises:
        DataError: if `encode` or `impute` is none of these, or a column is to be dropped that is the target.
    """

    target: str | None = None
    drop: Sequence[str] = ()
    encode: str | None = None
    impute: str | None = None

    def __post_init__(self) -> None:
        for name, value, known in (
            ("encode", self.encode, ENCODINGS),
            ("impute", self.impute, IMPUTATIONS),
        ):
            if value is not None and value not in known:
                raise DataError(f"'{name}' of a table must be {' or '.join(known)}. Got {value!r}.")
        if not isinstance(self.drop, list | tuple) or not all(isinstance(name, str) for name in self.drop):
            raise DataError(f"'drop' of a table must be a list of names of columns. Got {self.drop!r}.")
        object.__setattr__(self, "drop", tuple(self.drop))
        if self.target is not None and self.target in self.drop:
            raise DataError(f"The column '{self.target}' cannot be both the target and dropped.")

    @property
    def said(self) -> str | None:
        """Name of the first option that is given; None if none is."""
        names = ("target", "drop", "encode", "impute")
        return next((name for name in names if getattr(self, name)), None)

    def refuse(self, source: str) -> None:
        """Pass if nothing is said of columns, where there are none.

        Raises:
            DataError: if something is.
        """
        if self.said:
            raise DataError(
                f"'{self.said}' is for tables; '{source}' holds its labels apart from features without names.",
                f"leave {self.said} out.",
            )
