"""Holds a backend of another environment: run there as a script, by the Python that its package was installed for.

Reads a JSON object a line and answers with one. The first answer needs no question: what the backend is, with its
calibration. Then `{"circuits", "options"}` asks for `{"counts"}`. What goes wrong is an `{"error"}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]  # this script's folder: `backend` and `local` are the vendor's modules, not ours

Json = dict[str, Any]


def main(argument: str) -> None:
    """Serve the backend `package.module:object` until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the vendor prints is no answer
    opened: list[Any] = []

    def answer(work: Callable[[], Json]) -> None:
        try:
            found = work()
        except Exception as error:  # a vendor's own code; the other side says it
            found = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(found) + "\n")
        answers.flush()

    def greeting() -> Json:
        opened.append(_opened(argument))
        return _described(opened[0])

    answer(greeting)
    for line in sys.stdin:
        answer(partial(_counted, opened[0], json.loads(line)))


def _opened(argument: str) -> Any:
    found = EntryPoint("backend", argument, "qcsearch.backends").load()
    made = isinstance(found, type) or (callable(found) and not hasattr(found, "target"))
    return found() if made else found


def _described(backend: Any) -> Json:
    sys.path.append(
        str(Path(__file__).resolve().parents[3])
    )  # last: the environment's own libraries go first
    from qcsearch.devices.calibration.backends import device_from_backend

    return {
        "name": backend.name,
        "origin": f"{type(backend).__module__}.{type(backend).__qualname__}",
        "device": device_from_backend(backend).to_json(),
        "max_circuits": backend.max_circuits,
        "seeded": "seed_simulator" in backend.options,
    }


def _counted(backend: Any, request: Json) -> Json:
    circuits = [_circuit(*parts) for parts in request["circuits"]]
    result = backend.run(circuits, **request["options"]).result()
    return {"counts": [dict(result.get_counts(i)) for i in range(len(circuits))]}


def _circuit(n_qubits: int, n_bits: int, steps: list[Any]) -> Any:
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import get_standard_gate_name_mapping

    known, circuit = get_standard_gate_name_mapping(), QuantumCircuit(n_qubits, n_bits)
    for name, angles, qubits, bits in steps:
        circuit.append(known[name].to_mutable().base_class(*angles), qubits, bits)
    return circuit


if __name__ == "__main__":
    main(sys.argv[1])
