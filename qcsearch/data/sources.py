"""Where data comes from: files, scikit-learn's names, arrays and frames, all through the same checks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.arrays import read_npy, read_npz
from qcsearch.data.checks import check_X, default_names
from qcsearch.data.csv_table import read_csv
from qcsearch.data.dataset import Dataset, FloatArray
from qcsearch.data.examples import load_example
from qcsearch.data.labels import check_lengths, check_X_y, check_y, encode
from qcsearch.data.parquet_table import read_parquet
from qcsearch.data.split import constant_notice
from qcsearch.data.tables import Table, table_from_dataframe
from qcsearch.errors import DataError

__all__ = ["load_dataset", "load_features", "load_features_and_labels"]


def load_dataset(
    source: Any,
    target: str | None = None,
    *,
    image_shape: tuple[int, int] | None = None,
    name: str | None = None,
) -> Dataset:
    """Load a labelled data set and check it.

    Args:
        source: a path to a `.csv`, `.parquet` or `.npz` file; a pair of paths `"X.npy,y.npy"`; a name of scikit-learn
            (`digits`, `digits:0-3`, `iris`, `wine`, `breast_cancer`, `moons`); a pair `(X, y)`; or a DataFrame.
            A file that is there goes before a name. An archive holds `X, y`, or `X_train, X_test, y_train, y_test`
            and so brings its own test part; it may hold `feature_names` and `image_shape`.
        target: the label column of a table. If None, the one column named target, label, class or y.
        image_shape: `(height, width)` of samples that are images but come flat.
        name: what to call the data set; by default the file's or the example's own name.

    Raises:
        DataError: if anything about the data is wrong; nothing else is ever raised for bad data.
        MissingExtraError: if a Parquet file is given and pyarrow is not installed.
    """
    if _is_frame(source):
        return _from_table(table_from_dataframe(source), target, name or "DataFrame", image_shape)
    if isinstance(source, tuple | list) and len(source) == 2 and not isinstance(source[0], str | os.PathLike):
        return _from_pair(source[0], source[1], target, image_shape, name or "arrays")
    if not isinstance(source, str | os.PathLike):
        raise DataError(
            "A data set must be a path, a name, a DataFrame or a pair (X, y). "
            f"Got {'an' if type(source).__name__[0] in 'aeiou' else 'a'} {type(source).__name__}."
        )
    text = os.fspath(source)
    path = _file(text)
    if path is None:
        return _from_name(text, target, image_shape, name)
    name = name or path.stem
    if path.suffix.lower() in _TABLES:
        return _from_table(_TABLES[path.suffix.lower()](path), target, name, image_shape)
    _no_target(target, text)
    return _from_archive(read_npz(path), name, image_shape)


def load_features(source: Any, features: int | Sequence[str], target: str | None = None) -> FloatArray:
    """Load samples to predict: `(n_samples, n_features)`, checked like those of the training.

    Args:
        source: as for `load_dataset`, or `X` alone: an array, a table without labels, one `.npy` file. Of an archive
            with its own test part, the test part.
        features: the feature names of the training, or their number. A table is read by name, its order does not
            matter and other columns are ignored; everything else, and a table for a model that was trained on unnamed
            features, by position.
        target: the label column of a table, which is left out.

    Raises:
        DataError: as `load_dataset`, and if a feature is missing or their number differs.
    """
    return load_features_and_labels(source, features, target)[0]


def load_features_and_labels(
    source: Any, features: int | Sequence[str], target: str | None = None
) -> tuple[FloatArray, NDArray[Any] | None]:
    """Like `load_features`, with the labels `(n_samples,)` as well if the source holds them, else None."""
    table = _table(source)
    if table is not None:
        return _features_of_table(table, features, target)
    n_features = features if isinstance(features, int) else len(features)
    X, y, what = _unlabelled(source, target)
    flat, _ = check_X(X, n_features, what=what)
    if y is None:
        return flat, None
    labels = check_y(y)
    check_lengths(flat, labels, what, "y")
    return flat, np.asarray(labels)


_TABLES = {".csv": read_csv, ".parquet": read_parquet}


def _is_frame(source: Any) -> bool:
    return hasattr(source, "columns") and hasattr(source, "__getitem__") and not isinstance(source, Mapping)


def _file(text: str, suffixes: tuple[str, ...] = (*_TABLES, ".npz")) -> Path | None:
    """The path if `text` means a file, None if it means a name or a pair."""
    path = Path(text)
    if not text.strip():
        raise DataError("A data set must be a path or a name. Got an empty one.")
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except (OSError, ValueError):  # too long, or zero bytes in it
        exists, is_folder = False, False
    if not exists and not path.suffix:
        return None
    if path.suffix.lower() == ".npy" and ".npy" not in suffixes:
        return None
    if not exists:
        if text.partition(":")[0].isidentifier():
            return None
        raise DataError(f"File '{text}' is not there.", "check the path.")
    if is_folder:
        raise DataError(f"'{text}' is a folder; a data set must be a file.")
    if path.suffix.lower() not in suffixes:
        known = ", ".join(suffixes)
        raise DataError(f"File '{path.name}' must end in one of {known}, or be a pair X.npy,y.npy.")
    _readable(path)
    return path


def _readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataError(f"File '{path.name}' cannot be read: {error.strerror}.") from error


def _no_target(target: str | None, source: str) -> None:
    if target is not None:
        raise DataError(
            f"A target column is for tables; '{source}' has its labels apart.", "leave --target out."
        )


def _from_name(
    text: str, target: str | None, image_shape: tuple[int, int] | None, name: str | None
) -> Dataset:
    _no_target(target, text)
    if text.lower().endswith(".npy"):
        X, y = _npy_pair(text)
        return _from_pair(X, y, None, image_shape, name or Path(text.split(",")[0]).stem)
    example = load_example(text)
    return _build(example.X, example.y, name or text, image_shape, example.feature_names)


def _npy_pair(text: str) -> tuple[NDArray[Any], NDArray[Any]]:
    paths = [_file(part.strip(), (".npy",)) for part in text.split(",")]
    if len(paths) != 2 or None in paths:
        raise DataError(f"Arrays in .npy files must come as a pair. Got '{text}'.", "write X.npy,y.npy.")
    return read_npy(paths[0]), read_npy(paths[1])  # type: ignore[arg-type]


def _from_pair(X: Any, y: Any, target: str | None, image_shape: tuple[int, int] | None, name: str) -> Dataset:
    _no_target(target, name)
    if _is_frame(X):
        table = table_from_dataframe(X)
        return _build(table.features(list(table.columns)), y, name, image_shape, tuple(table.columns))
    return _build(X, y, name, image_shape, None)


def _from_table(table: Table, target: str | None, name: str, image_shape: tuple[int, int] | None) -> Dataset:
    column = table.target(target)
    names = tuple(other for other in table.columns if other != column)
    X = table.features(names)
    notices = () if target is not None else (f"The target is column '{column}'.",)
    return _build(X, table.labels(column), name, image_shape, names, f"column '{column}'", notices=notices)


def _from_archive(
    arrays: Mapping[str, NDArray[Any]], name: str, image_shape: tuple[int, int] | None
) -> Dataset:
    names = tuple(str(n) for n in np.ravel(arrays["feature_names"])) if "feature_names" in arrays else None
    if image_shape is None and "image_shape" in arrays:
        shape = arrays["image_shape"]
        if shape.shape != (2,) or shape.dtype.kind not in "iu":
            raise DataError(f"The image_shape of '{name}' must be two whole numbers. Got {shape.tolist()}.")
        image_shape = (int(shape[0]), int(shape[1]))
    if "X" in arrays:
        return _build(arrays["X"], arrays["y"], name, image_shape, names)
    test = (arrays["X_test"], arrays["y_test"])
    return _build(arrays["X_train"], arrays["y_train"], name, image_shape, names, part="_train", test=test)


def _build(
    X: Any,
    y: Any,
    name: str,
    image_shape: tuple[int, int] | None,
    names: tuple[str, ...] | None,
    target: str = "y",
    *,
    part: str = "",
    test: tuple[Any, Any] | None = None,
    notices: tuple[str, ...] = (),
) -> Dataset:
    what = f"X{part} of '{name}'"
    target = f"{target}{part} of '{name}'"
    flat, codes, classes, seen_shape = check_X_y(X, y, names=names, what=what, target=target)
    shape = seen_shape or image_shape
    if shape is not None and shape[0] * shape[1] != flat.shape[1]:
        raise DataError(
            f"{what} has {flat.shape[1]} features, which are no images of {shape[0]}×{shape[1]} pixels."
        )
    names = names or default_names(flat.shape[1], shape)
    if len(names) != flat.shape[1] or len(set(names)) != len(names):
        raise DataError(f"'{name}' must have one name of its own for each of its {flat.shape[1]} features.")
    X_test = y_test = None
    if test is not None:
        X_test, _ = check_X(test[0], flat.shape[1], what=f"X_test of '{name}'", owner="X_train", names=names)
        labels = check_y(test[1], f"y_test of '{name}'")
        check_lengths(X_test, labels, f"X_test of '{name}'", "y_test")
        y_test = encode(labels, classes, f"y_test of '{name}'")
        notices += _seen_before(flat, X_test)
    dataset = Dataset(flat, codes, classes, names, shape, name, X_test, y_test, notices)
    constant = tuple(int(j) for j in np.flatnonzero(flat.max(axis=0) == flat.min(axis=0)))
    more = constant_notice(dataset, constant)
    return (
        Dataset(flat, codes, classes, names, shape, name, X_test, y_test, notices + more) if more else dataset
    )


def _seen_before(X: FloatArray, X_test: FloatArray) -> tuple[str, ...]:
    seen = {row.tobytes() for row in X}
    count = sum(row.tobytes() in seen for row in X_test)
    if not count:
        return ()
    return (
        f"{count} of {len(X_test)} test rows also stand in the training part; the test figure will flatter.",
    )


def _table(source: Any) -> Table | None:
    """The source as a table if it is one."""
    if _is_frame(source):
        return table_from_dataframe(source)
    if isinstance(source, str | os.PathLike):
        path = _file(os.fspath(source), (*_TABLES, ".npz", ".npy"))
        if path is not None and path.suffix.lower() in _TABLES:
            return _TABLES[path.suffix.lower()](path)
    return None


def _features_of_table(
    table: Table, features: int | Sequence[str], target: str | None
) -> tuple[FloatArray, NDArray[Any] | None]:
    names = None if isinstance(features, int) else list(features)
    column = target if target is not None else _target_of(table, names or [])
    if target is not None:
        table.target(target)
    if names is None or (set(names).isdisjoint(table.columns) and _are_default(names)):
        n_features = features if isinstance(features, int) else len(features)
        names = [name for name in table.columns if name != column]
        if len(names) != n_features:
            raise DataError(
                f"{table.what} has {len(names)} features, but model is expecting {n_features} features as input.",
                "name the label column, or give the columns of the training.",
            )
    X = table.features(names)
    return X, None if column is None else np.asarray(check_y(table.labels(column), f"column '{column}'"))


def _target_of(table: Table, names: Sequence[str]) -> str | None:
    try:
        column = table.target(None)
    except DataError:
        return None
    return None if column in names else column


def _are_default(names: Sequence[str]) -> bool:
    return all(name.startswith(("x", "pixel_")) for name in names)


def _unlabelled(source: Any, target: str | None) -> tuple[Any, Any, str]:
    """`X`, `y` or None, and the name of `X` in messages, of a source that is no table."""
    if not isinstance(source, str | os.PathLike):
        pair = isinstance(source, tuple) and len(source) == 2
        return (source[0], source[1], "X") if pair else (source, None, "X")
    text = os.fspath(source)
    _no_target(target, text)
    path = _file(text, (*_TABLES, ".npz", ".npy"))
    if path is not None and path.suffix.lower() == ".npz":
        arrays = read_npz(path, labelled=False)
        suffix = "" if "X" in arrays else "_test"
        return arrays[f"X{suffix}"], arrays.get(f"y{suffix}"), f"X{suffix} of '{path.stem}'"
    if path is not None:
        return read_npy(path), None, f"File '{path.name}'"
    if text.lower().endswith(".npy"):
        return (*_npy_pair(text), "X")
    example = load_example(text)
    return example.X, example.y, f"X of '{text}'"
