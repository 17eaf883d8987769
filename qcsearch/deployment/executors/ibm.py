"""`ibm:<backend>`: a processor of IBM's cloud behind the new `Sampler` of qiskit-ibm-runtime."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from qiskit.exceptions import QiskitError
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit_ibm_runtime import Batch, Session
from qiskit_ibm_runtime.decoders.defaults import DEFAULT_DECODERS
from qiskit_ibm_runtime.executor_sampler import Sampler
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits, validate_rzz_pubs

from qcsearch import canonical
from qcsearch.deployment.budget import Budget
from qcsearch.deployment.cost import REP_DELAY, job_seconds
from qcsearch.deployment.drift import Change, changes
from qcsearch.deployment.executors.base import Kind, Pub, active_qubits, check_job, joined_bits
from qcsearch.deployment.ibm.cloud import Cloud
from qcsearch.deployment.ibm.faults import LATER
from qcsearch.deployment.ibm.journal import Journal
from qcsearch.deployment.ibm.pace import Patience
from qcsearch.deployment.ibm.submission import Request, Submitter
from qcsearch.devices.device import Device
from qcsearch.errors import (
    BackendError,
    DeviceError,
    DriftError,
    InputError,
    RecalibratedError,
    UsageLimitError,
)

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.primitives import BitArray
    from qiskit.transpiler import Target
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["IbmExecutor", "IbmOptions"]


@dataclass(frozen=True)
class IbmOptions:
    """How jobs are run on a processor of IBM's cloud.

    Attributes:
        max_qpu_seconds: that all jobs together may cost, > 0.
        dynamical_decoupling: sequence on idle qubits, `XX`, `XpXm` or `XY4`; empty for none.
        twirling: of gates, with random Paulis.
        private: inputs are never given out, results once.
        mode: `job`, or all jobs in one `batch` or one `session` (which is billed by the clock).
        max_drift: largest change of an error since the model's snapshot with which a job is submitted, in
            [0, 1]; None submits with any.
        patience: deadlines and limits.
    """

    max_qpu_seconds: float
    dynamical_decoupling: Literal["", "XX", "XpXm", "XY4"] = ""
    twirling: bool = False
    private: bool = False
    mode: Literal["job", "batch", "session"] = "job"
    max_drift: float | None = None
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        if self.dynamical_decoupling not in ("", "XX", "XpXm", "XY4"):
            raise InputError(
                f"The 'dynamical_decoupling' must be XX, XpXm or XY4. Got {self.dynamical_decoupling!r}."
            )
        if self.mode not in ("job", "batch", "session"):
            raise InputError(f"The 'mode' must be job, batch or session. Got {self.mode!r}.")
        if self.max_drift is not None and not 0 <= self.max_drift <= 1:
            raise InputError(f"The 'max_drift' must be in [0, 1]. Got {self.max_drift!r}.")

    def sampler(self, tag: str) -> dict[str, Any]:
        """Options of the client's `Sampler`, for a job with that tag."""
        decoupling: dict[str, Any] = {"enable": bool(self.dynamical_decoupling)}
        if self.dynamical_decoupling:
            decoupling["sequence_type"] = self.dynamical_decoupling
        return {
            "dynamical_decoupling": decoupling,
            "twirling": {"enable_gates": self.twirling},
            "environment": {"job_tags": [tag], "private": self.private},
        }


