"""The process of a command: when it began, and how it ends on a signal.

On Ctrl-C and SIGTERM a command ends within two seconds wherever it is, with exit code 130.
Python interrupts its main thread between two of its own instructions, so not in the middle of a numerical library, nor
while it waits for threads to end. A thread of its own receives the signal too, waits for a moment in which the command
may end properly, and then ends the process. Nothing is lost by that, nor by SIGKILL: what is finished
is on disk.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

__all__ = ["INTERRUPTED", "be_patient", "began", "leave", "listen", "say_at_end"]

INTERRUPTED = 130
"""Exit code."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOMENT_SECONDS = 1.0
_LONGEST_START_SECONDS = 60.0
_SHOW_CURSOR = "\x1b[?25h\n"


class _Watch:
    """Ends the process a moment after a signal, or at once after the second."""

    def __init__(self) -> None:
        self.began: float | None = None
        self.sentence = "Interrupted."
        self.patient = False

    def run(self, signals: int) -> None:
        """Read numbers of signals from a pipe, for as long as the process lives."""
        received = 0
        while content := os.read(signals, 64):
            received += sum(number in _SIGNALS for number in content)
            if received and not self.patient:
                self._end(received)

    def _end(self, received: int) -> None:
        if received == 1:
            time.sleep(_MOMENT_SECONDS)
        if self.patient:
            return
        with contextlib.suppress(OSError, ValueError):
            cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
            os.write(2, f"{cursor}{self.sentence}\n".encode())
        os._exit(INTERRUPTED)


_WATCH = _Watch()


def listen() -> None:
    """Begin to listen, in the main thread of a process that is a command; an ignored signal stays ignored."""
    _WATCH.began = time.monotonic() - _age()
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    threading.Thread(target=_WATCH.run, args=(signals,), name="qcsearch-signals", daemon=True).start()


def leave(code: int) -> NoReturn:
    """Leave at once with an exit code, which stands, whatever signal comes now.

    A command has cleaned up by then, and to take its libraries down would cost the interpreter a good part of a second.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def began() -> float | None:
    """In seconds of `time.monotonic`, when this process began; None if it is not a command's alone."""
    return _WATCH.began


def be_patient() -> None:
    """From now on an interrupted command takes the time it needs: it may have a job or a session to close."""
    _WATCH.patient = True


def say_at_end(sentence: str) -> None:
    """What to say if the process has to be ended from outside its command."""
    _WATCH.sentence = sentence


def _age() -> float:
    """Seconds since the system started this process, where it tells them; 0 where not."""
    try:
        after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
    return age if 0 <= age < _LONGEST_START_SECONDS else 0.0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
