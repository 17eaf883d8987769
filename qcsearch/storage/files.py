"""Opening files that a stranger may have written: no link is followed, no pipe waited for, nothing read without end.

A run folder, a bundle or a snapshot may come out of somebody's archive. In the place of a file there may then be a
link to a file of one's own, a pipe that blocks for ever, a device that never ends, or a file of holes that claims
to hold terabytes. Whatever is inside such a folder is opened here. The folder itself may be reached through a link:
only what is in it is judged.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from qcsearch.errors import FileError, QCSearchError

__all__ = [
    "check_own",
    "check_tree",
    "is_file",
    "is_folder",
    "make_folder",
    "open_read",
    "open_update",
    "read_bytes",
    "read_tail",
    "read_text",
    "reading",
    "whole_lines",
    "write_bytes",
    "write_text",
]

_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_KINDS: dict[Callable[[int], bool], str] = {
    stat.S_ISLNK: "a link",
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def open_read(path: Path, limit: int | None = None, *, follow: bool = False) -> BinaryIO:
    """Open a regular file to read it.

    Args:
        path: the file.
        limit: bytes that it may have; None for any number, where whoever reads does so piece by piece.
        follow: whether it may be a link, because a person named it.

    Raises:
        FileError: if it is a link, a pipe, a device or a folder, or too large.
        OSError: if it is not there or may not be read.
    """
    file = _open(path, os.O_RDONLY, "rb", follow=follow)
    size = os.fstat(file.fileno()).st_size
    if limit is not None and size > limit:
        file.close()
        raise FileError(f"The file '{path}' must have at most {limit:,} bytes. It has {size:,}.")
    return file


@contextmanager
def reading(path: Path, fix: str | None = None) -> Iterator[None]:
    """Read a file that a program wrote: whatever is wrong with its content is one sentence.

    Args:
        path: the file, for the message.
        fix: what a person can do about it.

    Raises:
        FileError: if what is done meanwhile finds something missing, of another type, or no text.
    """
    try:
        yield
    except FileError:
        raise
    except QCSearchError as error:
        raise FileError(f"'{path}' cannot be read: {error.message}", fix) from None
    except OSError as error:
        raise FileError(f"'{path}' cannot be read: {error.strerror or error}.", fix) from None
    except UnicodeDecodeError:
        raise FileError(f"'{path}' cannot be read: it is no text.", fix) from None
    except KeyError as error:
        raise FileError(f"'{path}' cannot be read: it has no part {error}.", fix) from None
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise FileError(f"'{path}' cannot be read: {_reason(error)}.", fix) from None


def _reason(error: Exception) -> str:
    """What an error says, in a line; of pydantic's the first complaint."""
    if callable(complaints := getattr(error, "errors", None)):
        first = complaints()[0]
        return ": ".join([".".join(map(str, first["loc"])), first["msg"]]).lstrip(": ")
    return str(error).rstrip(".") or type(error).__name__


def read_bytes(path: Path, limit: int, *, follow: bool = False) -> bytes:
    """The content of a regular file of at most `limit` bytes; arguments and errors as `open_read`."""
    with open_read(path, limit, follow=follow) as file:
        content = file.read(limit + 1)
    if len(content) > limit:  # it grew, or is one of the system's that have no size
        raise FileError(f"The file '{path}' must have at most {limit:,} bytes. It has more.")
    return content


def read_text(path: Path, limit: int, *, follow: bool = False) -> str:
    """As `read_bytes`, decoded.

    Raises:
        UnicodeDecodeError: if it is not UTF-8.
    """
    return read_bytes(path, limit, follow=follow).decode()


def read_tail(path: Path, limit: int) -> bytes:
    """The last `limit` bytes of a regular file; errors as `open_read`."""
    with open_read(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - limit))
        return file.read(limit)


