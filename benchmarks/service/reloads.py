"""Bundles that are replaced while the service is asked."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np

from qcsearch.bundle import load_bundle, verify_bundle, write_bundle
from service.process import Line, Service, samples, serving

TIMES, CLIENTS, ROWS = 100, 8, 50


def reloads(bundle: Path, times: int = TIMES) -> Line:
    """Each time another bundle is put in the place of the one before: half by SIGHUP, half by the route."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {path: verify_bundle(path).digest for path in _two(bundle, folder)}
        X = samples(bundle, ROWS)
        expected = {digest: load_bundle(path).predict_proba(X) for path, digest in paths.items()}
        _point(folder / "current", next(iter(paths)))
        stop, seconds = threading.Event(), []
        with serving(folder / "current") as service, ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(_ask, service, X, expected, stop, k) for k in range(CLIENTS)]
            with service.client() as client:
                for again in range(times):
                    path, digest = list(paths.items())[(again + 1) % 2]
                    _point(folder / "current", path)
                    began = time.perf_counter()
                    if again % 2:
                        client.post("/v2/repository/models/it/load").raise_for_status()
                    else:
                        os.kill(service.process.pid, signal.SIGHUP)
                    while client.get("/v2/models/it").json()["parameters"]["digest"] != digest:
                        time.sleep(0.02)
                    seconds.append(time.perf_counter() - began)
            stop.set()
            found = [one.result() for one in running]
    answered, failed = (
        sum(count for count, _, _ in found),
        [error for _, errors, _ in found for error in errors],
    )
    worst = max(worst for _, _, worst in found)
    told = (
        f"{answered:,} answered meanwhile by {CLIENTS} clients, failed: {failed[:2] or 0}, largest difference from the "
        f"model that they name {worst:.1e}; reloads took {np.median(seconds):.2f} s, at most {max(seconds):.2f} s"
    )
    return Line(f"{times} reloads under load: 0 failed", told, not failed and worst <= 1e-12)


def _two(bundle: Path, folder: Path) -> tuple[Path, Path]:
    """The bundle, and one of the same kind that says something else."""
    model = load_bundle(bundle)
    other = replace(model, parameters=replace(model.parameters, weights=model.parameters.weights + 0.5))
    write_bundle(other, folder / "other")
    return shutil.copytree(bundle, folder / "one"), folder / "other"


def _point(link: Path, path: Path) -> None:
    draft = link.with_name("next")
    draft.symlink_to(path)
    draft.replace(link)


def _ask(
    service: Service, X: np.ndarray, expected: dict[str, np.ndarray], stop: threading.Event, k: int
) -> tuple[int, list[str], float]:
    """How many were answered, what failed, and how far an answer was from the model that it names."""
    count, failed, worst, rng = 0, [], 0.0, np.random.default_rng(k)
    with service.client() as client:
        while not stop.is_set():
            row = int(rng.integers(len(X)))
            try:
                answer = (
                    client.post("/v1/predict", json={"rows": [X[row].tolist()]}).raise_for_status().json()
                )
            except httpx.HTTPError as error:
                failed.append(repr(error)[:60])
                continue
            said = list(answer["predictions"][0]["probabilities"].values())
            worst = max(worst, float(np.abs(said - expected[answer["digest"]][row]).max()))
            count += 1
    return count, failed, worst
