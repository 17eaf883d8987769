"""Samples and labels, checked, as a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qcsearch.data.checks import check_text, check_X, default_names
from qcsearch.data.coding import Coding
from qcsearch.data.constant import constant_features, constant_notice
from qcsearch.data.copies import counted
from qcsearch.data.dataset import Dataset
from qcsearch.data.labels import check_lengths
from qcsearch.data.sample_weights import check_weights
from qcsearch.data.sources.parts import RawPart
from qcsearch.data.targets import learn_target
from qcsearch.errors import DataError

__all__ = ["ImageShape", "build"]

ImageShape = tuple[int, int] | None


def build(
    part: RawPart,
    name: str,
    image_shape: ImageShape,
    names: tuple[str, ...] | None,
    *,
    coding: Coding | None = None,
    task: str | None = None,
    columns: Sequence[str] | None = None,
    notices: tuple[str, ...] = (),
) -> Dataset:
    """Check samples and labels and put them together.

    Args:
        part: samples and labels; where there is a `coding` the samples are coded so.
        name: what the data set is called.
        image_shape: `(height, width)` of samples that are images but come flat.
        names: of the features; None for the default ones.
        coding: how columns of text and with gaps are kept in `X`.
        task: what the labels are for, one of `targets.TASKS`; None to see.
        columns: names of the columns of labels, if they have names.
        notices: sentences that come first.

    Raises:
        DataError: if anything about them is wrong.
    """
    what = part.what
    gaps = coding is not None and coding.impute is not None
    flat, seen_shape = check_X(part.X, what=what, names=names, missing=gaps)
    labels, weight = part.y, None
    if part.weight is not None:
        weight = check_weights(part.weight, len(flat), f"The sample weight of '{name}'")
        if not weight.all():  # what does not count is as if it were not there
            check_lengths(flat, np.asarray(labels), what, part.target)
            flat, labels, weight = flat[weight > 0], np.asarray(labels)[weight > 0], weight[weight > 0]
    target, y = learn_target(labels, part.target, task, columns)
    check_lengths(flat, y, what, part.target)
    target.check_counts(counted(y, weight), part.target, 2)
    shape = _agreed(seen_shape, image_shape, flat.shape[1], what)
    names = _names(names, flat.shape[1], shape, name)
    dataset = Dataset(flat, y, target, names, shape, name, coding=coding, sample_weight=weight)
    constant = (
        constant_features(flat, f"'{name}'") if coding is None else ()
    )  # a split says it once it is encoded
    dropped = constant_notice(constant, names, shape is not None)
    coded = () if coding is None else coding.notices(dataset.X, names)
    return replace(dataset, notices=(*notices, *coded, *target.notices(y, part.target), *dropped))


def _agreed(seen: ImageShape, given: ImageShape, n_features: int, what: str) -> ImageShape:
    shape = seen or given
    if shape is not None and shape[0] * shape[1] != n_features:
        raise DataError(
            f"{what} has {n_features} features, which are no images of {shape[0]}×{shape[1]} pixels."
        )
    return shape


def _names(names: tuple[str, ...] | None, n_features: int, shape: ImageShape, name: str) -> tuple[str, ...]:
    if names is None:
        return default_names(n_features, shape)
    if len(names) != n_features or len(set(names)) != n_features:
        raise DataError(
            f"'{name}' must have one name of its own for each of its {n_features} features. "
            f"Got {len(set(names))} different."
        )
    return tuple(check_text(own, "feature name") for own in names)
