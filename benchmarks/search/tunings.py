"""A finished search tuned for other snapshots, each with the command `qcsearch tune` in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.snapshot import to_text
from qcsearch.devices.calibration.synthetic import drifted

__all__ = ["tunings", "write_drifted"]

_COMMAND = "from qcsearch.cli.main import main; main()"


def tunings(folder: Path, targets: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Tune the run in `folder` for each target, a name and a device; scores, and seconds of the run and the process."""
    return {"tunings": [{"target": name, **_tuned(folder, name, device)} for name, device in targets]}


def write_drifted(device: str, sigma: float, seed: int, folder: Path) -> str:
    """The path of a snapshot drawn from a device's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{device}-drifted-{sigma:g}-{seed}.json"
    path.write_text(to_text(drifted(get_device(device), sigma, seed)), "utf-8")
    return str(path)


def _tuned(folder: Path, name: str, device: str) -> dict[str, Any]:
    run = folder.with_name(f"{folder.name}-tuned-{name.replace(' ', '-')}")
    shutil.rmtree(run, ignore_errors=True)
    command = [
        sys.executable,
        "-P",
        "-c",
        _COMMAND,
        "tune",
        str(folder),
        "--device",
        device,
        "--run",
        str(run),
        "--json",
    ]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    }
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    wall = time.monotonic() - started
    if done.returncode != 0:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        "device": get_device(device).name,
        "original": found["origin"]["test_accuracy_noisy"],
        "untuned": (found["untuned"] or {}).get("test_accuracy_noisy"),
        "tuned": found["best"]["test_accuracy_noisy"],
        "trials": found["n_trials"],
        "seconds": found["seconds"],
        "share": found["seconds"] / found["origin"]["seconds"],
        "wall_seconds": round(wall, 2),
    }
