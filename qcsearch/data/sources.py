"""Where labelled data comes from: files, scikit-learn's names, arrays, frames, all through one check."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.arrays import read_npz
from qcsearch.data.checks import check_text, check_X, default_names
from qcsearch.data.class_counts import looks_like_regression
from qcsearch.data.constant import constant_features, constant_notice
from qcsearch.data.dataset import Dataset, FloatArray
from qcsearch.data.examples import load_example
from qcsearch.data.frames import is_frame, read_frame
from qcsearch.data.labels import check_lengths, check_X_y, check_y, encode
from qcsearch.data.locate import find_file, is_path, is_table, read_pair, read_table, refuse_target
from qcsearch.data.sample import MAX_ROWS, kept_rows, sample_notice
from qcsearch.data.samples import load_features, load_samples
from qcsearch.data.tables import Table
from qcsearch.errors import DataError

__all__ = ["load_dataset", "load_features", "load_samples"]

ImageShape = tuple[int, int] | None

_MAX_TEST_ROWS = MAX_ROWS // 4
"""Of a source's own test part: as many as would be cut off the largest data set."""


def load_dataset(
    source: Any,
    target: str | None = None,
    *,
    image_shape: ImageShape = None,
    name: str | None = None,
    sampled: bool = False,
) -> Dataset:
    """Load a labelled data set and check it.

    Args:
        source: a `.csv`, `.parquet` or `.npz` file; a pair of files `"X.npy,y.npy"`; a name of scikit-learn's
            (`digits`, `digits:0-3`, `iris`, `wine`, `breast_cancer`, `moons`); a pair `(X, y)`; or a
            DataFrame. An archive holds `X, y`, or `X_train, X_test, y_train, y_test` and so brings its own
            test part; it may hold `feature_names` and `image_shape`.
        target: the label column of a table. If None, the one column named target, label, class or y.
        image_shape: `(height, width)` of samples that are images but come flat.
        name: what to call the data set; by default the file's or the example's own name.
        sampled: whether to take a sample of the rows of what is too large to be searched with (`sample.MAX_ROWS`,
            `sample.MAX_NUMBERS`), which a notice says; rows that are not in it are not checked.

    Raises:
        DataError: if anything about the data is wrong.
        MissingExtraError: if the file is Parquet and pyarrow is not installed.
    """
    if is_frame(source):
        return _from_table(read_frame(source), target, name or "DataFrame", image_shape, sampled)
    if isinstance(source, tuple | list) and len(source) == 2 and not is_path(source[0]):
        refuse_target(target, name or "(X, y)")
        return _from_arrays(source[0], source[1], name or "arrays", image_shape, sampled)
    if not is_path(source):
        raise DataError(
            "A data set must be a path, a name, a DataFrame or a pair (X, y). "
            f"Got a value of type {type(source).__name__}."
        )
    text = os.fspath(source)
    path = find_file(text)
    if path is not None and is_table(path):
        return _from_table(read_table(path, sampled), target, name or path.stem, image_shape, sampled)
    refuse_target(target, text)
    if path is not None:
        return _from_archive(read_npz(path), name or path.stem, image_shape, sampled)
    if "," in text and ".npy" in text.lower():
        X, y = read_pair(text)
        return _from_arrays(X, y, name or Path(text.split(",")[0]).stem, image_shape, sampled)
    example = load_example(text)
    return _build(example.X, example.y, name or text, image_shape, example.feature_names)


def _from_table(
    table: Table, target: str | None, name: str, image_shape: ImageShape, sampled: bool
) -> Dataset:
    column = table.target(target)
    names = tuple(other for other in table.columns if other != column)
    if sampled:
        rows = kept_rows((table.n_rows, len(names)), table.labels(column))
        table = table if rows is None else table.take(rows)
    X = table.features(names)
    chosen = () if target is not None else (f"The target is the column '{column}'.",)
    labels = f"the column '{column}'"
    return _build(
        X, table.labels(column), name, image_shape, names, labels=labels, notices=(*chosen, *table.notices)
    )


