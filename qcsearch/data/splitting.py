"""The split: by strata where there are classes, from one seed, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.constant import constant_features, constant_notice
from qcsearch.data.copies import counted, without_copies
from qcsearch.data.dataset import Dataset
from qcsearch.data.preprocessing.encoding import ColumnEncoder
from qcsearch.data.targets import Target
from qcsearch.data.values import FloatArray, IntArray
from qcsearch.errors import DataError

__all__ = ["Fold", "Part", "Split", "folds", "split"]


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a split.

    Attributes:
        X: raw features `(n_samples, n_features)`.
        y: what is to be learnt of them, in the form of a `Target`: of classes their indices `(n_samples,)`.
        weight: how much each sample counts in what is learnt and chosen by, `(n_samples,)`; None if all count alike.
    """

    X: FloatArray
    y: NDArray[Any]
    weight: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.y)

    def joined(self, other: Part) -> Part:
        """The samples of this part, then those of the other, which without weights count as much on the mean."""
        weight = self.weight
        if weight is not None:
            theirs = np.full(len(other), weight.mean()) if other.weight is None else other.weight
            weight = np.concatenate([weight, theirs])
        return Part(np.concatenate([self.X, other.X]), np.concatenate([self.y, other.y]), weight)

    def at(self, rows: IntArray | NDArray[np.bool_] | slice) -> Part:
        """Some of the samples."""
        return Part(self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows])


