"""Local worker processes: started, watched, replaced when they die, gone when their parent is."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from qcsearch.errors import QCSearchError
from qcsearch.processes import environment, python_command
from qcsearch.search.run.folder import WORKERS_SECONDS, RunFolder
from qcsearch.storage import files

__all__ = ["ForkServer", "WorkerPool"]

_logger = logging.getLogger("qcsearch.simulation")

_STOP_SECONDS = 0.3
_POLL_SECONDS = 0.1
_DEATHS_WITHOUT_PROGRESS = 6
_LAST_BYTES = 1 << 16


class ForkServer:
    """The process that forks the workers, see `worker`; it begins to import as soon as it is made.

    A fresh interpreter: nothing is forked from a process in which numerical libraries have threads, and a
    script without a main guard is not run again. Make it early, before the data are read, and a search goes
    on seconds sooner.

    Attributes:
        module: what the interpreter runs.
    """

    module = "qcsearch.search.workers.fork_server"

    def __init__(self) -> None:
        self._early = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process
        self._process = subprocess.Popen(
            python_command(self.module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._early,
            env=environment(),
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._buffer = b""

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it lives."""
        return self._process.poll()

    def command(self, *words: str) -> None:
        """Send one command; that a dead fork server does not hear it, `exit_code` says."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()

    def answers(self) -> list[list[Any]]:
        """What it has told since the last call, a list of words a line."""
        assert self._process.stdout is not None
        with contextlib.suppress(BlockingIOError):
            while content := os.read(self._process.stdout.fileno(), 1 << 16):
                self._buffer += content
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]

    def warm_up(self) -> float:
        """Wait until the kernels are ready for its workers.

        Returns:
            The seconds that their compilation took; 0 if it was not necessary, or the fork server died, which
            `WorkerPool` mends.
        """
        assert self._process.stdout is not None
        while self.exit_code is None:
            select.select([self._process.stdout], [], [], _POLL_SECONDS)
            for verb, *words in self.answers():
                if verb == "said":
                    _logger.warning(*words)
                elif verb == "warm":
                    return float(*words)
        return 0.0

    def last_words(self) -> str:
        """The last line of what it wrote before it opened a run folder."""
        self._early.seek(0)
        lines = self._early.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "no message"

    def close(self) -> None:
        """End it and its workers now; trials that run are lost."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self._process.kill()  # if it is still importing; its workers, if any, notice
        self._process.wait()
        self._process.stdout.close()
        self._early.close()


class WorkerPool:
    """A number of workers on one run folder.

    Args:
        run: the run folder; it was begun.
        n_workers: how many to keep alive.
        until: the `time.time()` at which they end; None for no limit.
        max_trial_seconds: limit of one trial; None for no limit.
        fork_server: who forks them; None makes one.
    """

    def __init__(
        self,
        run: RunFolder,
        n_workers: int,
        until: float | None,
        max_trial_seconds: float | None,
        fork_server: ForkServer | None = None,
    ) -> None:
        self._run, self._log = run, run.worker_log
        self._limits = ["-" if x is None else repr(x) for x in (until, max_trial_seconds)]
        self._deaths = 0
        self._words = "no message"
        self._alive: set[str] = set()
        self._log.unlink(missing_ok=True)
        self._fork_server = fork_server or ForkServer()
        self._fork_server.command("run", str(run.path.resolve()))
        for _ in range(n_workers):
            self._start()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self._fork_server.close()
        self._run.workers.wait(WORKERS_SECONDS)
        self._alive.clear()
        if files.is_file(self._log) and self._log.stat().st_size == 0:
            self._log.unlink()

    @property
    def alive(self) -> int:
        """Number of workers that live."""
        return len(self._alive)

    def reap(self) -> list[tuple[str, int]]:
        """Forget the workers that ended; return `(name, exit code)` of those that died at work."""
        ended = [
            (str(words[1]), int(words[2])) for words in self._fork_server.answers() if words[0] == "ended"
        ]
        if (code := self._fork_server.exit_code) is not None:
            told = {name for name, _ in ended}
            ended += [(name, code) for name in sorted(self._alive - told)]
        self._alive -= {name for name, _ in ended}
        return [(name, code) for name, code in ended if code != 0]

    def replace(self, code: int, *, progress: bool) -> None:
        """Start a worker in the place of a dead one.

        Args:
            code: the exit code of the dead one.
            progress: whether any trial ended since the last death.

        Raises:
            QCSearchError: if they die again and again and no trial ends.
        """
        self._deaths = 1 if progress else self._deaths + 1
        if self._deaths >= _DEATHS_WITHOUT_PROGRESS:
            raise QCSearchError(
                f"The workers die before they finish a trial (exit code {code}): {self._last_words()}",
                fix=f"look at {self._log}, or search with one worker.",
            )
        if self._fork_server.exit_code is not None:
            self._words = self._fork_server.last_words()
            self._fork_server.close()
            self._fork_server = ForkServer()
            self._fork_server.command("run", str(self._run.path.resolve()))
        self._start()

    def _start(self) -> None:
        name = f"w{uuid.uuid4().hex[:8]}"
        self._fork_server.command("start", name, *self._limits)
        self._alive.add(name)

    def _last_words(self) -> str:
        written = _tail(self._log).decode("utf-8", "replace").strip()
        return written.splitlines()[-1] if written else self._words


def _tail(log: Path) -> bytes:
    """The end of a log that may be large, or not there."""
    return files.read_tail(log, _LAST_BYTES) if files.is_file(log) else b""
