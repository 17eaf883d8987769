"""Samples and labels, checked, as a data set."""

from __future__ import annotations

from dataclasses import replace

from qcsearch.data.checks import check_text, default_names
from qcsearch.data.class_counts import looks_like_regression
from qcsearch.data.coding import Coding
from qcsearch.data.constant import constant_features, constant_notice
from qcsearch.data.dataset import Dataset
from qcsearch.data.labels import check_X_y
from qcsearch.data.sources.parts import RawPart
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
    notices: tuple[str, ...] = (),
) -> Dataset:
    """Check samples and labels and put them together.

    Args:
        part: samples and labels; where there is a `coding` the samples are coded so.
        name: what the data set is called.
        image_shape: `(height, width)` of samples that are images but come flat.
        names: of the features; None for the default ones.
        coding: how columns of text and with gaps are kept in `X`.
        notices: sentences that come first.

    Raises:
        DataError: if anything about them is wrong.
    """
    what, target = part.what, part.target
    gaps = coding is not None and coding.impute is not None
    flat, codes, classes, seen_shape = check_X_y(
        part.X, part.y, names=names, what=what, target=target, missing=gaps
    )
    shape = _agreed(seen_shape, image_shape, flat.shape[1], what)
    names = _names(names, flat.shape[1], shape, name)
    dataset = Dataset(flat, codes, classes, names, shape, name, coding=coding)
    constant = (
        constant_features(flat, f"'{name}'") if coding is None else ()
    )  # a split says it once it is encoded
    dropped = constant_notice(constant, names, shape is not None)
    coded = () if coding is None else coding.notices(dataset.X, names)
    return replace(dataset, notices=(*notices, *coded, *_many_classes(dataset, target), *dropped))


def _many_classes(dataset: Dataset, target: str) -> tuple[str, ...]:
    if not looks_like_regression(dataset.classes, dataset.n_samples):
        return ()
    return (
        f"{target[0].upper()}{target[1:]} holds {dataset.n_classes} different numbers; each is taken for a "
        "class, and that one lies near another is not made use of.",
    )


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
