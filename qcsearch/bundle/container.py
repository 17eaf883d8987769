"""A bundle in one zip file that has exactly one spelling.

Members are stored, not compressed, one after the other in the order of their names, with one fixed date and
no extra fields; then the directory, then the end. `unpack` walks the members and then asks whether packing
them again gives the same bytes. Nothing can therefore hide between members, behind the end, in a comment or
in the metadata, no name can stand twice or lead out of the folder, and a small file cannot swell into a large
one. Any zip program can open the result.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from qcsearch.errors import BundleError

__all__ = ["pack", "unpack"]

# PKWARE APPNOTE 6.3.10: local file header (4.3.7), central directory header (4.3.12), end record (4.3.16).
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION = 20
_UNIX_VERSION = (3 << 8) | _VERSION
_DATE = (1 << 5) | 1  # 1980-01-01, the first day a zip can name
_MODE = 0o100644 << 16


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the zip file that holds `files`, names in ASCII."""
    return b"".join(_parts(files))


def _parts(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """The zip file piece by piece."""
    directory, offset = [], 0
    for name, content in sorted(files.items()):
        label, size = name.encode("ascii"), len(content)
        facts = (0, 0, 0, _DATE, zlib.crc32(content), size, size, len(label), 0)
        header = _LOCAL.pack(b"PK\3\4", _VERSION, *facts) + label
        directory.append(
            _CENTRAL.pack(b"PK\1\2", _UNIX_VERSION, _VERSION, *facts, 0, 0, 0, _MODE, offset) + label
        )
        yield header
        yield content
        offset += len(header) + size
    listing = b"".join(directory)
    yield listing
    yield _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(listing), offset, 0)


def unpack(content: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Return the files of a zip that `pack` wrote.

    Args:
        content: the zip file's bytes.
        names: the names that may occur.

    Raises:
        BundleError: if the bytes are not what `pack` makes of the files in them.
    """
    files: dict[str, bytes] = {}
    position = 0
    while content[position : position + 4] == b"PK\3\4":
        name, start, end = _member(content, position)
        if name not in names or name in files:
            raise BundleError(f"The zip file holds a member that no bundle has, or has once: {name!r}.")
        files[name] = content[start:end]
        position = end
    if not _is(content, _parts(files)):
        raise BundleError(
            "The zip file is not byte for byte as it was written: it was changed, cut or packed again.",
            fix="take the original, or unzip this one and verify the folder.",
        )
    return files


def _is(content: bytes, parts: Iterable[bytes]) -> bool:
    """Whether `content` is the `parts` in a row; nothing is copied."""
    view, position = memoryview(content), 0
    for part in parts:
        if view[position : position + len(part)] != part:
            return False
        position += len(part)
    return position == len(content)


def _member(content: bytes, position: int) -> tuple[str, int, int]:
    """The name of the member at `position`, and where its content starts and ends."""
    if position + _LOCAL.size > len(content):
        raise BundleError("The zip file ends inside a member's header: it was cut.")
    *_, size, label, extra = _LOCAL.unpack_from(content, position)
    middle = position + _LOCAL.size
    start = middle + label + extra
    if start + size > len(content):
        raise BundleError("The zip file ends inside a member: it was cut.")
    return content[middle : middle + label].decode("latin-1"), start, start + size
