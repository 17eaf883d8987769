"""Locks that hold wherever a folder can be written, on the network folders of a laboratory too.

The kernel's own `flock` does not: on a folder of another machine it may be refused, may reach the processes of one
machine only, or may succeed for everybody at once, and nobody is told which. What every file system that is shared
keeps is that a name is made once (`O_EXCL`). A lock `PATH` is therefore a file `PATH.N`:

```
{"machine": …, "host": …, "pid": …, "started": …}     who holds it
000000000017                                           a count that goes up while its holder lives, if it is a lease
free                                                   it was let go
```

The highest number counts. Whoever finds it free, or its holder dead, makes the next number, looks whether a higher
one came in between, and removes the lower ones. So nothing is ever taken by removing it, and two that try at the
same moment cannot both have it.

*Dead* is a holder on this machine whose process is gone, at once (a process is known by its number and the moment
it began, a machine by its name, its boot and its space of process numbers), and a holder elsewhere whose file has
not changed for half a minute of *this* process's clock: no two clocks are compared. A holder elsewhere that was
stopped for so long and goes on finds out by `Lease.held`.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qcsearch.storage import files
from qcsearch.storage.owner import Owner

__all__ = ["Lease", "Roll", "locked"]

BEAT_SECONDS = 5.0
STALE_SECONDS = 30.0
_UNWRITTEN_SECONDS = 2.0
_LARGEST = 4096
_FREE, _COUNT = b"free\n", b"%012d\n"


class Lease:
    """A lock that is held for long.

    Args:
        path: names it, see the module; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = -1
        self._ended = threading.Event()
        self._ours = re.compile(re.escape(path.name) + r"\.(\d{1,15})", re.ASCII)

    def take(self, max_seconds: float | None = None, *, beat: bool = True) -> None:
        """Take it.

        Args:
            max_seconds: how long to wait for it, None for ever. Whether a holder on another machine lives takes up
                to half a minute to see, which is waited in any case.
            beat: show that this process lives, for those on other machines; not worth it for a moment.

        Raises:
            TimeoutError: if somebody else still held it; says who.
        """
        deadline = None if max_seconds is None else time.monotonic() + max_seconds
        watch, pause = _Watch(), 0.001
        while not self._try(watch):
            late = deadline is not None and time.monotonic() >= deadline
            if late and not watch.in_doubt:
                raise TimeoutError(f"'{self._path}' is held by {watch.owner or 'another process'}.")
            time.sleep(pause)
            pause = min(0.02, 2 * pause)
        if beat:
            self._ended = threading.Event()
            threading.Thread(target=self._beat, args=(self._number, self._ended), daemon=True).start()

    @property
    def held(self) -> bool:
        """Whether it still is this object's: nobody took it for dead, and nobody removed the file."""
        return self._number >= 0 and self._newest() == self._number

    def release(self) -> None:
        """Let it go, if it is held."""
        self._ended.set()
        number, self._number = self._number, -1
        if number >= 0:
            with contextlib.suppress(OSError):  # it was taken, or the folder is gone
                _write(self._file(number), _FREE)

    def _try(self, watch: _Watch) -> bool:
        """Take it if it can be had now."""
        newest = self._newest()
        if newest >= 0 and not watch.free(newest, _read(self._file(newest))):
            return False
        mine = self._file(newest + 1)
        try:
            _write(mine, Owner.me().line + _COUNT % 0, os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        except OSError:  # a full disk
            mine.unlink(missing_ok=True)
            raise
        numbers = self._numbers()
        if max(numbers, default=-1) != newest + 1:  # it was free when we looked, and has gone on since
            mine.unlink(missing_ok=True)
            return False
        for number in numbers - {newest + 1}:
            self._file(number).unlink(missing_ok=True)
        self._number = newest + 1
        return True

    def _beat(self, number: int, ended: threading.Event) -> None:
        start, count = len(Owner.me().line), 0
        while not ended.wait(BEAT_SECONDS):
            count += 1
            with contextlib.suppress(OSError):  # a full disk does not take it from us
                _write(self._file(number), _COUNT % count, at=start)

    def _numbers(self) -> set[int]:
        with os.scandir(self._path.parent) as entries:
            return {int(found[1]) for entry in entries if (found := self._ours.fullmatch(entry.name))}

    def _newest(self) -> int:
        return max(self._numbers(), default=-1)

    def _file(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class _Watch:
    """What a process that waits has seen of a lock.

    Attributes:
        owner: who holds it.
        in_doubt: whether it cannot be said yet if that one lives.
    """

    def __init__(self) -> None:
        self.owner: Owner | None = None
        self.in_doubt = False
        self._seen: tuple[int, bytes] = (-1, b"")
        self._since = time.monotonic()

    def free(self, number: int, content: bytes) -> bool:
        """Whether it can be had, as its newest file says."""
        now, changed = time.monotonic(), (number, content) != self._seen
        alive = changed and self._seen[0] == number
        self.owner = Owner.read(content.split(b"\n")[0])
        if changed:
            self._seen, self._since = (number, content), now
        if content.endswith(b"\n" + _FREE) or (self.owner is not None and not self.owner.lives):
            return True
        if self.owner is not None and self.owner.near:
            self.in_doubt = False
            return False
        self.in_doubt = not alive and (self.in_doubt or changed)
        return now - self._since > (_UNWRITTEN_SECONDS if self.owner is None else STALE_SECONDS)


class Roll:
    """A list of processes, which each signs itself, so that others can wait until all are gone.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self) -> None:
        """Sign as the first."""
        self._path.unlink(missing_ok=True)
        _write(self._path, Owner.me().line, os.O_CREAT | os.O_EXCL)

    def sign(self) -> None:
        """Sign."""
        _write(self._path, Owner.me().line, os.O_CREAT)

    def wait(self, max_seconds: float) -> None:
        """Wait until all who signed on this machine are gone.

        Raises:
            TimeoutError: if one is not after `max_seconds`.
        """
        deadline = time.monotonic() + max_seconds
        while names := [str(owner) for owner in self._signed() if owner.near and owner.lives]:
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{', '.join(names)} did not end.")
            time.sleep(0.02)

    def _signed(self) -> list[Owner]:
        content = _read(self._path, 1 << 20)
        return [owner for line in content.splitlines() if (owner := Owner.read(line)) is not None]


@contextmanager
def locked(path: Path, *, max_seconds: float | None = None) -> Iterator[None]:
    """Hold a lock for a moment.

    Args:
        path: names it, see the module; its folder exists.
        max_seconds: how long to wait for it; None for ever.

    Raises:
        TimeoutError: if somebody else still held it after `max_seconds`.
    """
    lease = Lease(path)
    lease.take(max_seconds, beat=False)
    try:
        yield
    finally:
        lease.release()


def _write(path: Path, data: bytes, flags: int = 0, at: int | None = None) -> None:
    """Write at the end of a file, or at a place in it, in one piece; others see it when this returns."""
    append = os.O_APPEND if at is None else 0
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | append | flags, 0o644)
    try:
        files.check_own(handle, path)
        if at is None:
            os.write(handle, data)
        else:
            os.pwrite(handle, data, at)
    finally:
        os.close(handle)


def _read(path: Path, largest: int = _LARGEST) -> bytes:
    """The beginning of a file; nothing if it is none, or gone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(handle, largest) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    finally:
        os.close(handle)
