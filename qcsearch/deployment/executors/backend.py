"""`backend:<package.module>:<object>`: any local `BackendV2`, through nothing but its own `run`.

The object is a `BackendV2`, or makes one when it is called without arguments. Simulators and recorded devices
only: a processor of another vendor would bill jobs that nothing here keeps a journal of.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives import BitArray
from qiskit.providers import BackendV2

from qcsearch.deployment.executors.base import JobSeeds
from qcsearch.deployment.executors.folding import runnable
from qcsearch.deployment.received import check_counts
from qcsearch.deployment.values import Kind, Pub
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.device import Device
from qcsearch.errors import BackendError, ResultError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

__all__ = ["BackendExecutor", "load_backend"]

_LOCAL = ("sim", "fake", "local", "offline")
"""One of these is in the class, module or name of a backend that costs nothing."""


def load_backend(argument: str) -> Any:
    """What `package.module:object` names, called if it has to be.

    Raises:
        BackendError: if it cannot be loaded.
    """
    if not EntryPoint.pattern.match(argument) or ":" not in argument:
        raise BackendError(f"A local backend must be given as package.module:object. Got {argument!r}.")
    try:
        found = EntryPoint("backend", argument, "qcsearch.backends").load()
        return found if isinstance(found, BackendV2) or not callable(found) else found()
    except Exception as error:  # a vendor's own code
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise BackendError(f"'backend:{argument}' cannot be opened: {reason}.") from error


class BackendExecutor:
    """A local backend of any vendor.

    Each circuit with each set of parameters is bound here, as many as the backend takes go into a call of
    `run`, and the counts come back: that much every vendor's backend can do.

    Args:
        backend: a simulator or a recorded device.
        name: the spec that opens it again.
        seed: seed of the simulator's shots, if the backend takes one.

    Raises:
        BackendError: if it is no `BackendV2` with a fixed number of qubits, or may be a processor.
    """

    kind: Kind = "simulated"

    def __init__(self, backend: object, name: str, seed: int = 0) -> None:
        if not isinstance(backend, BackendV2) or not backend.target.num_qubits:
            raise BackendError(
                f"'{name}' must name a BackendV2 with a fixed number of qubits. Got {type(backend).__name__}."
            )
        origin = getattr(backend, "origin", f"{type(backend).__module__}.{type(backend).__qualname__}")
        if not any(word in f"{origin} {backend.name}".lower() for word in _LOCAL):
            raise BackendError(
                f"'{name}' must be a simulator or a recorded device. {backend.name} may be billed.",
                fix="jobs of IBM's processors are kept account of: use ibm:<backend>.",
            )
        self._backend = backend
        self._seeds = JobSeeds(seed)
        self.name = name

    @property
    def target(self) -> Target:
        """All qubits of the backend."""
        return self._backend.target

    @property
    def latest(self) -> None:
        """Not looked at unless it is asked for: a simulator may have none."""
        return

    def calibration(self) -> Device:
        """The calibration that the backend carries."""
        return device_from_backend(self._backend)

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job; see `Executor`."""
        pubs = runnable(pubs, shots, self.target)
        if not pubs:
            return []
        seed = self._seeds.next(pubs)
        circuits = [pub.circuit.assign_parameters(row) for pub in pubs for row in pub.parameters]
        size = self._backend.max_circuits or len(circuits)
        counts: list[dict[str, int]] = []
        for i in range(0, len(circuits), size):
            counts += self._counts(circuits[i : i + size], shots, seed + i)
        rng, found, start = np.random.default_rng(seed), [], 0
        for pub in pubs:
            end = start + len(pub.parameters)
            found.append(self._bits(counts[start:end], pub.circuit, rng))
            start = end
        return found

    def _counts(self, circuits: list[QuantumCircuit], shots: int, seed: int) -> list[dict[str, int]]:
        """One call of the backend's `run`."""
        options = {"seed_simulator": seed % 2**31} if "seed_simulator" in self._backend.options else {}
        try:
            result = self._backend.run(circuits, shots=shots, **options).result()
            found = [result.get_counts(i) for i in range(len(circuits))]
        except Exception as error:  # a vendor's own code
            raise BackendError(f"The job on {self.name} failed: {type(error).__name__}: {error}.") from error
        more = len(getattr(result, "results", circuits))
        if more != len(circuits):
            raise ResultError(f"The job on {self.name} must give {len(circuits)} counts. Got {more}.")
        return found

    def _bits(
        self, counts: Sequence[dict[str, int]], circuit: QuantumCircuit, rng: np.random.Generator
    ) -> BitArray:
        """One row of shots a set of parameters, in an order that is as random as the shots were."""
        n_bits, written = circuit.num_clbits, _written(circuit)
        whole = []
        for one in counts:
            told = check_counts(one, (len(written), n_bits))
            whole.append({_spread(key, written, n_bits): n for key, n in told.items()})
        if len({sum(one.values()) for one in whole}) != 1:
            raise ResultError(f"The job on {self.name} must give as many shots of each set of parameters.")
        found = BitArray.from_counts(whole, num_bits=n_bits)
        shuffled = np.stack([rows[rng.permutation(len(rows))] for rows in found.array])
        return BitArray(shuffled, n_bits)


def _written(circuit: QuantumCircuit) -> list[int]:
    """The classical bits that hold a measurement, in order."""
    bits = (bit for step in circuit.data if step.operation.name == "measure" for bit in step.clbits)
    return sorted({circuit.find_bit(bit).index for bit in bits})


def _spread(key: str, written: Sequence[int], n_bits: int) -> str:
    """A key of all classical bits; Braket's have those alone that hold a measurement."""
    if len(key) != len(written):
        return key
    bits = dict(zip(written, reversed(key), strict=True))
    return "".join(bits.get(i, "0") for i in reversed(range(n_bits)))
