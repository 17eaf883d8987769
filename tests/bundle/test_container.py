from __future__ import annotations

import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsearch.bundle.container import pack, unpack
from qcsearch.errors import BundleError

FILES = {"b.json": b"{}", "a.txt": b"some text " * 20, "empty": b""}


@given(
    st.dictionaries(st.text("abc.", min_size=1, max_size=6), st.binary(max_size=200), min_size=1, max_size=5)
)
def test_what_was_packed_is_unpacked(files):
    assert unpack(pack(files), files.keys()) == files


def test_the_standard_library_reads_it_and_finds_no_fault():
    with zipfile.ZipFile(io.BytesIO(pack(FILES))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


def test_the_order_of_the_files_does_not_matter():
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


def test_what_another_zip_program_writes_is_refused():
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w", compression) as archive:
            for name, content in FILES.items():
                archive.writestr(name, content)
        with pytest.raises(BundleError):
            unpack(other.getvalue(), FILES.keys())


def test_every_single_flipped_bit_is_refused_or_changes_a_file():
    packed = pack(FILES)
    for place in range(len(packed)):
        for bit in range(8):
            changed = bytearray(packed)
            changed[place] ^= 1 << bit
            with pytest.raises(BundleError):
                unpack(bytes(changed), FILES.keys())


def test_bytes_before_between_and_behind_are_refused():
    packed = pack(FILES)
    rng = random.Random(1)
    for place in [0, len(packed), *(rng.randrange(len(packed)) for _ in range(300))]:
        with pytest.raises(BundleError):
            unpack(packed[:place] + b"x" + packed[place:], FILES.keys())


def test_every_truncation_is_refused():
    packed = pack(FILES)
    for length in range(len(packed)):
        with pytest.raises(BundleError):
            unpack(packed[:length], FILES.keys())


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "c.json", "a.txt/", ""])
def test_a_member_that_no_bundle_has_is_refused(name):
    with pytest.raises(BundleError, match="no bundle has"):
        unpack(pack({name: b"x"}), FILES.keys())


def test_a_member_that_stands_twice_is_refused():
    packed = pack({"a.txt": b"x"})
    member = packed[: packed.index(b"PK\1\2")]
    with pytest.raises(BundleError, match=r"a\.txt"):
        unpack(member + packed, {"a.txt"})
