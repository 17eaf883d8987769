"""The first step of a pipeline whose data hold text or gaps: from kept codes to numbers that can be scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.coding import Coding
from qcsearch.data.preprocessing.steps import Step
from qcsearch.data.values import FloatArray

__all__ = ["ColumnEncoder"]

_NAMED = 5


class ColumnEncoder(Step):
    """Fills gaps and encodes text, as scikit-learn's SimpleImputer, OneHotEncoder and OrdinalEncoder learn it.

    A category that the training part did not hold is none of the known ones: all 0 one-hot, -1 ordinal.

    Args:
        levels: for each feature its texts, sorted, of which the codes are the places; empty for numbers.
        encode: `onehot`, `ordinal` or None.
        impute: `mean`, `median`, `most_frequent` or None; texts take the most frequent.

    Attributes:
        fill_: what fills a gap of each feature `(n_features,)`.
        source_: the feature that each category of the training part is of `(n_categories,)`.
        code_: its code there `(n_categories,)`, ascending for each feature.
    """

    learned: ClassVar[dict[str, int]] = {"fill_": 1, "source_": 1, "code_": 1}
    fill_: FloatArray
    source_: NDArray[np.int64]
    code_: NDArray[np.int64]

    def __init__(
        self,
        levels: Sequence[Sequence[str]] = (),
        encode: str | None = None,
        impute: str | None = None,
    ) -> None:
        self.levels = levels
        self.encode = encode
        self.impute = impute

    @classmethod
    def of(cls, coding: Coding) -> ColumnEncoder:
        """The unfitted step for columns that are coded so."""
        return cls(coding.levels, coding.encode, coding.impute)

    @property
    def coding(self) -> Coding:
        """How its input is coded.

        Raises:
            DataError: if the settings are none.
        """
        return Coding.from_json({"levels": self.levels, "encode": self.encode, "impute": self.impute})

    @property
    def text(self) -> NDArray[np.int64]:
        """Indices of the features that are text."""
        return np.flatnonzero([bool(texts) for texts in self.levels])

    def names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Names of its outputs for names of its inputs: `sex`, or `sex=male` for a category."""
        shown: list[str] = []
        for j, name in enumerate(names):
            one_hot = bool(self.levels[j]) and self.encode == "onehot"
            shown += [f"{name}={self.levels[j][c]}" for c in self._categories(j)] if one_hot else [name]
        return tuple(shown)

    def unknown(self, X: FloatArray) -> NDArray[np.bool_]:
        """Where samples `(n_samples, n_features)` hold a category that the training part did not."""
        found = np.zeros(X.shape, dtype=bool)
        for j in self.text:
            found[:, j] = ~np.isnan(X[:, j]) & ~np.isin(X[:, j], self._categories(j))
        return found

    def unknown_notice(self, X: FloatArray, names: Sequence[str]) -> tuple[str, ...]:
        """The sentence about categories that the training part did not hold; none if there are none."""
        what = "Categories that the training part does not hold are taken for none of the known ones"
        return _counted(what, self.unknown(X), names)

    def gap_notice(self, X: FloatArray, names: Sequence[str]) -> tuple[str, ...]:
        """The sentence about gaps that are filled in; none if there are none."""
        return _counted(
            f"Missing values are filled in as in the training ({self.impute})", np.isnan(X), names
        )

    def fitted_outputs(self) -> int:
        """See `Step.fitted_outputs`; what was read from a file may be no coding at all."""
        n_levels = np.array([len(texts) for texts in self.coding.levels], dtype=np.int64)
        self._check_fit(
            len(n_levels) == len(self.fill_) == self.n_features_in_,
            "one number to fill gaps for each feature",
        )
        source, code = self.source_, self.code_
        # Arrays of a file may say anything; used as they are, they would index out of other arrays.
        integers = source.dtype == code.dtype == np.int64 and len(source) == len(code)
        self._check_fit(
            integers and np.array_equal(np.unique(source), self.text), "categories of features of text"
        )
        rising = (np.diff(source) > 0) | ((np.diff(source) == 0) & (np.diff(code) > 0))
        inside = (code >= 0) & (code < n_levels[source])
        self._check_fit(
            bool(rising.all() and inside.all()), "categories among the levels, each once and in order"
        )
        return self.n_features_in_ + (len(source) - len(self.text) if self.encode == "onehot" else 0)

    def _learn(self, X: FloatArray, y: NDArray[Any] | None) -> None:
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import OrdinalEncoder

        self.fill_ = np.zeros(X.shape[1])
        numbers = np.setdiff1d(np.arange(X.shape[1]), self.text)
        for features, strategy in ((numbers, self.impute), (self.text, "most_frequent")):
            if self.impute is not None and len(features):
                imputer = SimpleImputer(strategy=strategy, keep_empty_features=True).fit(X[:, features])
                self.fill_[features] = imputer.statistics_
        categories: list[NDArray[Any]] = []
        if len(self.text):
            categories = OrdinalEncoder().fit(self._filled(X)[:, self.text]).categories_
        self.source_ = np.repeat(self.text, [len(codes) for codes in categories]).astype(np.int64)
        self.code_ = np.concatenate([np.zeros(0), *categories]).astype(np.int64)

    def _apply(self, X: FloatArray) -> FloatArray:
        filled = self._filled(X)
        widths = np.ones(X.shape[1], dtype=np.int64)
        if self.encode == "onehot":
            widths[self.text] = [len(self._categories(j)) for j in self.text]
        starts = np.cumsum(widths) - widths
        encoded = np.empty((len(X), int(widths.sum())))
        numbers = np.setdiff1d(np.arange(X.shape[1]), self.text)
        encoded[:, starts[numbers]] = filled[:, numbers]
        for j in self.text:
            encoded[:, starts[j] : starts[j] + widths[j]] = self._encoded(filled[:, j], j)
        return encoded

    def _filled(self, X: FloatArray) -> FloatArray:
        return np.asarray(np.where(np.isnan(X), self.fill_, X))

    def _encoded(self, codes: FloatArray, j: int) -> FloatArray:
        """One feature of text as numbers `(n_samples, n_categories)`, or `(n_samples, 1)` if it is ordinal."""
        is_category = codes[:, None] == self._categories(j)
        if self.encode == "onehot":
            return np.asarray(is_category, dtype=np.float64)
        rank = is_category @ np.arange(float(is_category.shape[1]))
        return np.asarray(np.where(is_category.any(axis=1), rank, -1.0)[:, None])

    def _categories(self, j: int) -> NDArray[np.int64]:
        first, last = np.searchsorted(self.source_, (j, j + 1))
        return self.code_[first:last]


def _counted(what: str, where: NDArray[np.bool_], names: Sequence[str]) -> tuple[str, ...]:
    """A sentence with the number of rows of each column that it is about; none if it is about none."""
    counts = where.sum(axis=0)
    found = np.flatnonzero(counts)
    if not len(found):
        return ()
    shown = ", ".join(f"'{names[j]}' ({counts[j]} of {len(where)} rows)" for j in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (f"{what}: {shown}{more}.",)
