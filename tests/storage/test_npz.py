"""Archives and arrays that claim or unpack to more than they take."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.errors import DataError, FileError
from qcsearch.storage import files, npz


def loaded(path, content):
    path.write_bytes(content)
    with files.open_read(path) as file:
        found = npz.load(file)
        return {name: found[name] for name in found.files} if hasattr(found, "files") else found


def header(shape, dtype="<f8"):
    text = str({"descr": dtype, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


@pytest.mark.parametrize("arrays", [{"a": np.arange(6.0).reshape(2, 3), "b": np.array(["x", "yy"])}, {}])
def test_what_was_saved_is_loaded(tmp_path, arrays):
    found = loaded(tmp_path / "a.npz", npz.save(arrays))
    assert set(found) == set(arrays)
    assert all((found[name] == array).all() for name, array in arrays.items())


def test_what_would_look_like_a_bomb_is_saved_as_it_is(tmp_path):
    zeros = np.zeros((9_000, 1000))
    content = npz.save({"X": zeros})
    assert len(content) > zeros.nbytes
    assert loaded(tmp_path / "a.npz", content)["X"].shape == zeros.shape


def test_a_small_archive_that_unpacks_to_much_is_refused(tmp_path):
    bomb = zipped(X=header((9_000_000,)) + bytes(72_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(FileError, match="must unpack to at most 67,108,864 bytes"):
        loaded(tmp_path / "a.npz", bomb)
    with pytest.raises(DataError, match=r"unpack to at most .* numpy\.savez"):
        load_dataset(str(tmp_path / "a.npz"))


@pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (2**62, 2**62), (0, 10**12), (3,), (-1,), ()])
@pytest.mark.parametrize("dtype", ["<f8", "<U1000000000", "|u1"])
def test_a_header_that_lies_is_refused(tmp_path, shape, dtype):
    content = header(shape, dtype) + bytes(16)
    for made in (content, zipped(X=content)):
        with pytest.raises((FileError, ValueError)):
            loaded(tmp_path / "a", made)


def test_arrays_without_end_in_number_are_refused(tmp_path):
    many = zipped(**{f"a{i}": header((1,)) + bytes(8) for i in range(1001)})
    with pytest.raises(FileError, match="at most 1000 arrays"):
        loaded(tmp_path / "a.npz", many)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"PK\5\6" + bytes(18), header((2,))[:20], b"x" * 100])
def test_what_is_no_such_file_is_refused_by_the_door(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(DataError):
        load_dataset(str(path))


def test_an_array_with_an_archive_behind_it_is_read_as_numpy_reads_it(tmp_path):
    both = header((10**9,)) + zipped(X=header((1,)) + bytes(8))
    with pytest.raises(FileError, match="its header says"):
        loaded(tmp_path / "a", both)
