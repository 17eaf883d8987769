"""A search that knows nothing of noise: the same device without errors, and the winner brought back to the real one."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from qcsearch.bundle.read import load_bundle
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.snapshot import to_text
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import best_regions, topology
from qcsearch.search.finish.noise_awareness import refitted
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.trial.features import Features
from search.tasks import data_file

__all__ = ["on_the_real_device", "write_quiet"]

_FOR_EVER = 1e3
"""Seconds of T1 and T2: a circuit of microseconds does not notice them."""

_LOOKED_AT = 1000


def write_quiet(device: str, folder: Path) -> Path:
    """Write the device without any error: usable qubits, couplings, gates and durations as they are."""
    real = get_device(device)
    perfect = {"t1": _FOR_EVER, "t2": _FOR_EVER, "p10": 0.0, "p01": 0.0}
    usable = set(real.usable_qubits)
    qubits = (replace(qubit, **perfect) if q in usable else qubit for q, qubit in enumerate(real.qubits))
    gates = (gate if gate.is_dead or gate.error is None else replace(gate, error=0.0) for gate in real.gates)
    quiet = replace(
        real, name=f"{real.name}_without_noise", qubits=tuple(qubits), gates=tuple(gates), notices=()
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{quiet.name}.json"
    path.write_text(to_text(quiet), "utf-8")
    return path


def on_the_real_device(run: Path, device: str, task: str) -> dict[str, Any]:
    """Test a winner under the noise of a device that it was not trained on.

    It is put on the best qubits of that device that are coupled as its own, which is what a transpiler with the
    calibration at hand would do; weights and head stay. `refitted` is the same with its head trained anew, to its end,
    under the noise of that device, on the training and validation parts together.
    """
    real, model = get_device(device), load_bundle(run / "model")
    qubits = _placed(real, model.device, model.candidate.qubits)
    moved = replace(model, device=real, candidate=replace(model.candidate, qubits=qubits))
    with np.load(data_file(task)) as archive:
        X, y = archive["X_test"], archive["y_test"]
    folder = RunFolder.open(run)
    features = Features.of(folder.dataset, folder.config.settings)
    data = features.prepare(moved.candidate.preprocessing).data
    parameters = refitted(moved.transpiled, moved.parameters, data, whole=True)
    again = replace(moved, parameters=parameters)
    return {"noisy": moved.score(X, y), "refitted": again.score(X, y), "qubits": list(qubits)}


def _placed(real: Device, quiet: Device, qubits: tuple[int, ...]) -> tuple[int, ...]:
    wanted = topology(quiet, qubits)
    for region in best_regions(real, len(qubits), _LOOKED_AT):
        for order in permutations(region.qubits):
            if topology(real, order) == wanted:
                return order
    return qubits