def whole_lines(file: BinaryIO, limit: int) -> Iterator[bytes]:
    """The lines of a file that have an end; what follows the last of them is somebody's draft.

    Raises:
        FileError: if one has `limit` bytes or more.
    """
    while (line := file.readline(limit)).endswith(b"\n"):
        yield line
    if len(line) == limit:
        raise FileError(f"A line of '{file.name}' must be shorter than {limit:,} bytes. One is not.")


def open_update(path: Path) -> BinaryIO:
    """Open a file to read, append and truncate; made if it is missing.

    Raises:
        FileError: if it is no regular file, or has another name elsewhere, under which it would change too.
        OSError: if it may not be written.
    """
    file = _open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, "a+b")
    try:
        check_own(file.fileno(), path)
    except FileError:
        file.close()
        raise
    return file


def check_own(handle: int, path: Path) -> None:
    """Pass if an open file may be written to: it is regular, and has no other name under which it would change too.

    Raises:
        FileError: if not.
    """
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise _refused(path, "a regular file", facts.st_mode)
    if facts.st_nlink > 1:
        raise FileError(
            f"The file '{path}' must have one name. It is a hard link: to write to it would change another.",
            fix="put a copy in its place.",
        )


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: whoever reads `path` finds the old content or the new one, never a part.

    A link at `path` is replaced, not followed.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """As `write_bytes`, encoded as UTF-8."""
    write_bytes(path, text.encode())


def is_file(path: Path) -> bool:
    """Whether a regular file is there, not a link to one."""
    return _mode(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Whether a folder is there, not a link to one."""
    return _mode(path, stat.S_ISDIR)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, if they are missing.

    Raises:
        FileError: if something else is there, be it a link to a folder.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise _refused(path, "a folder", path.lstat().st_mode) from None
    if not is_folder(path):
        raise _refused(path, "a folder", path.lstat().st_mode)


def check_tree(
    folder: Path, ours: Callable[[str], bool] = lambda name: True, folders: Collection[str] | None = None
) -> None:
    """Pass if a folder holds regular files and folders only, whatever their depth.

    Args:
        folder: looked into, if it is there; it may itself be a link.
        ours: whether an entry of this name, directly in `folder`, is looked at.
        folders: which of these may be folders; None for any.

    Raises:
        FileError: naming the first that is something else.
    """
    todo = [path for path in _entries(folder) if ours(path.name)]
    for path in todo:
        if folders is not None and path.name not in folders and is_folder(path):
            raise _refused(path, "a regular file", stat.S_IFDIR)
    while todo:
        path = todo.pop()
        try:
            mode = path.lstat().st_mode
            todo += _entries(path) if stat.S_ISDIR(mode) else []
        except FileNotFoundError:  # somebody's draft, who is at work
            continue
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise _refused(path, "a regular file or folder", mode)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _open(path: Path, flags: int, mode: str, *, follow: bool = False) -> BinaryIO:
    """Open what is a regular file before and after it was opened: opening a device may already do something."""
    try:
        before = os.stat(path, follow_symlinks=follow).st_mode
        if not stat.S_ISREG(before):
            raise _refused(path, "a regular file", before)
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
    try:
        handle = os.open(path, flags | (_FLAGS & ~os.O_NOFOLLOW if follow else _FLAGS), 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refused(path, "a regular file", stat.S_IFLNK) from None
        raise
    opened = os.fstat(handle).st_mode
    if not stat.S_ISREG(opened):
        os.close(handle)
        raise _refused(path, "a regular file", opened)
    # Opened by its name, which messages show.
    return cast(BinaryIO, open(path, mode, opener=lambda _, flags: handle))


def _mode(path: Path, wanted: Callable[[int], bool]) -> bool:
    try:
        return wanted(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _refused(path: Path, wanted: str, mode: int) -> FileError:
    found = next((name for is_kind, name in _KINDS.items() if is_kind(mode)), "a regular file")
    return FileError(
        f"'{path}' must be {wanted}. It is {found}.", fix="remove it, or put a copy in its place."
    )
