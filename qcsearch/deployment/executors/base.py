"""What an executor is: it takes circuits, runs them with shots, and gives back bits. Nothing else."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from qcsearch.deployment.values import Cost, Estimates, Kind, Pub
from qcsearch.errors import BackendError, ResultError
from qcsearch.registry import Registry

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.primitives import BitArray, DataBin
    from qiskit.transpiler import Target

    from qcsearch.deployment.cost.budget import Budget
    from qcsearch.devices.device import Device

__all__ = [
    "EXECUTORS",
    "Billed",
    "Calibrated",
    "Estimating",
    "Executor",
    "JobSeeds",
    "Opener",
    "Starting",
    "active_qubits",
    "aer_threads",
    "joined_bits",
]


class Executor(Protocol):
    """Whatever runs circuits with shots: a simulator, a recorded backend, a processor.

    An executor is opened by an `Opener` and lives as long as one deployment. It knows nothing of models,
    weights or observables. Each call of `run` is one job; a call that fails has one error, `BackendError`.
    `folding.runnable` refuses what no target can run, and `JobSeeds` gives each job its seed; `aer` is an example.
    """

    @property
    def name(self) -> str:
        """The spec that opens it again: `aer`, `local:fake_torino`."""
        ...

    @property
    def kind(self) -> Kind:
        """What stands behind its numbers."""
        ...

    @property
    def target(self) -> Target:
        """All qubits and the gates that run on them."""
        ...

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job.

        Args:
            pubs: the circuits to be run.
            shots: runs of each circuit with each set of parameters, in [1, 1_000_000]; one number a job.

        Returns:
            For each pub, in order, a `BitArray` of shape `(n_sets,)` with `shots` shots, and a bit for each
            classical bit of the circuit, bit 0 first in `to_bool_array(order="little")`.

        Raises:
            BackendError: if shots, parameters or circuits are not what `folding.runnable` lets pass, or the
                backend does not run them.
        """
        ...


@runtime_checkable
class Billed(Protocol):
    """What an executor has besides, if its jobs cost money."""

    @property
    def budget(self) -> Budget:
        """What its jobs may cost, and have cost."""
        ...

    @property
    def rep_delay(self) -> float:
        """Seconds between two executions of a circuit."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, a sentence each."""
        ...


@runtime_checkable
class Estimating(Protocol):
    """What an executor has besides, if it gives expectation values itself, and not bits to compute them from."""

    @property
    def mitigated(self) -> bool:
        """Whether it takes errors of the device out of them."""
        ...

    def estimate(self, pubs: Sequence[Pub], shots: int) -> list[Estimates]:
        """Run one job.

        Args:
            pubs: the circuits to be run, each with its observables.
            shots: shots of each measurement basis of each circuit with each set of parameters, at least.

        Returns:
            For each pub values and standard errors `(n_sets, n_observables)`.

        Raises:
            BackendError: if the backend cannot run a circuit, or does not.
        """
        ...

    def work(self, pubs: Sequence[Pub], shots: int) -> Cost:
        """What `estimate` asks of the processor, calibration circuits included."""
        ...


@runtime_checkable
class Starting(Protocol):
    """What an executor has besides, if its circuits can start from states (`Pub.states`), as no processor's can."""

    @property
    def starts(self) -> tuple[str, ...]:
        """The kinds of states: `pure`, `mixed`."""
        ...


@runtime_checkable
class Calibrated(Protocol):
    """What an executor has besides, if its machine has a calibration of its own."""

    @property
    def latest(self) -> Device | None:
        """The calibration when it was last looked at; None before."""
        ...

    def calibration(self) -> Device:
        """Look at the calibration of now.

        Raises:
            BackendError: if it cannot be had, or not be used.
        """
        ...


class Opener(Protocol):
    """Opens an executor from what follows the colon in its spec."""

    def __call__(self, *, argument: str, device: Device | None, seed: int) -> Executor:
        """Open.

        Args:
            argument: the part of the spec after the colon, empty if there is none.
            device: the device that the model was made for, for executors that simulate it.
            seed: seed of everything random that the executor itself decides, ≥ 0.

        Raises:
            BackendError: if the argument names nothing that can be opened.
        """
        ...


EXECUTORS: Registry[Executor] = Registry("qcsearch.executors", BackendError)
"""All executors by the name before the colon of a spec, each an `Opener`; plugins add theirs in the entry-point group
`qcsearch.executors`."""


class JobSeeds:
    """Seeds of an executor's jobs: from its own seed, a job's parameters, and how often they came before.

    They do not depend on the jobs in between, so a deployment that is resumed after a break draws the same shots
    as one that never broke.

    Args:
        seed: seed of the executor, ≥ 0.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._seen: Counter[str] = Counter()

    def next(self, pubs: Sequence[Pub]) -> int:
        """The seed of the next job, in [0, 2³¹)."""
        content = hashlib.sha256()
        for pub in pubs:
            content.update(pub.rounded)
        key = content.hexdigest()
        words = [self._seed, int(key[:8], 16), int(key[8:16], 16), self._seen[key]]
        self._seen[key] += 1
        return int(np.random.SeedSequence(words).generate_state(1)[0]) >> 1


def active_qubits(circuit: QuantumCircuit) -> set[int]:
    """The qubits that carry a gate or a measurement."""
    return {
        circuit.find_bit(qubit).index
        for instruction in circuit.data
        if instruction.operation.name != "barrier"
        for qubit in instruction.qubits
    }


def aer_threads(n_qubits: int) -> int:
    """Threads for Aer under noise, 0 for all: on few qubits a second one costs much and gains little."""
    return 1 if n_qubits <= 8 else 0


def joined_bits(data: DataBin, n_sets: int) -> BitArray:
    """All classical registers of one result as one array of shape `(n_sets,)`, in the circuit's order.

    Raises:
        ResultError: if there are not so many sets.
    """
    from qiskit.primitives import BitArray

    registers = [data[name] for name in data]
    if not registers or any(register.size != n_sets for register in registers):
        raise ResultError(f"A result must hold bits of {n_sets} sets of parameters. It does not.")
    joined = registers[0] if len(registers) == 1 else BitArray.concatenate_bits(registers)
    return joined.reshape(n_sets)
