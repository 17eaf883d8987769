"""A model's circuit on an executor: expectation values from shots, as the training loop asks for them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager

from qcsearch.circuits.bases import Basis, measurement_bases
from qcsearch.circuits.start_states import state_size
from qcsearch.deployment.diagnostics.canaries import CanaryMonitor, Readout, canary_circuits
from qcsearch.deployment.executors.base import Billed, Estimating, Executor
from qcsearch.deployment.executors.checks import check_job, check_start
from qcsearch.deployment.executors.folding import fold_notice, runnable
from qcsearch.deployment.measurement import estimate
from qcsearch.deployment.received import check_bits, check_estimates
from qcsearch.deployment.usage import UsageMeter
from qcsearch.deployment.values import Estimates, Pub, States, Usage
from qcsearch.devices.transpile.angles import free_target
from qcsearch.errors import BackendError, InputError
from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qiskit.circuit import Parameter
    from qiskit.quantum_info import SparsePauliOp

    from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["BackendProgram"]

Bits: TypeAlias = NDArray[np.bool_]

_SHOTS_A_JOB = 2**20
"""A job is cut into several above this many shots: their bits are in memory all at once, a byte each."""

_BITS_A_JOB = 2**26
"""The same where a job reads all qubits of a processor."""

_NUMBERS_A_JOB = 2**24
"""The same where circuits start from states: the numbers of these."""

_FROM_STATES = "Circuits start from the samples' states, free of noise: no processor can do that."


@dataclass(frozen=True, eq=False)
class BackendProgram:
    """Expectation values of a mapped circuit, measured: the `Expectations` of a machine.

    Attributes:
        circuit: the circuit in basis gates on the region, without measurements.
        qubits: physical qubits; the circuit's qubit `i` is `qubits[i]`.
        observables: observables on the circuit's qubits.
        inputs: feature parameters, in order; or the kind of state that each sample is and its circuit starts from, see
            `circuits.start_states`.
        weights: weight parameters, in order.
        executor: what runs the circuits.
        shots: runs of each circuit in each basis.
        meter: counts what was asked of the executor.
        monitor: keeps the canaries of each job; None sends none.
        mitigate: whether the readout errors that the canaries of a job show are taken out of its results.
    """

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    observables: Sequence[SparsePauliOp]
    inputs: Sequence[Parameter] | str
    weights: Sequence[Parameter]
    executor: Executor
    shots: int
    meter: UsageMeter = field(default_factory=UsageMeter)
    monitor: CanaryMonitor | None = None
    mitigate: bool = False

    @property
    def usage(self) -> Usage:
        """What was asked of the executor so far."""
        return self.meter.usage

    @classmethod
    def of(cls, transpiled: TranspiledCandidate, executor: Executor, shots: int) -> BackendProgram:
        """The program of a transpiled candidate."""
        mapped = transpiled.mapped
        return cls(
            mapped.circuit,
            mapped.qubits,
            transpiled.observables,
            transpiled.inputs,
            transpiled.weights,
            executor,
            shots,
        )

    def with_circuit(self, circuit: QuantumCircuit, weights: Sequence[Parameter]) -> BackendProgram:
        """The same measurements of another circuit on the same qubits; its usage is counted here too."""
        return replace(self, circuit=circuit, weights=weights)

    def with_shots(self, shots: int) -> BackendProgram:
        """The same measurements with another number of shots; their usage is counted here too."""
        other = copy.copy(self)  # with the circuits that are cached: each was transpiled
        object.__setattr__(other, "shots", shots)
        return other

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the numbers should know."""
        said = [fold_notice(self.circuit), _FROM_STATES if isinstance(self.inputs, str) else None]
        told = self.executor.notices if isinstance(self.executor, Billed) else ()
        return (*(one for one in said if one is not None), *told, *self.meter.notices)

    @property
    def n_weights(self) -> int:
        """Number of trainable weights."""
        return len(self.weights)

    @property
    def n_observables(self) -> int:
        """Number of observables."""
        return len(self.observables)

    @property
    def n_inputs(self) -> int:
        """Numbers of one sample."""
        inputs = self.inputs
        return state_size(inputs, len(self.qubits)) if isinstance(inputs, str) else len(inputs)

    def check(self) -> None:
        """Refuse, before the first job, what the executor cannot run.

        Raises:
            BackendError: as `check_job`, or if a physical qubit is not there, or circuits cannot start from states.
            InputError: if canaries are asked of an executor that gives no bits.
        """
        if isinstance(self.inputs, str):
            check_start(self.inputs, self.executor)
        if isinstance(self.executor, Estimating):
            if self.monitor is not None:
                raise InputError(
                    "Canaries and the correction of readout by them need bits and must not be asked of the estimator.",
                    fix="leave them out, or take the sampler; the estimator's resilience level 1 mitigates readout.",
                )
            check_job(self.observed(1), self.shots, self.executor.target, measured=False)
            return
        pubs = [Pub(circuit, np.zeros((1, circuit.num_parameters))) for circuit in self.circuits]
        check_job(pubs, self.shots, self.executor.target)

    def values(self, X: Floats, w: Floats) -> Floats:
        """Expectation values `(n_samples, n_observables)`; `X` is `(n_samples, n_features)`."""
        return self.measure(X, w).values

    def values_many(self, X: Floats, W: Floats) -> Floats:
        """Values `(n_vectors, n_samples, n_observables)` for weights `(n_vectors, n_weights)`, in one job."""
        return self._estimate(X, W).values.reshape(len(W), len(X), self.n_observables)

    def measure(self, X: Floats, w: Floats) -> Estimates:
        """As `values`, with the standard errors that the shots leave."""
        return self._estimate(X, w[None])

    def _estimate(self, X: Floats, W: Floats) -> Estimates:
        """All samples with the first weights, then with the next."""
        rows = np.arange(len(X) * len(W))
        parts = (rows[start : start + self.rows_a_job] for start in range(0, len(rows), self.rows_a_job))
        found = [self._job(np.hstack([X[part % len(X)], W[part // len(X)]])) for part in parts]
        return Estimates.joined(found, self.n_observables)

    def sample(self, rows: Floats) -> tuple[list[Bits], Readout | None]:
        """The shots of one job, and the readout errors that its canaries show, if it has any.

        Args:
            rows: inputs and weights, `(n_sets, n_inputs + n_weights)`.

        Returns:
            For each of `bases` the bits `(n_sets, n_shots, n_qubits)`, qubit 0 first.

        Raises:
            ResultError: if the executor gives anything else; another number of shots is counted and said.
        """
        kind, start = self.inputs, rows[:, : self.n_inputs]
        states = States(kind, start, self.qubits) if isinstance(kind, str) else None
        pubs = [
            Pub(circuit, rows[:, columns], states=states)
            for circuit, columns in zip(self.circuits, self._columns, strict=True)
        ]
        canaries = [Pub(circuit, np.zeros((1, 0))) for circuit in self.canaries]
        job = runnable([*pubs, *canaries], self.shots, self.executor.target)
        found = check_bits(self.executor.run(job, self.shots), job)
        executions = sum(array.size * array.num_shots for array in found)
        came = min(array.num_shots for array in found)
        self.meter.count(sum(array.size for array in found), executions, asked=self.shots, came=came)
        bits = [array.to_bool_array(order="little") for array in found]
        readout = None
        if self.monitor is not None:
            readout = Readout.of(*(told[0] for told in bits[len(pubs) :]))
            self.monitor.add(readout)
        return bits[: len(pubs)], readout

    def _job(self, rows: Floats) -> Estimates:
        if isinstance(self.executor, Estimating):
            return self._estimated(self.executor, rows)
        bits, readout = self.sample(rows)
        return estimate(self.observables, self.bases, bits, readout if self.mitigate else None)

    def _estimated(self, executor: Estimating, rows: Floats) -> Estimates:
        pubs = runnable(self.observed(rows), self.shots, self.executor.target, measured=False)
        work = executor.work(pubs, self.shots)
        answer = executor.estimate(pubs, self.shots)
        (found,) = check_estimates(answer, pubs, mitigated=executor.mitigated)
        came = found.shots or self.shots
        executions = work.executions * came // self.shots
        self.meter.count(work.circuits, executions, asked=self.shots, came=came)
        return found

    def observed(self, rows: Floats | int) -> list[Pub]:
        """The job of an executor that estimates: of features and weights, or of so many rows of zeros."""
        circuit, observables = self._observed
        table = (
            np.zeros((rows, circuit.num_parameters))
            if isinstance(rows, int)
            else rows[:, self._order(circuit)]
        )
        return [Pub(circuit, table, observables)]

    @property
    def mitigated(self) -> bool:
        """Whether errors of the device are taken out of the values."""
        return self.mitigate or (isinstance(self.executor, Estimating) and self.executor.mitigated)

    @cached_property
    def bases(self) -> tuple[Basis, ...]:
        """The settings of the measurement."""
        return measurement_bases(self.observables)

    @property
    def rows_a_job(self) -> int:
        """How many sets of parameters one job takes at most."""
        runs = self.shots * len(self.bases)
        if isinstance(self.executor, Estimating):  # it reads every qubit that there is
            n_qubits = int(self.executor.target.num_qubits)
            return max(1, min(_SHOTS_A_JOB // runs, _BITS_A_JOB // (runs * n_qubits)))
        most = _NUMBERS_A_JOB // self.n_inputs if isinstance(self.inputs, str) else _SHOTS_A_JOB
        return max(1, min(_SHOTS_A_JOB // runs, most))

    @cached_property
    def circuits(self) -> list[QuantumCircuit]:
        """For each basis the whole circuit, measured, on all qubits of the backend."""
        return [self._measured(basis) for basis in self.bases]

    @cached_property
    def _observed(self) -> tuple[QuantumCircuit, tuple[SparsePauliOp, ...]]:
        """The circuit, not measured, and the observables, on all qubits of the backend."""
        whole = self._whole()
        places, n_qubits = list(self.qubits), whole.num_qubits
        return whole, tuple(x.apply_layout(places, num_qubits=n_qubits) for x in self.observables)

    def _whole(self, n_bits: int = 0) -> QuantumCircuit:
        """The circuit on all qubits of the backend."""
        n_qubits = self.executor.target.num_qubits
        if max(self.qubits) >= n_qubits:
            raise BackendError(
                f"The model needs qubit {max(self.qubits)}; {self.executor.name} has {n_qubits} qubits.",
                fix="deploy to the device that the model was made for.",
            )
        whole = QuantumCircuit(n_qubits, n_bits)
        whole.compose(self.circuit, self.qubits, inplace=True)
        return whole

    def _measured(self, basis: Basis) -> QuantumCircuit:
        whole = self._whole(len(self.qubits))
        rotation = basis.rotation()
        if rotation.size():
            manager = generate_preset_pass_manager(
                optimization_level=1,
                target=free_target(self.executor.target),
                initial_layout=list(self.qubits),
            )
            whole.compose(manager.run(rotation), inplace=True)
        whole.measure(self.qubits, range(len(self.qubits)))
        return whole

    @cached_property
    def canaries(self) -> list[QuantumCircuit]:
        """The circuits with a known answer that each job carries besides."""
        return [] if self.monitor is None else canary_circuits(self.qubits, self.executor.target)

    @cached_property
    def _columns(self) -> list[list[int]]:
        return [self._order(circuit) for circuit in self.circuits]

    def _order(self, circuit: QuantumCircuit) -> list[int]:
        """Where the parameters of a circuit stand in a row of inputs and weights."""
        place = {parameter: self.n_inputs + i for i, parameter in enumerate(self.weights)}
        if not isinstance(self.inputs, str):
            place |= {parameter: i for i, parameter in enumerate(self.inputs)}
        return [place[parameter] for parameter in circuit.parameters]