class IbmExecutor:
    """A processor of IBM's cloud.

    Each call of `run` is a job that is submitted once and billed once, whatever happens to the network, the
    service or this process; the same calls again give the stored results of a journal, and cost nothing.

    Args:
        name: of the backend.
        journal: folder of the journal.
        options: how jobs are run.
        device: the snapshot that the model was made for.
        seed: tells deployments apart that would send the same circuits.

    Raises:
        JournalError: if another process works with the journal.
    """

    kind: Kind = "hardware"

    def __init__(
        self, name: str, journal: Path, options: IbmOptions, device: Device | None = None, seed: int = 0
    ) -> None:
        self.budget = Budget(
            options.max_qpu_seconds, lambda: self._journal.spent, lambda: self._journal.slowness
        )
        self._cloud = Cloud(name, options.patience)
        self._journal = Journal(journal)
        self._submitter = Submitter(self._cloud, self._journal)
        self._options, self._device = options, device
        self._keys = _Keys(
            [name, seed, {**asdict(options), "patience": 0, "max_qpu_seconds": 0, "max_drift": 0}]
        )
        self._session: Session | None = None
        self._compared: object = None
        self._changes: list[Change] = []

    @property
    def name(self) -> str:
        """The spec that opens it again."""
        return f"ibm:{self._cloud.name}"

    @cached_property
    def _made_for(self) -> object:
        """Time of the calibration that the circuits were made for: that of the first look."""
        return self._cloud.backend.properties().last_update_date

    @property
    def target(self) -> Target:
        """All qubits of the processor, with its calibration."""
        backend = self._cloud.backend
        found = self._cloud.call(lambda: backend.target)
        _ = self._made_for
        return found

    @property
    def rep_delay(self) -> float:
        """Seconds between two executions."""
        found = getattr(self._cloud.backend.configuration(), "default_rep_delay", None)
        return REP_DELAY if found is None else float(found)

    @property
    def remaining_seconds(self) -> float | None:
        """QPU seconds that the instance has left, None if it has no limit."""
        found = self._cloud.usage().get("usage_remaining_seconds")
        return None if found is None else float(found)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the numbers should know."""
        if not self._changes or self._changes[0].size == 0:
            return ()
        return (f"Largest change since the snapshot of {self._device_name}: {self._changes[0]}.",)

    def close(self) -> None:
        """Close the session, if there is one, and let go of the journal."""
        if self._session is not None:
            self._cloud.call(self._session.close)
        self._journal.close()

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job; see `Executor`.

        Raises:
            CeilingError: if it would cost more than is left of the budget.
        """
        target = self.target
        check_job(pubs, shots, target)
        if not pubs:
            return []
        estimate = job_seconds(pubs, shots, target, self.rep_delay)
        request = Request(
            key=self._keys.next(pubs, shots),
            submit=lambda tag: self._submit(pubs, shots, tag),
            check=lambda: self._check(pubs, shots, estimate),
            estimate=estimate,
            shots=shots,
            executions=shots * sum(len(pub.parameters) for pub in pubs),
        )
        found = _decoded(self._submitter.result(request))
        return [
            joined_bits(result.data, len(pub.parameters)) for result, pub in zip(found, pubs, strict=True)
        ]

    def _submit(self, pubs: Sequence[Pub], shots: int, tag: str) -> RuntimeJobV2:
        sampler = Sampler(self._mode(), options=self._options.sampler(tag))
        return sampler.run([(pub.circuit, pub.parameters) for pub in pubs], shots=shots)

    def _mode(self) -> Any:
        if self._options.mode == "job":
            return self._cloud.backend
        if self._session is None:
            kind = Batch if self._options.mode == "batch" else Session
            self._session = kind(self._cloud.backend)
        return self._session

    def _check(self, pubs: Sequence[Pub], shots: int, estimate: float) -> None:
        """Raise if the job should not be submitted now."""
        self.budget.check(estimate)
        if self._cloud.usage().get("usage_limit_reached"):
            raise UsageLimitError(
                "The instance must have QPU seconds left. Its limit is reached.",
                fix=f"raise the limit or wait for the next period, then {LATER}",
            )
        backend = self._cloud.backend
        self._cloud.call(backend.refresh)
        calibrated = backend.properties().last_update_date
        try:
            self._validate(pubs, shots)
        except (QiskitError, ValueError, BackendError) as error:
            if self._made_for == calibrated:
                raise BackendError(f"{self.name} cannot run the circuits: {error}") from error
            raise RecalibratedError(
                f"The circuits must fit the calibration of {self.name}. It changed while the deployment ran, and "
                f"now they do not: {error}",
                fix="search again on a new snapshot, or wait for the next calibration and run the same command.",
            ) from error
        if calibrated != self._compared:
            self._compare(frozenset().union(*(active_qubits(pub.circuit) for pub in pubs)))
        self._compared = calibrated

    def _validate(self, pubs: Sequence[Pub], shots: int) -> None:
        """What the service checks after it has billed, and the new primitives not at all."""
        backend = self._cloud.backend
        check_job(pubs, shots, backend.target)
        validate_isa_circuits([pub.circuit for pub in pubs], backend.target)
        validate_rzz_pubs([SamplerPub.coerce((pub.circuit, pub.parameters), shots) for pub in pubs])
        for pub in pubs:
            backend.check_faulty(pub.circuit)

    def _compare(self, qubits: frozenset[int]) -> None:
        """Look how far the calibration is from the model's snapshot."""
        if self._device is None:
            return
        try:
            now = Device.from_backend(self._cloud.backend)
        except DeviceError as error:
            raise RecalibratedError(f"The calibration of {self.name} must be usable. {error}") from error
        self._changes = changes(self._device, now, qubits)
        limit = self._options.max_drift
        if limit is not None and self._changes[0].size > limit:
            raise DriftError(
                f"No error may have changed by more than {100 * limit:g} points since the snapshot of "
                f"{self._device_name}. {self._changes[0]}.",
                fix="search again on a new snapshot, or allow more with --max-drift.",
            )

    @property
    def _device_name(self) -> str:
        device = self._device
        return "" if device is None else f"{device.name} of {device.calibrated_at[:10] or 'an unknown day'}"


class _Keys:
    """Keys of requests: from the deployment, the circuits and their parameters, and how often they came before.

    They do not depend on the requests in between, so a deployment that goes on from a checkpoint finds the
    results of the requests that it makes again.
    """

    def __init__(self, deployment: object) -> None:
        self._deployment = canonical.digest(deployment)
        self._seen: Counter[str] = Counter()
        self._circuits: dict[int, tuple[QuantumCircuit, str]] = {}  # circuits kept, so that an id names one

    def next(self, pubs: Sequence[Pub], shots: int) -> str:
        content = hashlib.sha256(f"{self._deployment} {shots}".encode())
        for pub in pubs:
            content.update(self._text(pub.circuit).encode())
            content.update(np.ascontiguousarray(pub.parameters, dtype=np.float64).tobytes())
        digest = content.hexdigest()
        self._seen[digest] += 1
        return f"{digest}-{self._seen[digest]}"

    def _text(self, circuit: QuantumCircuit) -> str:
        if id(circuit) not in self._circuits:
            self._circuits[id(circuit)] = (circuit, _text(circuit))
        return self._circuits[id(circuit)][1]


def _text(circuit: QuantumCircuit) -> str:
    """The circuit's instructions, the same in every process: names of parameters, not their identity."""
    return ";".join(
        f"{instruction.operation.name} {list(map(str, instruction.operation.params))} "
        f"{[circuit.find_bit(q).index for q in instruction.qubits]} "
        f"{[circuit.find_bit(c).index for c in instruction.clbits]}"
        for instruction in circuit.data
    )


def _decoded(result: str) -> Any:
    """The client's result object from the stored text, by the client's own decoders."""
    return reduce(
        lambda found, decoder: decoder.decode(found) if decoder.is_applicable(found) else found,
        DEFAULT_DECODERS["executor"],
        result,
    )
