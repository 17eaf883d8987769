"""Other vendors' offline simulators: search on their noise, deploy there, compare.

`python benchmarks/vendors.py` makes an environment for each, runs the conformance kit of executors, a short search
on the simulator's own calibration and a deployment to it, and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vendors.environment import CHECKOUT, Environment
from vendors.table import render

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Vendor:
    """One simulator.

    Attributes:
        title: in the table.
        package: what pip installs.
        backend: `package.module:object` in the environment.
        beside_us: whether its pins and ours can be met at once.
    """

    title: str
    package: str
    backend: str
    beside_us: bool = True


VENDORS = {
    "braket": Vendor("Amazon Braket, local emulator", "qiskit-braket-provider", "vendors.braket:emulator"),
    "iqm": Vendor("IQM, fake Adonis", "iqm-client[qiskit]", "iqm.qiskit_iqm:IQMFakeAdonis", beside_us=False),
    "aqt": Vendor("AQT, offline simulator", "qiskit-aqt-provider", "vendors.aqt:noisy"),
}


def main() -> None:
    """Run, store after each vendor, print."""
    options = _options()
    stored = json.loads(options.store.read_text()) if options.store.exists() else {}
    for name in options.vendor:
        stored[name] = _measure(VENDORS[name], name, options)
        options.store.parent.mkdir(parents=True, exist_ok=True)
        options.store.write_text(json.dumps(stored, indent=1) + "\n")
    table = render(stored)
    print(table)
    if options.readme:
        path = HERE / "README.md"
        before, rest = path.read_text().split("<!-- vendors -->\n")
        after = rest.split("<!-- /vendors -->\n")[1]
        path.write_text(f"{before}<!-- vendors -->\n{table}\n<!-- /vendors -->\n{after}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vendor", nargs="+", choices=list(VENDORS), default=list(VENDORS))
    parser.add_argument("--data", default="digits:0-3")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2, help="training steps there")
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--environments", type=Path, default=CHECKOUT / ".venv-vendors")
    parser.add_argument("--store", type=Path, default=HERE / "results" / "vendors.json")
    parser.add_argument("--readme", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


def _measure(vendor: Vendor, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one vendor, by the commands that a person would give."""
    environment = Environment(options.environments / name, vendor.package, vendor.beside_us)
    environment.make()
    spec = environment.spec(vendor.backend)
    environment.passes_kit(spec)
    work = options.environments / f"{name}-run"
    shutil.rmtree(work, ignore_errors=True)
    snapshot, run = work / "device.json", work / "run"
    environment.qcsearch("devices", "snapshot", spec, "-o", snapshot)
    started = time.monotonic()
    limits = ("--trials", options.trials, "--seed", 0)
    environment.qcsearch("search", options.data, "--device", snapshot, *limits, "--run", run)
    searched = time.monotonic() - started
    settings = ("--steps", options.steps, "--shots", options.shots)
    environment.qcsearch("deploy", run, "--backend", spec, *settings)
    return {
        "title": vendor.title,
        "date": datetime.now(UTC).date().isoformat(),
        "versions": environment.versions("qiskit", vendor.package.partition("[")[0]),
        "beside_us": vendor.beside_us,
        "data": options.data,
        "trials": options.trials,
        "search_seconds": round(searched, 1),
        **_read(work),
    }


def _read(work: Path) -> dict[str, Any]:
    """What the run folder says."""
    deployment = json.loads((work / "run" / "deployment.json").read_text())
    winner = json.loads((work / "run" / "result.json").read_text())["best"]
    device = json.loads((work / "device.json").read_text())
    kept = ["kind", "shots", "seed", "tuning", "noiseless", "noisy", "deployed", "usage", "seconds"]
    kept += ["noise_model_check"]
    return {
        "device": {
            "name": device["name"],
            "n_qubits": len(device["qubits"]),
            "basis_gates": device["basis_gates"],
            "digest": device["digest"],
        },
        "winner": winner,
        "deployment": {key: deployment[key] for key in kept} | {"qubits": deployment["qubits"]},
    }


if __name__ == "__main__":
    main()