def _from_arrays(X: Any, y: Any, name: str, image_shape: ImageShape, sampled: bool) -> Dataset:
    names, said = None, tuple[str, ...]()
    if is_frame(X):
        table = read_frame(X)
        names = tuple(table.columns)
        rows = kept_rows((table.n_rows, len(names)), y) if sampled else None
        if rows is not None:
            table, y = table.take(rows), np.asarray(y)[rows]
        X, said = table.features(names), table.notices
    elif sampled:
        X, y, said = _sample(X, y, f"'{name}'")
    return _build(X, y, name, image_shape, names, notices=said)


def _sample(X: Any, y: Any, what: str, max_rows: int = MAX_ROWS) -> tuple[Any, Any, tuple[str, ...]]:
    """The samples that are kept, their labels, and a sentence if these are not all."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    rows = kept_rows(shape, y, max_rows)
    if rows is None:
        return X, y, ()
    return X[rows], np.asarray(y)[rows], (sample_notice(len(rows), shape[0], what),)


def _from_archive(
    arrays: Mapping[str, NDArray[Any]], name: str, image_shape: ImageShape, sampled: bool
) -> Dataset:
    names = tuple(str(n) for n in np.ravel(arrays["feature_names"])) if "feature_names" in arrays else None
    if image_shape is None and "image_shape" in arrays:
        image_shape = _shape(arrays["image_shape"], name)
    part = "" if "X" in arrays else "_train"
    X, y, said = arrays[f"X{part}"], arrays[f"y{part}"], tuple[str, ...]()
    if sampled:
        X, y, said = _sample(X, y, f"X{part} of '{name}'")
    dataset = _build(X, y, name, image_shape, names, part=part, notices=said)
    if not part:
        return dataset
    X, y, said = arrays["X_test"], arrays["y_test"], ()
    if sampled:
        X, y, said = _sample(X, y, f"X_test of '{name}'", _MAX_TEST_ROWS)
    return _with_test(replace(dataset, notices=(*dataset.notices, *said)), X, y)


def _shape(array: NDArray[Any], name: str) -> tuple[int, int]:
    if array.shape != (2,) or array.dtype.kind not in "iu":
        raise DataError(f"The image_shape of '{name}' must be two whole numbers. Got {array.tolist()}.")
    return int(array[0]), int(array[1])


def _build(
    X: Any,
    y: Any,
    name: str,
    image_shape: ImageShape,
    names: tuple[str, ...] | None,
    *,
    labels: str | None = None,
    part: str = "",
    notices: tuple[str, ...] = (),
) -> Dataset:
    what = f"X{part} of '{name}'"
    target = f"{labels or f'y{part}'} of '{name}'"
    flat, codes, classes, seen_shape = check_X_y(X, y, names=names, what=what, target=target)
    shape = _agreed(seen_shape, image_shape, flat.shape[1], what)
    names = _names(names, flat.shape[1], shape, name)
    dataset = Dataset(flat, codes, classes, names, shape, name)
    constant = constant_features(flat, f"'{name}'")
    notices = (*notices, *_many_classes(dataset, target), *constant_notice(constant, dataset))
    return replace(dataset, notices=notices)


def _many_classes(dataset: Dataset, target: str) -> tuple[str, ...]:
    if not looks_like_regression(dataset.classes, dataset.n_samples):
        return ()
    return (
        f"{target[0].upper()}{target[1:]} holds {dataset.n_classes} different whole numbers; each is taken for a "
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


def _with_test(dataset: Dataset, X: Any, y: Any) -> Dataset:
    what, target = f"X_test of '{dataset.name}'", f"y_test of '{dataset.name}'"
    flat, _ = check_X(X, dataset.n_features, what=what, owner="X_train", names=dataset.feature_names)
    labels = check_y(y, target)
    check_lengths(flat, labels, what, target)
    codes = encode(labels, dataset.classes, target)
    notices = (*dataset.notices, *_seen_before(dataset.X, flat))
    return replace(dataset, X_test=flat, y_test=codes, notices=notices)


def _seen_before(X: FloatArray, X_test: FloatArray) -> tuple[str, ...]:
    """A warning if rows of the test part were seen in the training."""
    seen = {row.tobytes() for row in X}
    count = sum(row.tobytes() in seen for row in X_test)
    if not count:
        return ()
    return (f"{count} of {len(X_test)} test rows also stand in the training part; the test figure flatters.",)