@dataclass(frozen=True, eq=False)
class Split:
    """The three parts of a data set.

    Attributes:
        train: preprocessing and weights are fitted on this part and no other.
        validation: the search selects by this part.
        test: touched once, by the final evaluation, and never before.
        n_features: number of features that vary in the training part, once its columns are encoded; of quantum states
            all of them.
        notices: sentences about what holds in the training part and not elsewhere.
    """

    train: Part
    validation: Part
    test: Part
    n_features: int
    notices: tuple[str, ...] = ()

    def learned(self, target: Target) -> Split:
        """The same parts with what a training learns in place of `y`."""
        train, validation, test = (
            replace(part, y=target.learned(part.y)) for part in (self.train, self.validation, self.test)
        )
        return replace(self, train=train, validation=validation, test=test)


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold of a cross-validation.

    Attributes:
        split: its training and validation parts; the test part is that of the split it was made of.
        rows: of its validation part, among those of the training and the validation part of that split, in this order.
    """

    split: Split
    rows: IntArray


def split(dataset: Dataset, seed: int, test_size: float = 0.2, validation_size: float = 0.2) -> Split:
    """Cut a data set into train, validation and test, each class in the same proportions.

    Within each class the samples are shuffled and cut; every class is in every part. Numbers and labels have no
    classes, and their samples are shuffled and cut together. Where the source brings its own test part, that is the
    test part, and the same of its validation part: nothing is cut off for it. Of few samples all copies of one are one
    that counts as much, see `copies.without_copies`; a class of less than three different ones then stays with the
    training part first, and is missing in others. Where that would leave a part empty, copies are split as they stand.

    Args:
        dataset: what to cut.
        seed: the one seed of the split, at least 0; equal seeds, equal parts.
        test_size: share of all samples, in (0, 1); ignored where the source brings its own test part.
        validation_size: share of the samples that are not test, in (0, 1); ignored where the source brings its own.

    Raises:
        DataError: if a share is not in (0, 1), or a class has too few samples to be in every part.
    """
    for name, share in (("test_size", test_size), ("validation_size", validation_size)):
        if not 0 < share < 1:
            raise DataError(f"The '{name}' parameter of split must be in (0, 1). Got {share}.")
    own_validation, own_test = _own(dataset.X_val, dataset.y_val), _own(dataset.X_test, dataset.y_test)
    cut = ["train", *["validation"] * (own_validation is None), *["test"] * (own_test is None)]
    why = f" to be split into {' and '.join([', '.join(cut[:-1]), cut[-1]])}" if len(cut) > 1 else ""
    target, least = dataset.target, dataset.target.least_of_a_part
    whole, counted_y = _whole(dataset, len(cut) * least)
    target.check_counts(counted_y, f"'{dataset.name}'", len(cut), why)
    rng, strata = np.random.default_rng(seed), target.strata(whole.y)
    test_size = test_size if own_test is None else 0.0
    validation_size = validation_size if own_validation is None else 0.0
    rest, test_rows = _cut(np.arange(len(whole)), strata, test_size, (len(cut) - 1) * least, least, rng)
    train_rows, validation_rows = _cut(rest, strata, validation_size, least, least, rng)
    train = whole.at(train_rows)
    validation = whole.at(validation_rows) if own_validation is None else own_validation
    test = whole.at(test_rows) if own_test is None else own_test
    n_features, notices = _varying(dataset, train)
    return Split(train, validation, test, n_features, notices)


def folds(dataset: Dataset, whole: Split, n_folds: int, seed: int, repeat: int = 0) -> tuple[Fold, ...]:
    """Cut training and validation part of a split into folds, each class spread evenly over them.

    Of each fold the rows of the others are the training part. Every class stays in every training part.

    Args:
        dataset: what was split.
        whole: its split.
        n_folds: ≥ 2; fewer where there are not samples enough.
        seed: equal seeds, equal folds.
        repeat: another number, other folds; at 0 the first fold is the split itself.
    """
    known = whole.train.joined(whole.validation)
    y = dataset.target.strata(known.y)
    n_train = len(whole.train)
    first, n_folds = int(repeat == 0), min(n_folds, n_train // dataset.target.least_of_a_part + 1)
    fold_of = np.zeros(len(y), dtype=np.int64)
    rows = np.arange(n_train) if first else np.arange(len(y))
    rng = np.random.default_rng((seed, repeat))
    dealt = np.concatenate([rng.permutation(rows[y[rows] == label]) for label in np.unique(y)])
    fold_of[dealt] = first + np.arange(len(dealt)) % (n_folds - first)
    found = [Fold(whole, np.arange(n_train, len(y)))] if first else []
    for number in range(first, n_folds):
        inside = fold_of == number
        train, validation = known.at(~inside), known.at(inside)
        n_features, notices = _varying(dataset, train)
        found.append(Fold(Split(train, validation, whole.test, n_features, notices), np.flatnonzero(inside)))
    return tuple(found)


def _varying(dataset: Dataset, train: Part) -> tuple[int, tuple[str, ...]]:
    """Number of features that vary in the training part, and what is to be said of the others.

    The data set's own notices name those that vary nowhere, unless its columns have to be encoded first.
    """
    if dataset.quantum is not None:  # a state is one thing: none of its numbers is left out
        return dataset.n_features, ()
    what, where = f"the training split of '{dataset.name}'", " in the training split"
    if dataset.coding is None:
        constant = constant_features(train.X, what)
        new = sorted(set(constant) - set(constant_features(dataset.X, f"'{dataset.name}'")))
        is_image = dataset.image_shape is not None
        return dataset.n_features - len(constant), constant_notice(
            new, dataset.feature_names, is_image, where
        )
    encoder = ColumnEncoder.of(dataset.coding).fit(train.X)
    names = encoder.names(dataset.feature_names)
    constant = constant_features(encoder.transform(train.X), what)
    notices = constant_notice(constant, names, False, where)
    return len(names) - len(constant), (*notices, *encoder.unknown_notice(dataset.X, dataset.feature_names))


def _own(X: FloatArray | None, y: NDArray[Any] | None) -> Part | None:
    return None if X is None or y is None else Part(X, y)


def _whole(dataset: Dataset, least: int) -> tuple[Part, NDArray[Any]]:
    """What is to be cut, and the `y` that say how many samples each class has.

    Copies are one if so many of the largest class are different that no part will be empty.
    """
    rows, weight = without_copies(dataset.X, dataset.y, dataset.sample_weight)
    merged = Part(dataset.X[rows], dataset.y[rows], weight)
    if np.bincount(dataset.target.strata(merged.y)).max() >= least:
        return merged, counted(merged.y, weight)
    return Part(dataset.X, dataset.y, dataset.sample_weight), dataset.y


def _cut(
    rows: IntArray, y: IntArray, share: float, leave: int, least: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Cut `share` of each class off `rows`: `least` or more if `share` > 0, while `leave` or more stay; sorted."""
    kept, cut = [], []
    for label in np.unique(y):
        mine = rng.permutation(rows[y[rows] == label])
        n_cut = max(min(max(round(share * len(mine)), least), len(mine) - leave), 0) if share > 0 else 0
        cut.append(mine[:n_cut])
        kept.append(mine[n_cut:])
    return np.sort(np.concatenate(kept)), np.sort(np.concatenate(cut))
