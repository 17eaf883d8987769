"""How the exact engine scales: width, memory, threads, processes.

`python benchmarks/scaling.py` measures each in a process of its own and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from engine.wide import brickwork, deep
from record.readme import put

from qcsearch.simulation import Program, compile_circuit, warm_up

HERE = Path(__file__).resolve().parent
WIDTHS = (("fake_brisbane", 20), ("fake_brisbane", 50), ("fake_brisbane", 127), ("fake_fez", 156))
LAYERS = (3, 7)
SAMPLES = 64


def main() -> None:
    """Measure all, store, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=HERE / "results" / "scaling.json")
    parser.add_argument("--readme", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, *arguments = options.one
        print(json.dumps(_MEASURES[name](*arguments)))
        return
    warm_up("float64")
    found: dict[str, Any] = {
        "width": [_apart("width", device, n) for device, n in WIDTHS],
        "memory": [_apart("memory", layers) for layers in LAYERS],
        "threads": [_apart("threads", count) for count in (1, 2)],
        "processes": _processes(),
    }
    options.store.parent.mkdir(parents=True, exist_ok=True)
    options.store.write_text(json.dumps(found, indent=1) + "\n")
    table = _render(found)
    print(table)
    if options.readme:
        put("scaling", table)


def _apart(*arguments: object) -> Any:
    """One measure in a process of its own, so that its peak memory is its own."""
    return json.loads(_start(*arguments).communicate()[0].splitlines()[-1])


def _start(*arguments: object, core: int | None = None) -> subprocess.Popen[str]:
    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    command = [sys.executable, str(HERE / "scaling.py"), "--one", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pin)


def _peak_mb() -> float:
    """Of this program alone: `ru_maxrss` begins with what the process that started it held."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _steps(program: Program, n_samples: int, seconds: float) -> list[float]:
    """Seconds of a step, again and again."""
    rng = np.random.default_rng(0)
    encoded = program.encode(rng.uniform(-1.5, 1.5, (n_samples, program.n_features)))
    cotangent = rng.normal(size=(n_samples, program.n_observables))
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        w = rng.uniform(-np.pi, np.pi, program.n_weights)
        start = time.perf_counter()
        program.value_and_gradient(encoded, w, cotangent)
        times.append(time.perf_counter() - start)
    return times


def _width(device: str, n: str) -> dict[str, Any]:
    parts = brickwork(device, int(n))
    before = time.perf_counter()
    program = compile_circuit(*parts)
    compiled = time.perf_counter() - before
    times = _steps(program, SAMPLES, 3)
    return {
        "device": device,
        "qubits": int(n),
        "compile": compiled,
        "step": min(times),
        "peak_mb": _peak_mb(),
    }


def _memory(layers: str) -> dict[str, Any]:
    parts = deep(10, int(layers))
    base = _peak_mb()
    times = _steps(compile_circuit(*parts), 1024, 0)
    return {"layers": int(layers), "step": min(times), "base_mb": base, "peak_mb": _peak_mb()}


def _threads(count: str) -> dict[str, Any]:
    times = _steps(compile_circuit(*deep(8, 8), threads=int(count)), 1024, 4)
    return {"threads": int(count), "step": min(times)}


def _alone(seconds: str) -> dict[str, Any]:
    return {"step": float(np.median(_steps(compile_circuit(*deep(6, 5)), 256, float(seconds))))}


def _processes() -> dict[str, float]:
    """A core each: one process alone, then two at once."""
    cores = sorted(os.sched_getaffinity(0))[:2]

    def run(at: list[int]) -> float:
        jobs = [_start("alone", 5, core=core) for core in at]
        return max(json.loads(job.communicate()[0].splitlines()[-1])["step"] for job in jobs)

    alone = max(run(cores[:1]), run(cores[1:]))
    return {"alone": alone, "together": run(cores)}


_MEASURES: dict[str, Any] = {"width": _width, "memory": _memory, "threads": _threads, "alone": _alone}


def _render(found: dict[str, Any]) -> str:
    lines = [
        "| qubits | device | compile | step | an observable | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['qubits']} | {row['device']} | {row['compile']:.2f} s | {1e3 * row['step']:.2f} ms "
        f"| {1e6 * row['step'] / row['qubits']:.1f} µs | {row['peak_mb']:.0f} MB |"
        for row in found["width"]
    ]
    lines += ["", "| 10 qubits, 1,024 samples | step | peak memory |", "|---|---|---|"]
    lines += [
        f"| {row['layers']} layers | {row['step']:.3f} s | {row['peak_mb']:.0f} MB |"
        for row in found["memory"]
    ]
    one, two = (row["step"] for row in found["threads"])
    alone, together = found["processes"]["alone"], found["processes"]["together"]
    lines += [
        "",
        f"8 qubits, 8 layers, 1,024 samples: {1e3 * one:.1f} ms with one thread, {1e3 * two:.1f} ms with two "
        f"({one / two:.2f} times as fast).",
        f"Two processes at once, a core each, keep {alone / together:.2f} of the speed of one alone.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
