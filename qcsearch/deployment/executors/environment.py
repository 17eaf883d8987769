"""A backend of another Python environment, for vendors whose pins clash with ours.

A process of that environment holds the backend, and is asked through pipes: its calibration comes over once, then
bound circuits go there and counts come back. Nothing of ours has to be installed there. The vendor's code runs with
the rights of whoever starts it, and with a few variables of the environment: keys that are meant for others are none
of its business.
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
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.transpile.target import region_target
from qcsearch.errors import BackendError, ResultError

__all__ = ["EnvironmentBackend"]

_PASSED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "OMP_NUM_THREADS"}
)
_LONGEST = 2**28
"""Characters of an answer: a process that never ends its line would otherwise fill the memory."""


class EnvironmentBackend(BackendV2):  # type: ignore[misc]  # Qiskit is untyped
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
        home = Path(folder).expanduser().absolute()
        python = home / "bin" / "python"
        if not name or not python.is_file():
            raise BackendError(
                f"A backend of another environment must be given as folder:package.module:object. Got {argument!r}.",
                fix="make the folder with `python -m venv`, and install the vendor's package there.",
            )
        self._argument = argument
        self._process = subprocess.Popen(
            [str(python), worker.__file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(home),
            cwd=home,  # nothing that lies about where the command was started is imported or read
        )
        weakref.finalize(self, _end, self._process)
        told = self._answer()
        try:
            super().__init__(name=str(told["name"]))
            self.device = device_from_json(told["device"])
            self.origin = str(told["origin"])
            self._target = region_target(self.device)
            self._max_circuits = None if told["max_circuits"] is None else max(1, int(told["max_circuits"]))
            seeded = bool(told["seeded"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BackendError(
                f"'env:{argument}' must describe a backend whose calibration can be used. {error}"
            ) from error
        if seeded:
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

    def run(self, run_input: Sequence[QuantumCircuit], **options: Any) -> FinishedJob:
        """Run bound circuits there, and wait for their counts."""
        request = {"circuits": [_plain(circuit) for circuit in run_input], "options": options}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # reading says that it has ended
        counts = self._answer().get("counts")
        if not isinstance(counts, list) or len(counts) != len(run_input):
            raise ResultError(
                f"'env:{self._argument}' must answer with {len(run_input)} counts. It does not."
            )
        return FinishedJob(counts)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline(_LONGEST)
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            ended = "Its process ended" if not line else "It answers with something else"
            raise BackendError(f"The environment of 'env:{self._argument}' must answer. {ended}.") from None
        if not isinstance(found, dict):
            raise BackendError(f"The environment of 'env:{self._argument}' must answer. It does not.")
        if "error" in found:
            raise BackendError(f"'env:{self._argument}' failed there: {str(found['error']).rstrip('.')}.")
        return found


@dataclass(frozen=True)
class FinishedJob:
    """A job that is done, and its result: as much of both as is asked for."""

    counts: list[dict[str, int]]

    def result(self) -> FinishedJob:
        """Itself."""
        return self

    def get_counts(self, i: int) -> dict[str, int]:
        """Counts of one circuit."""
        return self.counts[i]


def _environment(home: Path) -> dict[str, str]:
    """What the process there sees: where it is, and what `QCSEARCH_PASS` names, with commas in between."""
    named = {name.strip() for name in os.environ.get("QCSEARCH_PASS", "").split(",")}
    passed = {key: os.environ[key] for key in os.environ if key in _PASSED | named or key.startswith("LC_")}
    return passed | {"VIRTUAL_ENV": str(home)}


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
