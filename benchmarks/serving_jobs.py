"""Jobs on a processor under kills: what the service promises, each line measured; exit code 1 if one is missed.

`python benchmarks/serving_jobs.py --bundle demo-run/bundle` after `make demo`. The processor is the local stand-in for
IBM's cloud of the tests, which simulates nothing here and bills as the real one is thought to: this measures what is
lost and what is paid, not what is answered. 200 kills take about an hour; `--kills N` for fewer.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from ibm_server.server import IbmServer
from job_service import JobService, quick_settings

from qcsearch.bundle import load_bundle
from qcsearch.bundle.probe import probe_samples
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.serving.access import keys

ROWS, KEYS, SHOTS = 1000, 10, 4096
SLACK = 1.1


def service_of(bundle: Path, folder: Path) -> tuple[IbmServer, JobService, np.ndarray]:
    """A server with the model's own processor, a service before it, and samples."""
    model = load_bundle(bundle)
    backend = f"ibm_{model.device.name.removeprefix('fake_').removeprefix('ibm_')}"
    server = IbmServer((backend,), queue_seconds=0.05, dry=True)
    rng = np.random.default_rng(0)
    found = probe_samples(model)
    samples = found[rng.integers(len(found), size=ROWS)]
    os.environ |= server.environment | {"HOME": str(folder)}
    return server, JobService(bundle, folder, quick_settings(backend)), samples


def kills(bundle: Path, times: int) -> tuple[str, bool]:
    """Kill -9 of the service or of the process that owns the backend, while jobs are asked for."""
    with tempfile.TemporaryDirectory() as name:
        server, service, samples = service_of(bundle, Path(name))
        with server:
            began = time.monotonic()
            service.torment(samples, times, random.Random(0), 6.0)
            lost = len(service.taken) - len(service.done)
            told = (
                f"{service.kills} kills in {time.monotonic() - began:.0f} s: {len(service.taken)} jobs taken, "
                f"{lost} lost; {service.batches} batches, {len(server.billed)} jobs billed"
            )
            try:
                service.check(server)
            except AssertionError as error:
                return f"{told}; {error}", False
            return told, lost == 0


def packing(bundle: Path, times: int) -> tuple[str, bool]:
    """A thousand samples of ten keys within one window: jobs of the backend, and whether bills sum to its own."""
    with tempfile.TemporaryDirectory() as name:
        server, service, samples = service_of(bundle, Path(name))
        service.settings = replace(
            service.settings, measurement=MeasurementSettings(SHOTS), window_seconds=20.0
        )
        path = Path(name) / "keys.json"
        tokens = [keys.create(path, f"key{i}", ("predict:qpu", "jobs"), None, None)[1] for i in range(KEYS)]
        with server, service.running() as running:
            share, taken = ROWS // KEYS, []
            for i, token in enumerate(tokens):
                for part in np.array_split(samples[i * share : (i + 1) * share], 5):
                    headers = {"Authorization": f"Bearer {token}"}
                    answer = running.client.post("/v1/jobs", json={"rows": part.tolist()}, headers=headers)
                    taken.append((answer.json()["id"], headers))
            billed = 0.0
            for job, headers in taken:
                while (found := running.client.get(f"/v1/jobs/{job}", headers=headers).json())[
                    "status"
                ] not in ("done", "failed"):
                    time.sleep(0.2)
                billed += found["qpu_seconds"]
            rows = [int(n) for n in _rows_of(service)]
        ideal = -(-ROWS // max(rows))
        exact = abs(billed - server.billed_seconds) <= 1e-6 * len(rows)
        told = (
            f"{len(rows)} jobs of {rows} samples where {ideal} are the fewest; keys pay {billed:.6f} s, "
            f"the backend billed {server.billed_seconds:.6f} s"
        )
        return told, len(server.billed) == len(rows) <= SLACK * ideal and exact


def _rows_of(service: JobService) -> list[int]:
    """Samples of each batch."""
    with closing(sqlite3.connect(service.folder / "state" / "jobs.sqlite3")) as base:
        return [row[0] for row in base.execute("SELECT SUM(rows) FROM parts GROUP BY batch")]


LINES: dict[str, tuple[str, Callable[[Path, int], tuple[str, bool]]]] = {
    "packing": ("1,000 samples of 10 keys: at most 1.1 times the fewest jobs, bills sum exactly", packing),
    "kills": ("kills of front and worker: 0 jobs lost, one billed job a batch", kills),
}


def main() -> None:
    """Measure what was asked for, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=Path("demo-run/bundle"))
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--only", nargs="+", choices=LINES, default=list(LINES))
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, bundle {asked.bundle}")
    missed = 0
    for name in asked.only:
        promise, measure = LINES[name]
        found, kept = measure(asked.bundle.resolve(), asked.kills)
        missed += not kept
        print(f"{'kept  ' if kept else 'MISSED'} {promise}: {found}", flush=True)
    sys.exit(int(missed > 0))


if __name__ == "__main__":
    main()
