"""Errors of the world around a command, in a sentence: disks, memory, files that are not what they should be.

Whoever reads a file or takes an argument says itself what is wrong with it. What gets as far as here is what could
happen anywhere: it is no fault of this program, so it is not reported as one.
"""

from __future__ import annotations

import errno
import lzma
import tarfile
import zipfile
import zlib

__all__ = ["surroundings"]

_SAVED = "what was finished is saved; the same command resumes it."
_FIXES = {
    errno.ENOSPC: f"free some space on that disk; {_SAVED}",
    errno.EDQUOT: f"free some space of your quota; {_SAVED}",
    errno.EFBIG: f"allow larger files (ulimit -f); {_SAVED}",
    errno.EROFS: "give a place that may be written.",
    errno.EACCES: "give a place that you may read and write.",
    errno.EPERM: "give a place that you may read and write.",
    errno.EMFILE: "allow more open files (ulimit -n), or fewer --workers.",
    errno.ENFILE: "close other programs, or take fewer --workers.",
    errno.EAGAIN: "allow more processes (ulimit -u), or fewer --workers.",
    errno.ENOMEM: "close other programs, or take fewer --workers.",
    errno.EIO: "look at the disk; what can be read of a run is read.",
    errno.ENAMETOOLONG: "give a shorter name.",
}
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError)


def surroundings(error: BaseException) -> str | None:
    """What happened around the command, and what to do; None if the error is of another kind."""
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return f"There is not enough memory. Fix: take fewer samples, features or --workers; {_SAVED}"
    if isinstance(error, RecursionError):
        return "Something that was given is nested too deeply. Fix: make it flatter."
    if isinstance(error, UnicodeDecodeError):
        return f"A file that should be text is not UTF-8 at byte {error.start}. Fix: save it as UTF-8."
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[error.start]!a} cannot be written as {error.encoding}. Fix: set PYTHONUTF8=1."
    if isinstance(error, _BROKEN):
        return f"A compressed file is damaged: {_line(error)}. Fix: give it whole."
    return None


def _of_system(error: OSError) -> str:
    what = error.strerror or _line(error)
    where = f": {error.filename!r}" if error.filename else ""
    fix = _FIXES.get(error.errno or 0)
    return f"{what.rstrip('.')}{where}." + (f" Fix: {fix}" if fix else "")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
