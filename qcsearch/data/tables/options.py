"""What a person says of the data: which columns hold the labels and what they are, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qcsearch.data.targets import check_task
from qcsearch.errors import DataError

__all__ = ["ENCODINGS", "IMPUTATIONS", "TableOptions"]

ENCODINGS = ("onehot", "ordinal")
"""How text becomes numbers: a column of 0 and 1 for each category, or the category's place in the alphabet."""

IMPUTATIONS = ("mean", "median", "most_frequent")
"""What fills in a missing number; a missing text becomes the most frequent one in each case."""


@dataclass(frozen=True)
class TableOptions:
    """How data are to be read.

    Attributes:
        target: the label column, or several; None for the one column named target, label, class or y.
        drop: columns that are left out.
        encode: one of `ENCODINGS` for columns of text; None refuses them.
        impute: one of `IMPUTATIONS` for missing values; None refuses them.

        task: what the labels are for, one of `targets.TASKS`; None to see. The only one that is not for tables alone.

        sample_weight: how much each sample counts in what is learnt: a column, or of a pair numbers `(n_samples,)`.

    Raises:
        InputError: if there is no such task.
        DataError: if `encode` or `impute` is none of these, or a column is to be dropped that is the target.
    """

    target: str | Sequence[str] | None = None
    drop: Sequence[str] = ()
    encode: str | None = None
    impute: str | None = None
    task: str | None = None
    sample_weight: Any = None

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
        check_task(self.task)
        for name in self.targets:
            if name in self.drop:
                raise DataError(f"The column '{name}' cannot be both the target and dropped.")
        column = self.sample_weight if isinstance(self.sample_weight, str) else None
        if column is not None and column in (*self.targets, *self.drop):
            raise DataError(f"The column '{column}' cannot be the sample weight and the target, or dropped.")

    @property
    def targets(self) -> tuple[str, ...]:
        """The label columns that are named; empty if none is."""
        named = (self.target,) if isinstance(self.target, str) else (self.target or ())
        return tuple(named)

    @property
    def said(self) -> str | None:
        """Name of the first option that is given; None if none is."""
        names = ("targets", "drop", "encode", "impute", "sample_weight")
        said = next(
            (name for name in names if getattr(self, name) is not None and len(getattr(self, name))), None
        )
        return "target" if said == "targets" else said

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
