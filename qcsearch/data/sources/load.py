"""Where labelled data comes from: files, scikit-learn's names, arrays, frames, all through one check."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from qcsearch.data.checks import check_shape, check_X
from qcsearch.data.dataset import Dataset
from qcsearch.data.labels import check_lengths
from qcsearch.data.quantum.generators import generated, is_generated
from qcsearch.data.quantum.reading import is_quantum, quantum_dataset
from qcsearch.data.sample import MAX_ROWS, kept_rows, sample_rows
from qcsearch.data.sources.arrays import read_npz
from qcsearch.data.sources.building import ImageShape, build
from qcsearch.data.sources.examples import load_example
from qcsearch.data.sources.image_folder import read_images
from qcsearch.data.sources.locate import find_file, is_path, is_table, read_pair, read_table
from qcsearch.data.sources.parts import RawPart, RawParts
from qcsearch.data.tables.dataset import of_pair, of_table
from qcsearch.data.tables.frames import is_frame, read_frame
from qcsearch.data.tables.options import TableOptions
from qcsearch.data.targets import Labels, Numbers
from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError

__all__ = ["load_dataset"]

_MAX_OWN_ROWS = MAX_ROWS // 4
"""Of a source's own validation or test part: as many as would be cut off the largest data set."""


def load_dataset(
    source: Any,
    target: str | Sequence[str] | None = None,
    *,
    task: str | None = None,
    drop: Sequence[str] = (),
    encode: str | None = None,
    impute: str | None = None,
    image_shape: ImageShape = None,
    name: str | None = None,
    sampled: bool = False,
    sample_weight: Any = None,
) -> Dataset:
    """Load a labelled data set and check it.

    Args:
        source: a `.csv`, `.parquet` or `.npz` file; a pair of files `"X.npy,y.npy"`; a name of scikit-learn's
            (`digits`, `digits:0-3`, `iris`, `wine`, `breast_cancer`, `moons`; `diabetes`, of numbers), or of a
            generator of quantum states (`cluster:6`, see `data.quantum.generators`); a pair `(X, y)`; or a
            DataFrame; or a folder of images with one folder a class. An archive holds `X, y`, or
            `X_train, y_train, X_val, y_val, X_test, y_test` (or `train_images, train_labels, …`) and so brings its own
            validation or test part, as a folder does with the folders train, val and test; it may hold `feature_names`
            and `image_shape`. Complex samples are quantum states, see `data.quantum.reading`.
        target: the label column of a table, or several. If None, the one column named target, label, class or y.
        task: `classification`, `regression` or `multilabel`. If None, what the source is known for; else one column of
            labels is classes, and several are labels if they hold nothing but 0 and 1, and numbers if not.
        drop: columns of a table that are left out.
        encode: `onehot` or `ordinal` for columns of text, which are refused otherwise. What is learnt from the texts,
            and from the numbers to fill gaps, is learnt from the training part of a split alone.
        impute: `mean`, `median` or `most_frequent` for missing numbers, which are refused otherwise; a missing text
            becomes the most frequent one.
        image_shape: `(height, width)` of samples that are images but come flat.
        name: what to call the data set; by default the file's or the example's own name.
        sampled: whether to take a sample of the rows of what is too large to be searched with (`sample.MAX_ROWS`,
            `sample.MAX_NUMBERS`), which a notice says; rows that are not in it are not checked.
        sample_weight: how much each sample counts in what is learnt: of a table the column that holds it, else numbers
            `(n_samples,)`, not negative; a sample of weight 0 is left out. An archive may hold `sample_weight`.

    Raises:
        DataError: if anything about the data is wrong.
        MissingExtraError: if the file is Parquet and pyarrow is not installed.
    """
    options = TableOptions(target, drop, encode, impute, task, sample_weight)
    if is_frame(source):
        return of_table(read_frame(source), options, name or "DataFrame", image_shape, sampled)
    if isinstance(source, tuple | list) and len(source) == 2 and not is_path(source[0]):
        TableOptions(target).refuse(name or "(X, y)")
        return of_pair(
            source[0], source[1], replace(options, target=None), name or "arrays", image_shape, sampled
        )
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
        if path.is_dir():
            return _from_parts(read_images(path), name or path.resolve().name, image_shape, task, sampled)
        return _from_parts(read_npz(path), name or path.stem, image_shape, task, sampled)
    if "," in text and ".npy" in text.lower():
        X, y = read_pair(text)
        TableOptions(target).refuse(text)
        return of_pair(
            X, y, replace(options, target=None), name or Path(text.split(",")[0]).stem, image_shape, sampled
        )
    options.refuse(text)
    if is_generated(text):
        return replace(generated(text), name=name or text)
    example = load_example(text)
    part = RawPart.of(example.X, example.y, name or text)
    return build(part, name or text, image_shape, example.feature_names, task=task or example.task)


def _from_parts(
    parts: RawParts, name: str, image_shape: ImageShape, task: str | None, sampled: bool
) -> Dataset:
    if parts.train is None:  # the readers see to it that there is one
        raise DataError(f"'{name}' must have a part to train on.")
    if is_quantum(parts):
        return quantum_dataset(parts, name)
    train, said = _sampled(parts.train, MAX_ROWS) if sampled else (parts.train, ())
    notices = (*parts.notices, *said)
    shape = image_shape or parts.image_shape
    known = parts.target
    dataset = build(
        train,
        name,
        shape,
        parts.feature_names,
        coding=parts.coding,
        task=task or (None if known is None else known.task),
        columns=known.columns if isinstance(known, Numbers | Labels) else None,
        notices=notices,
    )
    for which in ("validation", "test"):
        part = parts.validation if which == "validation" else parts.test
        if part is not None:
            part, said = _sampled(part, _MAX_OWN_ROWS) if sampled else (part, ())
            dataset = _with_part(replace(dataset, notices=(*dataset.notices, *said)), which, part)
    return dataset


def _sampled(part: RawPart, max_rows: int) -> tuple[RawPart, tuple[str, ...]]:
    X, y, said = sample_rows(part.X, part.y, part.what, max_rows)
    if part.weight is None:
        return replace(part, X=X, y=y), said
    rows = kept_rows(getattr(part.X, "shape", ()), part.y, max_rows)
    weight = part.weight if rows is None else np.asarray(part.weight)[rows]
    return replace(part, X=X, y=y, weight=weight), said


def _with_part(dataset: Dataset, which: str, part: RawPart) -> Dataset:
    """The data set with its own validation or test part."""
    flat, shape = check_X(
        part.X, dataset.n_features, what=part.what, owner="the training part", names=dataset.feature_names
    )
    if shape is not None and dataset.image_shape is not None:
        check_shape(shape, dataset.image_shape, part.what, "the training part has")
    y = dataset.target.encode(part.y, part.target)
    check_lengths(flat, y, part.what, part.target)
    notices = (*dataset.notices, *_seen_before(dataset.X, flat, which))
    if which == "validation":
        return replace(dataset, X_val=flat, y_val=y, notices=notices)
    return replace(dataset, X_test=flat, y_test=y, notices=notices)


def _seen_before(X: FloatArray, other: FloatArray, which: str) -> tuple[str, ...]:
    """A warning if rows of another part were seen in the training."""
    seen = {row.tobytes() for row in X}
    count = sum(row.tobytes() in seen for row in other)
    if not count:
        return ()
    return (
        f"{count} of {len(other)} {which} rows also stand in the training part; the {which} figure flatters.",
    )
