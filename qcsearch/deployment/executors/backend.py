"""`backend:<package.module>:<object>`: any local `BackendV2`, through nothing but its own `run`.

The object is a `BackendV2`, or makes one when it is called without arguments. Simulators and recorded devices
only: a processor of another vendor would bill jobs that nothing here keeps a journal of.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import numpy as np
from qiskit.primitives import BitArray
from qiskit.providers import BackendV2

from qcsearch.deployment.executors.base import JobSeeds, Kind, Pub, check_job
from qcsearch.errors import BackendError

if TYPE_CHECKING:
    from qiskit.transpiler import Target

__all__ = ["BackendExecutor"]

_LOCAL = ("sim", "fake", "local", "offline")
"""One of these is in the class, module or name of a backend that costs nothing."""


class BackendExecutor:
    """A local backend of any vendor.

    Each circuit with each set of parameters is bound here, all of them go into one call of `run`, and the
    counts come back: that much every vendor's backend can do.

    Args:
        backend: a simulator or a recorded device.
        name: the spec that opens it again.
        seed: of the simulator's shots, if the backend takes one.

    Raises:
        BackendError: if it is no `BackendV2` with a fixed number of qubits, or may be a processor.
    """

    kind: Kind = "simulated"

    def __init__(self, backend: object, name: str, seed: int = 0) -> None:
        if not isinstance(backend, BackendV2) or not backend.target.num_qubits:
            raise BackendError(
                f"'{name}' must name a BackendV2 with a fixed number of qubits. Got {type(backend).__name__}."
            )
        known = f"{type(backend).__module__}.{type(backend).__qualname__} {backend.name}".lower()
        if not any(word in known for word in _LOCAL):
            raise BackendError(
                f"'{name}' must be a simulator or a recorded device. {backend.name} may be billed.",
                fix="jobs of IBM's processors are kept account of: use ibm:<backend>.",
            )
        self._backend = backend
        self._seeds = JobSeeds(seed)
        self.name = name

    @classmethod
    def open(cls, argument: str, seed: int) -> BackendExecutor:
        """Open `package.module:object`.

        Raises:
            BackendError: if it cannot be loaded.
        """
        name = f"backend:{argument}"
        if not EntryPoint.pattern.match(argument) or ":" not in argument:
            raise BackendError(f"A local backend must be given as package.module:object. Got {argument!r}.")
        try:
            found = EntryPoint("backend", argument, "qcsearch.backends").load()
            backend = found if isinstance(found, BackendV2) or not callable(found) else found()
        except Exception as error:  # a vendor's own code
            raise BackendError(f"'{name}' cannot be opened: {type(error).__name__}: {error}.") from error
        return cls(backend, name, seed)

    @property
    def target(self) -> Target:
        """All qubits of the backend."""
        return self._backend.target

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job; see `Executor`."""
        check_job(pubs, shots, self.target)
        if not pubs:
            return []
        seed = self._seeds.next(pubs)
        circuits = [pub.circuit.assign_parameters(row) for pub in pubs for row in pub.parameters]
        options = {"seed_simulator": seed} if "seed_simulator" in self._backend.options else {}
        try:
            result = self._backend.run(circuits, shots=shots, **options).result()
            counts = [result.get_counts(i) for i in range(len(circuits))]
        except Exception as error:  # a vendor's own code
            raise BackendError(f"The job on {self.name} failed: {type(error).__name__}: {error}.") from error
        rng, found, start = np.random.default_rng(seed), [], 0
        for pub in pubs:
            end = start + len(pub.parameters)
            found.append(_bits(counts[start:end], pub.circuit.num_clbits, rng))
            start = end
        return found


def _bits(counts: Sequence[dict[str, int]], n_bits: int, rng: np.random.Generator) -> BitArray:
    """One row of shots a set of parameters, in an order that is as random as the shots were."""
    cleaned = [{key.replace(" ", ""): n for key, n in one.items()} for one in counts]
    found = BitArray.from_counts(cleaned, num_bits=n_bits)
    shuffled = np.stack([rows[rng.permutation(len(rows))] for rows in found.array])
    return BitArray(shuffled, n_bits)
