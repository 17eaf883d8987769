"""The budget: a total of seconds that holds over every session of a run, its parts, and the clock."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from qcsearch.errors import FileError, RunError
from qcsearch.storage import canonical, files
from qcsearch.storage.limits import MAX_CLOCK_BYTES

__all__ = ["SETUP", "Budget", "Clock"]

SETUP = "setup_seconds"
"""The constraint that a candidate breaks which takes more than `Budget.setup_seconds` to prepare and build."""

_SEARCH_SHARE, _SEARCH_SHARE_FULL = 0.75, 0.65
"""Of all seconds, when the last trial ends: several finalists, seeds and more steps than a trial take their time, and
a refit that has too little of it affords fewer finalists, then fewer steps."""

_REFIT_SHARE, _REFIT_SHARE_FULL = 0.92, 0.80
"""When the last refit ends: behind it the winner is still tested and compared, with all baselines for longer."""

_TRAINING_SHARE = 0.97
"""When the training of the last baseline ends: its test and the writing of the result cannot be interrupted."""

_SETUP_SHARE = 0.25
"""Of the search's seconds, what one candidate's setup may take: it cannot be interrupted, and others want trying."""

_TICK_SECONDS = 0.5
"""Between two writes of the clock: so much a kill may lose."""

_LONGEST = 1e10
"""Seconds that a clock may hold, three hundred years: more is no clock."""


@dataclass(frozen=True)
class Budget:
    """How the seconds of a run, all its sessions together, are shared out.

    Attributes:
        max_seconds: total, refit and final evaluation included; None for no limit.
        full: whether the winner is compared with all baselines.
    """

    max_seconds: float | None = None
    full: bool = False

    @property
    def search_seconds(self) -> float | None:
        """Elapsed seconds at which the last trial ends: the rest belongs to refit and evaluation."""
        return self._at(_SEARCH_SHARE_FULL if self.full else _SEARCH_SHARE)

    @property
    def setup_seconds(self) -> float | None:
        """What fitting a candidate's reduction, or building its circuit, may take; neither can be interrupted."""
        return None if self.search_seconds is None else _SETUP_SHARE * self.search_seconds

    @property
    def refit_seconds(self) -> float | None:
        """Elapsed seconds at which the last refit ends."""
        return self._at(_REFIT_SHARE_FULL if self.full else _REFIT_SHARE)

    @property
    def training_seconds(self) -> float | None:
        """Elapsed seconds at which the training of the last baseline ends, the last training of all."""
        return self._at(_TRAINING_SHARE)

    def _at(self, share: float) -> float | None:
        return None if self.max_seconds is None else share * self.max_seconds


class Clock:
    """Elapsed seconds of a run, kept in a file so that they add up over its sessions.

    While it runs (`with clock:`) a thread writes the total twice a second: a killed session loses no more
    than that.

    Args:
        path: JSON file `{"seconds": total}`; it need not exist.
        since: in seconds of `time.monotonic`, when this session began; None for when it is entered.
    """

    def __init__(self, path: Path, since: float | None = None) -> None:
        self._path, self._since = path, since
        self._before = _read(path)
        self._started: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="qcsearch-clock", daemon=True)

    @property
    def seconds(self) -> float:
        """Seconds used so far, earlier sessions included."""
        return self._before + (0.0 if self._started is None else time.monotonic() - self._started)

    def deadline(self, total: float | None) -> float | None:
        """The `time.monotonic()` at which `seconds` reaches `total`; None for None."""
        return None if total is None else time.monotonic() + total - self.seconds

    def __enter__(self) -> Clock:
        self._started = time.monotonic() if self._since is None else self._since
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._save()

    def _tick(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            with contextlib.suppress(
                OSError
            ):  # a disk may be full for a while; the search says so if it stays
                self._save()

    def _save(self) -> None:
        files.write_text(self._path, canonical.dumps({"seconds": self.seconds}) + "\n")


def _read(path: Path) -> float:
    """The total that `path` holds; 0 if there is none.

    Raises:
        RunError: if it holds none.
    """
    try:
        data = canonical.loads(files.read_text(path, MAX_CLOCK_BYTES))
    except FileNotFoundError:
        return 0.0
    except FileError:
        raise
    except ValueError:
        data = None
    seconds = data.get("seconds") if isinstance(data, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _LONGEST:
        raise RunError(
            f"The clock '{path}' must hold the seconds that the run has used. It does not.",
            fix="remove it to count from 0.",
        )
    return float(seconds)
