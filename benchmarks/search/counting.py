"""Counting what a processor would have had to run: every circuit that the engine is asked for, sample by sample.

A *circuit evaluation* is one circuit with the features of one sample and one vector of weights, all its observables
together, forward: in trainings, validations, and wherever a strategy or a predictor looks at a circuit. Gradients
are not counted; by parameter shift they would cost two more for each angle. A *candidate* is one that was built,
mapped and checked, whether it was then trained or not.

Each process keeps its counts in a file of its own, mapped into memory, so that they are there however it ends.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["counted", "install"]

NAMES = ("noisy_evaluations", "noiseless_evaluations", "candidates")


def counted(folder: Path) -> dict[str, int]:
    """The sums over all processes that counted into `folder`."""
    found = [np.fromfile(path, dtype=np.int64) for path in sorted(folder.glob("*.count"))]
    total = np.sum(found, axis=0) if found else np.zeros(len(NAMES), dtype=np.int64)
    return dict(zip(NAMES, (int(n) for n in total), strict=True))


def install(folder: Path) -> None:
    """From now on this process, and those it forks, count; before anything else of qcsearch is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = _Counts(folder)
    import qcsearch.simulation.compile as compiling
    from qcsearch.simulation.exact.runtime.program import Program

    compile_circuit = compiling.compile_circuit

    def noting(circuit: Any, noise_model: Any, *arguments: Any, **settings: Any) -> Any:
        program = compile_circuit(circuit, noise_model, *arguments, **settings)
        program.counted_as = int(noise_model is None)
        return program

    compiling.compile_circuit = noting
    for name in ("values", "value_and_gradient"):
        setattr(Program, name, _counting(getattr(Program, name), counts))

    from qcsearch.search.trial.objective import Objective

    transpile = Objective.transpile

    def transpiling(self: Any, candidate: Any, *arguments: Any, **settings: Any) -> Any:
        counts.candidate(candidate.digest)
        return transpile(self, candidate, *arguments, **settings)

    Objective.transpile = transpiling


def _counting(method: Callable[..., Any], counts: _Counts) -> Callable[..., Any]:
    def counting(self: Any, X: Any, *arguments: Any, **settings: Any) -> Any:
        counts.add(self.counted_as, len(X))
        return method(self, X, *arguments, **settings)

    return counting


class _Counts:
    """The counts of this process; a forked one begins its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._owner = 0
        self._seen: set[str] = set()
        self._numbers: np.ndarray[Any, np.dtype[np.int64]] = np.zeros(len(NAMES), dtype=np.int64)

    def add(self, which: int, n: int) -> None:
        with self._lock:
            self._own()[which] += n

    def candidate(self, digest: str) -> None:
        with self._lock:
            numbers = self._own()
            if digest not in self._seen:
                self._seen.add(digest)
                numbers[2] += 1

    def _own(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        if self._owner != os.getpid():
            self._owner = os.getpid()
            path = self._folder / f"{self._owner}-{os.urandom(4).hex()}.count"
            self._numbers = np.memmap(path, dtype=np.int64, mode="w+", shape=(len(NAMES),))
        return self._numbers
