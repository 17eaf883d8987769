"""One search of a benchmark: its settings, its command line, what it left."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record.circumstances import circumstances, commit

from qcsearch.cli.options.inputs import Inputs, gather
from qcsearch.cli.options.search import SearchOptions
from qcsearch.data.tables.options import TableOptions
from qcsearch.search.budget import Clock
from search.counting import counted
from search.outcome import outcome
from search.tasks import data_file

__all__ = ["LIBRARIES", "ONE_THREAD", "Job", "job"]

LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba", "optuna", "qiskit", "qiskit-aer")

_OUT_OF_SECONDS = 3
_BENCHMARKS = Path(__file__).resolve().parents[1]
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Job:
    """A search to run.

    Attributes:
        settings: everything that says which search it is; equal settings are the same run.
        data: the task's archive, or the generator of its samples.
        space: name or file, as the command line takes it.
        device: the same.
        alone: whether it has the machine for itself; otherwise it is given a core, and one thread.
        after: what else is to be found out about the run folder, stored as `after`; it does not count as time.
    """

    settings: dict[str, Any]
    data: Path | str
    space: str
    device: str
    alone: bool
    after: Callable[[Path], dict[str, Any]] | None = None

    def run(self, runs: Path, core: int | None = None, *, again: bool = False) -> dict[str, Any]:
        """Search as a user does, and return what is to be stored.

        Its `wall_seconds` are those of the whole process; of a search that was broken off, and of what it had used
        by then.

        Args:
            runs: folder of all run folders; a search of the same commit that was broken off goes on in its own.
            core: the only one to use; None for all.
            again: begin anew, whatever is there.
        """
        words = [str(self.settings[key]) for key in ("task", "strategy", "device", "seed")]
        folder = runs / "-".join([*words, _digest({**self.settings, "commit": commit()})])
        counts, log = (folder.with_name(f"{folder.name}.{kind}") for kind in ("counts", "log"))
        for old in (folder, counts) if again else ():
            shutil.rmtree(old, ignore_errors=True)
        runs.mkdir(parents=True, exist_ok=True)
        before = Clock(folder / "clock.json").seconds
        started = time.monotonic()
        with log.open("w") as file:
            code = subprocess.Popen(
                self._command(folder, counts),
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
            ).wait()
        wall = before + time.monotonic() - started
        if code not in (0, _OUT_OF_SECONDS):
            return {"settings": self.settings, "failed": _last_line(log), **self._where()}
        found = outcome(folder)
        found["cost"] |= {**counted(counts), "wall_seconds": round(wall, 2), "broken_off": before > 0}
        if self.after is not None:
            found["after"] = self.after(folder)
        return {"settings": self.settings, **found, **self._where()}

    def _command(self, folder: Path, counts: Path) -> list[str]:
        asked: dict[str, Any] = {
            "--device": self.device,
            "--space": self.space,
            "--strategy": self.settings["strategy"],
            "--seed": self.settings["seed"],
            "--workers": self.settings["workers"],
            "--max-seconds": self.settings["max_seconds"],
            "--trials": self.settings["n_trials"],
            "--max-parameters": self.settings.get("max_parameters"),
            "--shots": self.settings.get("shots"),
            "--run": folder,
        }
        given = [
            str(word) for option, value in asked.items() if value is not None for word in (option, value)
        ]
        return [sys.executable, "-P", "-m", "search.counted", str(counts), "search", str(self.data), *given]

    def _environment(self) -> dict[str, str]:
        paths = [str(_BENCHMARKS), str(_BENCHMARKS.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        limits = {} if self.alone else dict.fromkeys(ONE_THREAD, "1")
        return {**os.environ, **limits, "PYTHONPATH": os.pathsep.join(paths)}

    def _where(self) -> dict[str, Any]:
        threads = self.settings["workers"] if self.alone else 1
        return {"commit": commit(), **circumstances(LIBRARIES, threads)}


def job(
    task: str,
    seed: int,
    *,
    strategy: str | None = None,
    space: str | None = None,
    device: str | None = None,
    max_seconds: float | None = None,
    n_trials: int | None = None,
    workers: int = 1,
    alone: bool = True,
    data: Path | str | None = None,
    after: Callable[[Path], dict[str, Any]] | None = None,
    **more: str | int,
) -> Job:
    """Settle a search: what is left out is what the command line would take.

    Args:
        task: name of one of the nine tasks, or of `data`.
        seed: of the search.
        strategy: by name.
        space: name or file.
        device: name or snapshot file.
        max_seconds: of the whole search.
        n_trials: in all.
        workers: processes.
        alone: whether it has the machine for itself.
        data: the archive or generator, of a task that is none of the nine.
        after: see `Job`.
        more: settings that say what the search is for; `max_parameters` and `shots` are asked of it.
    """
    archive = data or data_file(task)
    options = SearchOptions(
        device, space, n_trials, max_seconds, workers=workers, seed=seed, strategy=strategy
    )
    found: Inputs = gather(str(archive), TableOptions(), options, run=str(_BENCHMARKS / "no-run"))
    settings = {
        "task": task,
        "seed": seed,
        "strategy": found.settings.strategy,
        "space": found.space.name,
        "space_fingerprint": found.space.fingerprint[:12],
        "device": found.device.name,
        "device_digest": found.device.digest[:12],
        "data_digest": found.dataset.digest[:12],
        "max_seconds": found.settings.max_seconds,
        "n_trials": found.settings.n_trials,
        "workers": workers,
        "cores": None if alone else 1,
        **more,
    }
    return Job(settings, archive, space or found.space.name, device or found.device.name, alone, after)


def _digest(settings: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no message"
