"""NumPy's files, looked at before anything of them is allocated.

An archive of some megabytes may unpack to gigabytes, and a header may claim any shape. So the sizes that an archive
and the headers in it declare must agree with one another, and with what the file itself takes.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from qcsearch.errors import FileError
from qcsearch.storage.limits import MAX_ARCHIVE_RATIO, MAX_ARRAYS, SMALL_ARCHIVE

__all__ = ["array", "large_array", "load", "save"]

MAX_READ_BYTES = 512 * 2**20
"""Of one array that is read; what is larger is mapped, and whoever takes rows of it reads these alone."""

_MOST_COMPRESSED = 16 * 2**20
"""Bytes that are compressed; of numbers that were measured, more take seconds and hardly shrink."""

_LOCAL_HEADER = 30
_ZIP = (b"PK\3\4", b"PK\5\6")  # as numpy.load tells an archive from an array


def load(file: BinaryIO) -> Any:
    """What `numpy.load` makes of a file, an array or an archive; never pickled objects.

    Raises:
        FileError: if the file holds more than it should, or its parts are at odds.
        Exception: whatever NumPy and zipfile say of a file that is damaged.
    """
    is_archive = file.read(4) in _ZIP
    file.seek(0)
    if is_archive:
        _check_archive(file)
    else:
        _check_header(file, os.fstat(file.fileno()).st_size, "the file")
    file.seek(0)
    return np.load(file, allow_pickle=False)


def array(archive: Any, name: str, file: BinaryIO) -> NDArray[Any]:
    """One array of an archive; a large one is mapped, not read.

    Args:
        archive: what `load` made of `file`.
        name: of the array.
        file: the open file.

    Raises:
        FileError: if it is large and compressed, so that all of it would have to be unpacked.
    """
    member = archive.zip.getinfo(f"{name}.npy") if f"{name}.npy" in archive.zip.namelist() else None
    if member is None or member.file_size <= MAX_READ_BYTES:
        found: NDArray[Any] = archive[name]
        return found
    if member.compress_type != zipfile.ZIP_STORED:
        raise FileError(
            f"The compressed array '{name}' has {member.file_size:,} bytes; it must have at most {MAX_READ_BYTES:,}.",
            fix="save it without compression, by numpy.savez, or a sample of its rows.",
        )
    file.seek(member.header_offset)
    local = file.read(_LOCAL_HEADER)
    start = member.header_offset + _LOCAL_HEADER + sum(struct.unpack("<HH", local[-4:]))
    return _mapped(file, start)


def large_array(file: BinaryIO) -> NDArray[Any] | None:
    """The array of a `.npy` file, mapped, if it is large; else None."""
    return _mapped(file, 0) if os.fstat(file.fileno()).st_size > MAX_READ_BYTES else None


def _mapped(file: BinaryIO, start: int) -> NDArray[Any]:
    """The array whose header begins at byte `start`."""
    file.seek(start)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded when allow_pickle=False")
    return np.memmap(file, dtype, "r", file.tell(), shape, "F" if fortran else "C")


def save(arrays: Mapping[str, NDArray[Any]], *, compressed: bool = True) -> bytes:
    """An archive of these arrays.

    Args:
        arrays: by name; of numbers or texts.
        compressed: whether it may be, which it is unless it is large, or would look as if it swelled.

    Raises:
        ValueError: if one holds objects, which would be pickled.
    """
    # By hand: `numpy.savez` takes `allow_pickle` from NumPy 2.1 on, and before files the argument as an array.
    if objects := [name for name, array in arrays.items() if array.dtype.hasobject]:
        raise ValueError(f"An array of objects is not saved, as it would be pickled: '{objects[0]}'.")
    n_bytes = sum(array.nbytes for array in arrays.values())
    if not compressed or n_bytes > _MOST_COMPRESSED:
        return _saved(np.savez, arrays)
    content = _saved(np.savez_compressed, arrays)
    return _saved(np.savez, arrays) if n_bytes > _most(len(content)) else content


def _saved(write: Any, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    write(buffer, **arrays)
    return buffer.getvalue()


def _most(n_bytes: int) -> int:
    """What an archive of `n_bytes` may unpack to."""
    return max(SMALL_ARCHIVE, MAX_ARCHIVE_RATIO * n_bytes)


def _check_archive(file: BinaryIO) -> None:
    most = _most(os.fstat(file.fileno()).st_size)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MAX_ARRAYS:
            raise FileError(
                f"An archive must hold at most {MAX_ARRAYS} arrays. This one holds {len(members):,}."
            )
        if (total := sum(member.file_size for member in members)) > most:
            raise FileError(
                f"An archive of this size must unpack to at most {most:,} bytes. This one unpacks to {total:,}.",
                fix="save it without compression, by numpy.savez.",
            )
        for member in members:
            with archive.open(member) as inner:
                _check_header(inner, member.file_size, f"'{member.filename}'")


def _check_header(file: Any, size: int, what: str) -> None:
    """Pass if an array is as large as its header says; what has no such header NumPy refuses by itself."""
    if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
        return
    version = tuple(file.read(2))
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(
        version
    )
    if read is None:
        raise FileError(f"The array in {what} must be in NumPy's format 1.0 or 2.0.")
    shape, _, dtype = read(file)
    declared = dtype.itemsize
    for length in shape:
        declared *= length
    if not dtype.hasobject and declared != size - file.tell():
        raise FileError(
            f"The array in {what} must have the {declared:,} bytes that its header says. It has {size - file.tell():,}."
        )
