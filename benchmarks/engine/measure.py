"""One peer on one case, in a process of its own: `python -m engine.measure CASE PEER THREADS` prints JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

import numpy as np

from engine.cases import Case, build
from engine.runner import Runner
from qcsearch.simulation.compile import compile_circuit, warm_up

__all__ = ["measure"]

SECONDS, FEWEST, LONGEST = 5.0, 3, 12.0
"""A step is repeated for so long, but so many times, if they do not take longer than that."""


class DisagreementError(Exception):
    """Two programs computed different numbers, so that their times cannot be compared."""


def measure(case: Case, runner: Runner) -> dict[str, Any]:
    """Time a runner, its first step apart, and check what it computed.

    Returns:
        Seconds for the whole case: `minimum` and `median` of a step and `preparation`, what building and the
        first step cost more than a step; `share`, the part of the case that was run; `value_error` and
        `gradient_error` against the exact engine.

    Raises:
        DisagreementError: if an error exceeds the runner's tolerance.
    """
    start = time.perf_counter()
    found = runner.step(case.weights_at(0))
    first = runner.build_seconds + time.perf_counter() - start
    errors = _compare(runner, found)
    times = _repeat(case, runner)
    share = runner.case.cotangent.size / case.cotangent.size
    return {
        "settings": runner.name,
        "minimum": min(times) / share,
        "median": float(np.median(times)) / share,
        "repeats": len(times),
        "preparation": max(0.0, first - float(np.median(times))),
        "share": share,
        "value_error": errors[0],
        "gradient_error": errors[1],
    }


def _repeat(case: Case, runner: Runner) -> list[float]:
    """Seconds of steps with weights that never repeat."""
    times: list[float] = []
    while not times or sum(times) < (SECONDS if len(times) >= FEWEST else LONGEST):
        weights = case.weights_at(1 + len(times))
        start = time.perf_counter()
        runner.step(weights)
        times.append(time.perf_counter() - start)
    return times


def _compare(runner: Runner, found: tuple[Any, Any]) -> tuple[float, float]:
    case, w = runner.case, runner.case.weights_at(0)
    program = compile_circuit(case.circuit, case.noise_model, case.observables, case.features, case.weights)
    expected = program.value_and_gradient(case.X, w, case.cotangent)
    errors = tuple(float(np.max(np.abs(a - b))) for a, b in zip(found, expected, strict=True))
    for what, error, bound in zip(("values", "gradient"), errors, runner.tolerance, strict=True):
        if not error <= bound:
            raise DisagreementError(
                f"{case.name}, {runner.name}: {what} differ by {error:.1e}, more than {bound:.0e}."
            )
    return errors[0], errors[1]


def _main(name: str, peer: str, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for dtype in ("float64", "float32"):
        warm_up(dtype)
    case = build(name)
    runners = import_module(f"engine.peers.{peer}").runners(case, threads)
    print(json.dumps([measure(case, runner) for runner in runners]))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
