"""The process that holds the workers, a child of the search; `workers` tells it what to do.

It imports everything once, and loads or compiles the kernels, while its parent does other things, opens the run
folder when it is told which, and forks a worker for each that is wanted: it has no other thread, so the fork is safe,
and a worker is there at once, with kernels that it need not load. Commands come as JSON lists on standard input, a line
each, ends of workers are told in the same way on standard output:

```
                                        (warming up)     →  ["said", SENTENCE]  if kernels must be compiled
                                                         →  ["warm", SECONDS]
["run", FOLDER]                         open it          →  ["ready"]
["start", NAME, UNTIL, TRIAL_SECONDS]   fork a worker    →  ["ended", NAME, CODE]
```

When its input closes, because the parent wants that or is dead, it kills its workers and ends; when it is
killed itself, its workers see a pipe close, and end.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from qcsearch.processes import PARENT_ENDED, end_with_parent

if TYPE_CHECKING:
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.search.trial.objective import Objective

# Why not the forkserver of `multiprocessing`, which with preloaded modules starts about as fast: its children run the
# caller's script again, which one without a main guard does not survive; they outlive a parent that is killed; and
# there is one of it in a process, which would then belong to this library and not to its user.
_POLL_SECONDS = 0.1


def main() -> None:
    """Serve commands until the input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the parent decides
    answers = os.dup(1)
    os.dup2(2, 1)  # what libraries print is not an answer
    import qcsearch.search.study.study
    import qcsearch.search.workers.trial_loop  # noqa: F401  before the first command, which forks

    fork_server = _Server(answers)
    fork_server.warm_up()
    fork_server.serve()


class _Server:
    """Forks workers and buries them."""

    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._alive: dict[int, str] = {}
        # Workers hold the reading end; it closes when this process is gone.
        self._pulse, self._heart = os.pipe()
        self._buffer = b""
        self._run: RunFolder | None = None
        self._objective: Objective | None = None

    def warm_up(self) -> None:
        """Have the kernels ready for all workers to come; whoever waits for that may read how long it takes."""
        from qcsearch.simulation.compile import warm_up

        listener = _Listener(self._tell)
        logger = logging.getLogger("qcsearch.simulation")
        logger.addHandler(listener)
        try:
            self._tell("warm", warm_up())
        finally:
            logger.removeHandler(listener)

    def serve(self) -> None:
        while (lines := self._commands()) is not None:
            for line in lines:
                verb, *words = json.loads(line)
                if verb == "run":
                    self._open(Path(*words))
                else:
                    self._start(*words)
            self._bury()
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)

    def _commands(self) -> list[bytes] | None:
        """The lines that came within a moment; None once there will be no more."""
        readable, _, _ = select.select([0], [], [], _POLL_SECONDS)
        if not readable:
            return []
        content = os.read(0, 1 << 16)
        if not content:
            return None
        *lines, self._buffer = (self._buffer + content).split(b"\n")
        return lines

    def _open(self, folder: Path) -> None:
        from qcsearch.search.run.folder import RunFolder
        from qcsearch.search.trial.features import Features
        from qcsearch.search.trial.objective import Objective
        from qcsearch.storage import files

        self._run = RunFolder.open(folder)
        self._run.workers.begin()
        with files.open_update(self._run.worker_log) as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        settings = self._run.config.settings
        features, limit = Features.of(self._run.dataset, settings), settings.budget.setup_seconds
        space, device, tuned = self._run.space, self._run.device, self._run.config.tuned
        self._objective = Objective.of(
            features, space, device, settings.seed, limit, settings.shots, tuned=tuned
        )
        self._tell("ready")

    def _start(self, name: str, until: str, trial_seconds: str) -> None:
        assert self._run is not None
        assert self._objective is not None
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            end_with_parent(parent)
            _live(self, name, until, trial_seconds, self._run, self._objective)
        self._alive[pid] = name

    def _bury(self) -> None:
        """Tell of the workers that ended."""
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._tell("ended", self._alive.pop(pid), os.waitstatus_to_exitcode(status))

    def _tell(self, *words: str | float) -> None:
        os.write(self._answers, f"{json.dumps(words)}\n".encode())

    def leave(self) -> None:
        """In a new worker: let go of what is the fork server's."""
        os.close(self._heart)
        os.close(self._answers)
        os.close(0)

    @property
    def pulse(self) -> int:
        """Ends when the fork server does."""
        return self._pulse


class _Listener(logging.Handler):
    """Passes on what the engine logs."""

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell("said", record.getMessage())


def _live(
    fork_server: _Server, name: str, until: str, trial_seconds: str, run: RunFolder, objective: Objective
) -> NoReturn:
    """The life of a worker."""
    code = 1
    try:
        fork_server.leave()
        run.workers.sign()
        threading.Thread(target=_end_with, args=(fork_server.pulse,), daemon=True).start()
        from qcsearch.search.study.study import SearchStudy
        from qcsearch.search.workers.trial_loop import run_trials

        deadline = None if until == "-" else time.monotonic() + float(until) - time.time()
        limit = None if trial_seconds == "-" else float(trial_seconds)
        run_trials(SearchStudy(run), objective, worker=name, deadline=deadline, max_trial_seconds=limit)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _end_with(pulse: int) -> None:
    os.read(pulse, 1)
    os._exit(PARENT_ENDED)
