"""Who holds something: a process, so named that no other is taken for it, and whether it lives."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from qcsearch.storage import canonical

__all__ = ["Owner"]


@dataclass(frozen=True)
class Owner:
    """A process.

    Attributes:
        machine: where its number means something.
        host: the machine's name, for people.
        pid: its number.
        started: when it began, in ticks since the machine did; 0 where that cannot be known.
    """

    machine: str
    host: str
    pid: int
    started: int

    @classmethod
    def me(cls) -> Owner:
        """This process."""
        return cls(*_here(), os.getpid(), _started(os.getpid()))

    @classmethod
    def read(cls, line: bytes) -> Owner | None:
        """Whom a line of a file names; None if it names nobody."""
        try:
            found = canonical.loads(line)
            return cls(str(found["machine"]), str(found["host"]), int(found["pid"]), int(found["started"]))
        except (ValueError, KeyError, TypeError, OverflowError):
            return None

    @property
    def line(self) -> bytes:
        """What `read` reads."""
        return canonical.dumps(asdict(self)).encode() + b"\n"

    @property
    def near(self) -> bool:
        """Whether this process could see it."""
        return self.machine == _here()[0]

    @property
    def lives(self) -> bool:
        """Whether it is there; of one that is not near nobody here can know, and it is taken to be."""
        if not self.near:
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
        started = _started(self.pid)
        return started >= 0 and (0 in (started, self.started) or started == self.started)

    def __str__(self) -> str:
        return f"process {self.pid}" + ("" if self.near else f" on {self.host!a}")


@lru_cache(maxsize=1)
def _here() -> tuple[str, str]:
    """What tells this machine, its boot and its space of process numbers from others; and the machine's name."""
    host = socket.gethostname()
    boot = _told("/proc/sys/kernel/random/boot_id").decode().strip()
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return f"{host}/{boot}/{space}", host


def _started(pid: int) -> int:
    """When a process began, in ticks; 0 if that cannot be known, -1 if it has ended and waits to be buried."""
    fields = _told(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    if len(fields) < 20:
        return 0
    return -1 if fields[0] in (b"Z", b"X") else int(fields[19])


def _told(path: str) -> bytes:
    """What the system says in one of its files; nothing where it has none."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
