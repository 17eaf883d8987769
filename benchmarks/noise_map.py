"""Where noise-awareness pays: its gain over gates, size of the errors and shots, on classical and quantum tasks.

`python benchmarks/noise_map.py` trains what is not stored yet and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # matrices are small here: threads would wait for each other

from noise.cells import ARMS, Circuit, accuracy, encoded, success  # noqa: E402
from noise.figures import cells  # noqa: E402
from noise.picture import draw  # noqa: E402
from noise.tables import render, whole  # noqa: E402
from noise.tasks import STEPS, TASKS, rows  # noqa: E402
from record.circumstances import circumstances, commit  # noqa: E402
from record.readme import put  # noqa: E402
from record.store import Store  # noqa: E402

from qcsearch.devices.calibration.providers import get_device  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results"
TABLE, PICTURE = RESULTS / "noise_map.md", RESULTS / "noise_map.svg"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "numba", "qiskit", "qiskit-aer")
GATES = (10, 20, 40, 80, 140, 200)
FACTORS = (0.5, 1.0, 2.0, 4.0, 8.0)
SHOTS = (None, 1_024, 128)
"""Of each measurement basis; None for infinitely many."""

Entry = dict[str, Any]


def main() -> None:
    """Measure, store after each training, print."""
    asked = _options()
    store = Store(asked.store)
    if not asked.stored:
        measure(_settings(asked), store)
    text = render(store.entries)
    print(text)
    if asked.readme:
        put("noise_map", text)
        TABLE.write_text(whole(store.entries), "utf-8")
        draw(cells(store.entries), PICTURE)


def measure(wanted: list[Entry], store: Store) -> None:
    """Train what is not stored yet, and store it after each training.

    Args:
        wanted: settings, one training under noise each.
        store: what there is already.
    """
    missing = [settings for settings in wanted if store.find(settings) is None]
    circuits = len({_circuit_of(settings) for settings in missing})
    print(
        f"{len(missing)} of {len(wanted)} trainings under noise are missing, and {circuits} without; "
        f"{STEPS} steps each.",
        file=sys.stderr,
        flush=True,
    )
    begun, last = time.monotonic(), None
    where = {"commit": commit(), **circumstances(LIBRARIES, 1)}
    for done, settings in enumerate(missing, 1):
        if _circuit_of(settings) != last:
            last = _circuit_of(settings)
            task, gates, seed, device = last
            circuit = Circuit.of(rows(task, seed), get_device(device), gates, seed)
        store.add({**_measured(circuit, settings), **where})
        mean = (time.monotonic() - begun) / done
        print(
            f"{done} of {len(missing)}: {' '.join(map(str, settings.values()))}; {mean:.1f} s each, "
            f"{mean * (len(missing) - done) / 60:.0f} minutes left",
            file=sys.stderr,
            flush=True,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=RESULTS / "noise_map.json")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--device", default="fake_torino")
    parser.add_argument("--seeds", type=int, default=3, help="how many, 3 if it is not said")
    parser.add_argument("--stored", action="store_true", help="print what is stored, measure nothing")
    parser.add_argument("--readme", action="store_true", help="put the tables into benchmarks/README.md")
    return parser.parse_args()


def _settings(asked: argparse.Namespace) -> list[Entry]:
    """Every second number of gates with all seeds, then the others task by task: broken off, it is a coarser map."""
    others = ([(gates,), (task,)] for gates in GATES[1::2] for task in asked.tasks)
    return [
        {
            "task": task,
            "gates": gates,
            "factor": factor,
            "seed": seed,
            "device": asked.device,
            "steps": STEPS,
        }
        for some, tasks in ((GATES[::2], asked.tasks), *others)
        for seed in range(asked.seeds)
        for gates in some
        for task in tasks
        for factor in FACTORS
    ]


def _circuit_of(settings: Entry) -> tuple[str, int, int, str]:
    return settings["task"], settings["gates"], settings["seed"], settings["device"]


def _measured(circuit: Circuit, settings: Entry) -> Entry:
    """One training under noise, and what all arms are at each number of shots."""
    started, cpu = time.monotonic(), time.process_time()
    noisy = circuit.under(settings["factor"])
    aware = circuit.aware(noisy)
    cells = {}
    for shots in SHOTS:
        found = circuit.measured(noisy, aware, shots)
        cells[str(shots or "infinite")] = {
            "accuracy": {name: round(accuracy(rights), 5) for name, rights in found.items()},
            "right": {arm: encoded(found[arm]) for arm in ARMS},
        }
    return {
        "settings": settings,
        "two_qubit_gates": noisy.mapped.two_qubit_gates,
        "success": round(success(noisy), 8),
        "noiseless": circuit.noiseless,
        "as_trained": round(accuracy(circuit.right(noisy, aware, None)), 5),
        "cells": cells,
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
