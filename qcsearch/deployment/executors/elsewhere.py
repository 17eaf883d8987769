"""A backend of another Python environment, for vendors whose pins clash with ours.

A process of that environment holds the backend, and is asked through pipes: its calibration comes over once, then
bound circuits go there and counts come back. Nothing of ours has to be installed there.
"""

from __future__ import annotations

import json
import os
import subprocess
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target

from qcsearch.deployment.executors import worker
from qcsearch.devices.validation import validate
from qcsearch.errors import BackendError

__all__ = ["BackendElsewhere"]


class BackendElsewhere(BackendV2):  # type: ignore[misc]  # Qiskit is untyped
    """What a `BackendExecutor` needs of a backend, asked of the process that has it.

    Args:
        argument: `<environment>:<package.module>:<object>`, the first being the folder that `python -m venv` made.

    Attributes:
        device: its calibration.
        origin: module and name of its class.

    Raises:
        BackendError: if there is no such environment, or no such backend in it, or its calibration cannot be used.
    """

    def __init__(self, argument: str) -> None:
        folder, _, name = argument.partition(":")
        python = Path(folder).expanduser() / "bin" / "python"
        if not name or not python.is_file():
            raise BackendError(
                f"A backend of another environment must be given as folder:package.module:object. Got {argument!r}.",
                fix="make the folder with `python -m venv`, and install the vendor's package there.",
            )
        self._argument = argument
        # The key of one vendor's cloud is none of another's business.
        hidden = ("QISKIT_IBM_TOKEN",)
        self._process = subprocess.Popen(
            [str(python), worker.__file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={key: value for key, value in os.environ.items() if key not in hidden},
        )
        weakref.finalize(self, _end, self._process)
        told = self._answer()
        super().__init__(name=str(told["name"]))
        self.device = validate(told["device"])
        self.origin = str(told["origin"])
        self._target = self.device.target()
        self._max_circuits: int | None = told["max_circuits"]
        if told["seeded"]:
            self.options.update_options(seed_simulator=None)

    @property
    def target(self) -> Target:
        """All usable qubits and gates, with their calibration."""
        return self._target

    @property
    def max_circuits(self) -> int | None:
        """Circuits that one call of `run` takes."""
        return self._max_circuits

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def run(self, run_input: Sequence[QuantumCircuit], **options: Any) -> Ran:
        """Run bound circuits there, and wait for their counts."""
        request = {"circuits": [_plain(circuit) for circuit in run_input], "options": options}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # reading says that it has ended
        return Ran(self._answer()["counts"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            found: dict[str, Any] = json.loads(line)
        except ValueError:
            raise BackendError(
                f"The environment of 'env:{self._argument}' must answer. Its process ended."
            ) from None
        if "error" in found:
            raise BackendError(f"'env:{self._argument}' failed there: {found['error'].rstrip('.')}.")
        return found


@dataclass(frozen=True)
class Ran:
    """A job that is done, and its result: as much of both as is asked for."""

    counts: list[dict[str, int]]

    def result(self) -> Ran:
        """Itself."""
        return self

    def get_counts(self, i: int) -> dict[str, int]:
        """Counts of one circuit."""
        return self.counts[i]


def _plain(circuit: QuantumCircuit) -> tuple[int, int, list[Any]]:
    """A bound circuit as JSON values; barriers are left out."""
    steps = [
        [
            instruction.operation.name,
            [float(angle) for angle in instruction.operation.params],
            [circuit.find_bit(q).index for q in instruction.qubits],
            [circuit.find_bit(c).index for c in instruction.clbits],
        ]
        for instruction in circuit.data
        if instruction.operation.name != "barrier"
    ]
    return circuit.num_qubits, circuit.num_clbits, steps


def _end(process: subprocess.Popen[str]) -> None:
    """Let the process end: it does when its input does."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()
