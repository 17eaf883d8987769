"""NumPy files: `.npz` archives and pairs of `.npy`, never with pickled objects.

The arrays of an archive are known by their names, in any case: `X, y`; scikit-learn's and Keras' `X_train, y_train,
X_test, y_test`; MedMNIST's `train_images, train_labels, val_images, …`. A part is `train`, `val` or `test`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.coding import Coding
from qcsearch.data.sources.parts import PREDICTED, RawPart, RawParts
from qcsearch.data.targets import Target, target_from_json
from qcsearch.errors import DataError, FileError
from qcsearch.storage import canonical, files, npz

__all__ = ["read_npy", "read_npz"]

_OPTIONAL = ("sample_weight", "feature_names", "image_shape", "column_coding", "target_kind", "quantum")
"""What an archive may hold besides: weights `(n_samples,)` of what is learnt from, names `(n_features,)`, `[height,
width]` of images that are flat, and the JSON text of the coding of a table with columns of text or gaps, and of what
its labels are, as a run keeps them, or of what samples that are quantum states are, see `data.quantum.reading`."""

_PART = "train|val|valid|validation|test"
_ROLE = re.compile(f"(?:({_PART})_)?(x|images|y|labels)(?:_({_PART}))?")
_SHOWN = 20

Role = tuple[str, str]
"""Of one array: which part, and `X` or `y`."""


def read_npz(path: Path, labelled: bool = True) -> RawParts:
    """Read the parts of an archive; arrays of no known name are left out, and named in a notice.

    Args:
        path: of the archive.
        labelled: whether labels must be there; if not, samples alone will do, and only the part to predict is read.

    Raises:
        DataError: if the file cannot be read, holds pickled objects, lacks an array or has two for one.
    """
    what = f"File '{path.name}'"
    try:
        with files.open_read(path, follow=True) as file:
            archive = npz.load(file)
            if isinstance(archive, np.ndarray):
                raise DataError(f"{what} is one array; its labels must come with it.", "write X.npy,y.npy.")
            arrays = {name: partial(npz.array, archive, name, file) for name in archive.files}
            return _parts(arrays, _roles(arrays, what), labelled, path)
    except DataError:
        raise
    except FileError as error:
        raise DataError(f"{what} cannot be read: {error.message}", error.fix) from error
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(_unreadable(what, error), _fix(error)) from error


def read_npy(path: Path) -> NDArray[Any]:
    """Read one array.

    Raises:
        DataError: if the file cannot be read or holds pickled objects.
    """
    what = f"File '{path.name}'"
    try:
        with files.open_read(path, follow=True) as file:
            mapped = npz.large_array(file)
            array = npz.load(file) if mapped is None else mapped
    except FileError as error:
        raise DataError(f"{what} cannot be read: {error.message}", error.fix) from error
    except Exception as error:  # whatever the reader says, the file is unreadable
        raise DataError(_unreadable(what, error), _fix(error)) from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{what} is an archive; it must be a single array.", "name it .npz.")
    return array


def _roles(names: Iterable[str], what: str) -> dict[Role, str]:
    """The array of each role, by name."""
    roles: dict[Role, str] = {}
    for name in names:
        role = _role(name)
        if role is not None and role in roles:
            raise DataError(
                f"{what} holds {roles[role]} and {name}; it must hold one of the two, for they mean the same."
            )
        if role is not None:
            roles[role] = name
    return roles


def _role(name: str) -> Role | None:
    match = _ROLE.fullmatch(name.casefold())
    if match is None or (match[1] and match[3]):
        return None
    part = match[1] or match[3] or "train"
    return "validation" if part.startswith("val") else part, "X" if match[2] in ("x", "images") else "y"


def _parts(
    arrays: Mapping[str, Callable[[], NDArray[Any]]], roles: dict[Role, str], labelled: bool, path: Path
) -> RawParts:
    """The arrays that have a role, part by part; an array is read when it is called."""
    what, held = f"File '{path.name}'", ", ".join([*arrays][:_SHOWN]) or "nothing"
    found: dict[str, RawPart] = {}
    there = [part for part in PREDICTED if {(part, "X"), (part, "y")} & set(roles)]
    for part in there if labelled else there[:1]:
        samples, labels = roles.get((part, "X")), roles.get((part, "y"))
        if samples is None or (labelled and labels is None):
            lacks = "labels" if labels is None else "samples"
            raise DataError(f"{what} must hold the {lacks} of its {part} part. It holds {held}.", _NAMES)
        y = None if labels is None else arrays[labels]()
        weighted = part == "train" and labelled and "sample_weight" in arrays
        found[part] = RawPart(
            arrays[samples](),
            y,
            f"{samples} of '{path.stem}'",
            f"{labels} of '{path.stem}'",
            arrays["sample_weight"]() if weighted else None,
        )
    if not found or (labelled and "train" not in found):
        raise DataError(f"{what} must hold X, y or X_train, y_train. It holds {held}.", _NAMES)
    unused = [name for name in arrays if name not in (*roles.values(), *_OPTIONAL)]
    notice = f"{what} also holds {', '.join(unused[:_SHOWN])}, not used: no name of samples or labels."
    return RawParts(
        found.get("train"),
        found.get("validation"),
        found.get("test"),
        feature_names=_texts(arrays["feature_names"]()) if "feature_names" in arrays else None,
        image_shape=_shape(arrays["image_shape"](), path.stem) if "image_shape" in arrays else None,
        coding=_coding(arrays["column_coding"]())
        if "column_coding" in arrays and [*found] == ["train"]
        else None,
        target=_target(arrays["target_kind"]()) if "target_kind" in arrays else None,
        quantum=_json(arrays["quantum"](), "quantum") if "quantum" in arrays else None,
        notices=(notice,) if unused else (),
    )


_NAMES = "name the arrays X, y, or X_train, y_train, X_val, y_val, X_test, y_test (or train_images, train_labels, …)."


def _texts(array: NDArray[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in np.ravel(array))


def _coding(array: NDArray[Any]) -> Coding:
    return Coding.from_json(_json(array, "column_coding"))


def _json(array: NDArray[Any], name: str) -> canonical.Json:
    try:
        return canonical.loads(str(array))
    except ValueError as error:
        raise DataError(f"The {name} is not readable JSON: {error}") from None


def _target(array: NDArray[Any]) -> Target:
    try:
        return target_from_json(canonical.loads(str(array)))
    except ValueError as error:
        raise DataError(f"The target_kind is not readable JSON: {error}") from None


def _shape(array: NDArray[Any], name: str) -> tuple[int, int]:
    if array.shape != (2,) or array.dtype.kind not in "iu":
        raise DataError(f"The image_shape of '{name}' must be two whole numbers. Got {array.tolist()}.")
    return int(array[0]), int(array[1])


def _unreadable(what: str, error: Exception) -> str:
    if "Object arrays" in str(error):
        return f"{what} holds Python objects, which are never loaded; it must hold plain numbers and text."
    if "allow_pickle" in str(error):
        return f"{what} cannot be read as a NumPy file: it does not begin like one."
    reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return f"{what} cannot be read as a NumPy file: {reason}."


def _fix(error: Exception) -> str | None:
    return "save it with dtype float64, int64 or str." if "Object arrays" in str(error) else None
