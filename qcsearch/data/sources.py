"""Where labelled data comes from: files, scikit-learn's names, arrays, frames, all through one check."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch import canonical
from qcsearch.data.arrays import read_npz
from qcsearch.data.building import ImageShape, build
from qcsearch.data.checks import check_X
from qcsearch.data.coding import Coding
from qcsearch.data.dataset import Dataset, FloatArray
from qcsearch.data.examples import load_example
from qcsearch.data.frames import is_frame, read_frame
from qcsearch.data.labels import check_lengths, check_y
from qcsearch.data.labels import encode as class_codes
from qcsearch.data.locate import find_file, is_path, is_table, read_pair, read_table
from qcsearch.data.sample import MAX_ROWS, sample_rows
from qcsearch.data.samples import load_features, load_samples
from qcsearch.data.table_dataset import of_pair, of_table
from qcsearch.data.table_options import TableOptions
from qcsearch.errors import DataError

__all__ = ["load_dataset", "load_features", "load_samples"]

_MAX_TEST_ROWS = MAX_ROWS // 4
"""Of a source's own test part: as many as would be cut off the largest data set."""


def load_dataset(
    source: Any,
    target: str | None = None,
    *,
    drop: Sequence[str] = (),
    encode: str | None = None,
    impute: str | None = None,
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
        drop: columns of a table that are left out.
        encode: `onehot` or `ordinal` for columns of text, which are refused otherwise. What is learnt from the texts,
            and from the numbers to fill gaps, is learnt from the training part of a split alone.
        impute: `mean`, `median` or `most_frequent` for missing numbers, which are refused otherwise; a missing text
            becomes the most frequent one.
        image_shape: `(height, width)` of samples that are images but come flat.
        name: what to call the data set; by default the file's or the example's own name.
        sampled: whether to take a sample of the rows of what is too large to be searched with (`sample.MAX_ROWS`,
            `sample.MAX_NUMBERS`), which a notice says; rows that are not in it are not checked.

    Raises:
        DataError: if anything about the data is wrong.
        MissingExtraError: if the file is Parquet and pyarrow is not installed.
    """
    options = TableOptions(target, drop, encode, impute)
    if is_frame(source):
        return of_table(read_frame(source), options, name or "DataFrame", image_shape, sampled)
    if isinstance(source, tuple | list) and len(source) == 2 and not is_path(source[0]):
        TableOptions(target).refuse(name or "(X, y)")
        return of_pair(source[0], source[1], options, name or "arrays", image_shape, sampled)
    if not is_path(source):
        raise DataError(
            "A data set must be a path, a name, a DataFrame or a pair (X, y). "
            f"Got a value of type {type(source).__name__}."
        )
    text = os.fspath(source)
    path = find_file(text)
    if path is not None and is_table(path):
        return of_table(read_table(path, sampled), options, name or path.stem, image_shape, sampled)
    if path is not None:
        options.refuse(text)
        return _from_archive(read_npz(path), name or path.stem, image_shape, sampled)
    if "," in text and ".npy" in text.lower():
        X, y = read_pair(text)
        TableOptions(target).refuse(text)
        return of_pair(X, y, options, name or Path(text.split(",")[0]).stem, image_shape, sampled)
    options.refuse(text)
    example = load_example(text)
    return build(example.X, example.y, name or text, image_shape, example.feature_names)


def _from_archive(
    arrays: Mapping[str, NDArray[Any]], name: str, image_shape: ImageShape, sampled: bool
) -> Dataset:
    names = tuple(str(n) for n in np.ravel(arrays["feature_names"])) if "feature_names" in arrays else None
    if image_shape is None and "image_shape" in arrays:
        image_shape = _shape(arrays["image_shape"], name)
    part = "" if "X" in arrays else "_train"
    X, y, said = arrays[f"X{part}"], arrays[f"y{part}"], tuple[str, ...]()
    if sampled:
        X, y, said = sample_rows(X, y, f"X{part} of '{name}'")
    coding = _coding(arrays["column_coding"]) if "column_coding" in arrays and not part else None
    dataset = build(X, y, name, image_shape, names, part=part, coding=coding, notices=said)
    if not part:
        return dataset
    X, y, said = arrays["X_test"], arrays["y_test"], ()
    if sampled:
        X, y, said = sample_rows(X, y, f"X_test of '{name}'", _MAX_TEST_ROWS)
    return _with_test(replace(dataset, notices=(*dataset.notices, *said)), X, y)


def _coding(array: NDArray[Any]) -> Coding:
    try:
        return Coding.from_json(canonical.loads(str(array)))
    except ValueError as error:
        raise DataError(f"The column_coding is not readable JSON: {error}") from None


def _shape(array: NDArray[Any], name: str) -> tuple[int, int]:
    if array.shape != (2,) or array.dtype.kind not in "iu":
        raise DataError(f"The image_shape of '{name}' must be two whole numbers. Got {array.tolist()}.")
    return int(array[0]), int(array[1])


def _with_test(dataset: Dataset, X: Any, y: Any) -> Dataset:
    what, target = f"X_test of '{dataset.name}'", f"y_test of '{dataset.name}'"
    flat, _ = check_X(X, dataset.n_features, what=what, owner="X_train", names=dataset.feature_names)
    labels = check_y(y, target)
    check_lengths(flat, labels, what, target)
    codes = class_codes(labels, dataset.classes, target)
    notices = (*dataset.notices, *_seen_before(dataset.X, flat))
    return replace(dataset, X_test=flat, y_test=codes, notices=notices)


def _seen_before(X: FloatArray, X_test: FloatArray) -> tuple[str, ...]:
    """A warning if rows of the test part were seen in the training."""
    seen = {row.tobytes() for row in X}
    count = sum(row.tobytes() in seen for row in X_test)
    if not count:
        return ()
    return (f"{count} of {len(X_test)} test rows also stand in the training part; the test figure flatters.",)
