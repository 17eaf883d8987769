"""Samples to predict: like a data set, but the labels may be missing and the features must be the model's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qcsearch.data.checks import check_shape, check_X
from qcsearch.data.labels import check_lengths, told_labels
from qcsearch.data.sources.arrays import read_npy, read_npz
from qcsearch.data.sources.examples import load_example
from qcsearch.data.sources.image_folder import read_images
from qcsearch.data.sources.locate import find_file, is_path, is_table, read_pair, read_table
from qcsearch.data.sources.parts import RawPart, RawParts
from qcsearch.data.tables.codes import allowed_in_prediction, code_columns
from qcsearch.data.tables.frames import holds_text, is_frame, read_array, read_frame
from qcsearch.data.tables.options import TableOptions
from qcsearch.data.tables.table import Table
from qcsearch.data.values import FloatArray, Label
from qcsearch.errors import DataError

if TYPE_CHECKING:
    from qcsearch.data.preprocessing.encoding import ColumnEncoder

__all__ = ["Samples", "load_features", "load_samples"]

_PIXEL = re.compile(r"pixel_(\d+)_(\d+)")
_DEFAULT_NAME = re.compile(r"x\d+|pixel_\d+_\d+")


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples to predict.

    Attributes:
        X: raw features `(n_samples, n_features)`.
        labels: one a sample, or a tuple of several, None where it is blank; None if the source holds no labels.
        notices: sentences a person should see about how they were read.
    """

    X: FloatArray
    labels: list[Label | tuple[Label | None, ...] | None] | None = None
    notices: tuple[str, ...] = ()


def load_features(
    source: Any,
    features: int | Sequence[str],
    target: str | None = None,
    encoder: ColumnEncoder | None = None,
) -> FloatArray:
    """Load samples to predict: `(n_samples, n_features)`, checked like those of the training.

    Args:
        source: as for `load_dataset`, or `X` alone: an array, a table without labels, an archive with `X`,
            one `.npy` file, a folder of images. Of a source that brings its own test part, the test part.
        features: the feature names of the training, or their number. A table is read by name: its order does
            not matter, and other columns are ignored. All else is read by position, and so is a table for a
            model whose features had no names.
        target: the label column of a table, which is left out; if None, found as `load_dataset` does.
        encoder: the first step of the model's pipeline, if it takes columns of text or with gaps.

    Raises:
        DataError: as `load_dataset`, and if a feature is missing or their number differs.
        MissingExtraError: if the file is Parquet and pyarrow is not installed.
    """
    return load_samples(source, features, target, encoder).X


def load_samples(
    source: Any,
    features: int | Sequence[str],
    target: str | Sequence[str] | None = None,
    encoder: ColumnEncoder | None = None,
    learned: Sequence[str] = (),
) -> Samples:
    """Like `load_features`, with the labels that the source holds, whether or not a model knows them.

    Args:
        source: as for `load_features`.
        features: as for `load_features`.
        target: the label column of a table, or several; if None those of the training, or found as `load_dataset` does.
        encoder: as for `load_features`.
        learned: names of the label columns of the training, where these had names.
    """
    table, targets = _table(source), TableOptions(target).targets
    if table is not None:
        known = learned if all(name in table.columns for name in learned) else ()
        return _of_table(table, features, targets or known, encoder)
    if encoder is not None and holds_text(source):
        return _of_table(read_array(source), _number(features), targets, encoder)
    given = _parts(source, targets)
    part, gaps = given.to_predict, encoder is not None and encoder.impute is not None
    X = part.X
    if is_frame(X):
        X = _of_table(read_frame(X), features, (), encoder).X
    elif given.feature_names is not None:
        X = _by_name(X, given.feature_names, features, part.what)
    flat, shape = check_X(X, _number(features), what=part.what, missing=gaps)
    trained = _image_shape(features)
    if shape is not None and trained is not None:
        check_shape(shape, trained, part.what, "the model is expecting")
    if part.y is None:
        return Samples(flat, notices=given.notices)
    labels = told_labels(part.y)
    check_lengths(flat, labels, part.what, "y")
    return Samples(flat, labels, given.notices)


def _number(features: int | Sequence[str]) -> int:
    return features if isinstance(features, int) else len(features)


def _table(source: Any) -> Table | None:
    """The source as a table if it is one."""
    if is_frame(source):
        return read_frame(source)
    path = find_file(os.fspath(source)) if is_path(source) else None
    return read_table(path) if path is not None and is_table(path) else None


def _of_table(
    table: Table, features: int | Sequence[str], targets: Sequence[str], encoder: ColumnEncoder | None
) -> Samples:
    names = None if isinstance(features, int) or _unnamed(table.columns, features) else list(features)
    labelled = table.targets(targets) if targets else table.likely_target(names or ())
    if names is None:
        table.check_header()
        names = [name for name in table.columns if name not in labelled]
        if len(names) != _number(features):
            raise DataError(
                f"{table.what} has {len(names)} features, but model is expecting {_number(features)} "
                "features as input.",
                "give the columns of the training, and name the label column if there is one.",
            )
    columns = table.read(names)
    coding = None if encoder is None else encoder.coding
    table.check(columns, allowed_in_prediction(names, coding))
    X = code_columns(columns, coding)
    said = () if encoder is None else (*encoder.gap_notice(X, names), *encoder.unknown_notice(X, names))
    labels = told_labels(table.labels(labelled), f"the column '{labelled[0]}'") if labelled else None
    return Samples(X, labels, (*table.notices, *said))


def _unnamed(own: Iterable[str], features: Sequence[str]) -> bool:
    """Whether the training knew no names, so that a source's own names mean nothing to it."""
    return set(own).isdisjoint(features) and all(map(_DEFAULT_NAME.fullmatch, features))


def _by_name(X: Any, own: Sequence[str], features: int | Sequence[str], what: str) -> Any:
    """The columns of an array that has names for them, in the order of the training."""
    if isinstance(features, int) or np.shape(X)[1:] != (len(own),) or _unnamed(own, features):
        return X
    place = {name: j for j, name in enumerate(own)}
    if missing := [name for name in features if name not in place]:
        raise DataError(
            f"{what} has no feature '{missing[0]}' in its feature_names.",
            "give the features of the training.",
        )
    return X[:, [place[name] for name in features]]


def _image_shape(features: int | Sequence[str]) -> tuple[int, int] | None:
    """`(height, width)` of the images of the training, as the names of their pixels tell; None for no images."""
    last = None if isinstance(features, int) else _PIXEL.fullmatch(features[-1])
    return None if last is None else (int(last[1]) + 1, int(last[2]) + 1)


def _parts(source: Any, targets: Sequence[str]) -> RawParts:
    """A source that is no table."""
    if not is_path(source):
        X, y = source if isinstance(source, tuple) and len(source) == 2 else (source, None)
        return RawParts(RawPart(X, y))
    text = os.fspath(source)
    TableOptions(targets or None).refuse(text)
    path = find_file(text)
    if path is None and "," in text and ".npy" in text.lower():
        return RawParts(RawPart(*read_pair(text)))
    if path is None:
        example = load_example(text)
        return RawParts(RawPart(example.X, example.y, f"X of '{text}'"))
    if path.is_dir():
        return read_images(path, labelled=False)
    if path.suffix.lower() == ".npy":
        return RawParts(RawPart(read_npy(path), None, f"File '{path.name}'"))
    return read_npz(path, labelled=False)
