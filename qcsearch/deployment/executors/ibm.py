"""`ibm:<backend>`: a processor of IBM's cloud behind the new `Sampler` of qiskit-ibm-runtime."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiskit_ibm_runtime.decoders.executor.decoder import BaseClientSideResultDecoder
from qiskit_ibm_runtime.decoders.executor_sampler.decoder import ClientSideSamplerResultDecoder
from qiskit_ibm_runtime.executor_sampler import Sampler
from qiskit_ibm_runtime.executor_sampler.prepare import prepare
from qiskit_ibm_runtime.options_models import SamplerOptions

from qcsearch.deployment.cost.budget import Budget
from qcsearch.deployment.cost.cost import REP_DELAY, job_seconds
from qcsearch.deployment.executors.base import joined_bits
from qcsearch.deployment.executors.checks import check_job
from qcsearch.deployment.executors.folding import folded, has_bounded
from qcsearch.deployment.ibm.billing.sessions import Sessions
from qcsearch.deployment.ibm.calibration import LiveCalibration
from qcsearch.deployment.ibm.connection.answers import limit_reached, plausible_seconds
from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.ibm.connection.faults import LATER
from qcsearch.deployment.ibm.jobs.entry import Entry
from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.deployment.ibm.jobs.keys import RequestKeys
from qcsearch.deployment.ibm.jobs.results import JobResult, most_bytes, read_result
from qcsearch.deployment.ibm.jobs.submission import Request, Submitter
from qcsearch.deployment.ibm.options import IbmOptions, job_limit
from qcsearch.deployment.values import Kind, Pub
from qcsearch.devices.device import Device
from qcsearch.errors import (
    BackendError,
    InputError,
    UsageLimitError,
)
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.primitives import BitArray
    from qiskit.transpiler import Target
    from qiskit_ibm_runtime import RuntimeJobV2
    from qiskit_ibm_runtime.quantum_program import QuantumProgram

__all__ = ["IbmExecutor"]

_log = logging.getLogger("qcsearch.deployment")
_LONGEST_REP_DELAY = 1.0
"""Seconds; what the service says beyond it is not believed, and would make every estimate absurd."""

_FRACTIONAL = frozenset({"rx", "rzz"})
"""Gates that the service leaves out of a target unless they are asked for."""


class IbmExecutor:
    """A processor of IBM's cloud.

    Each call of `run` is a job that is billed once, whatever happens to the network, the service or this process, as
    far as `Submitter` promises; the same calls again give the stored results of a journal, and cost nothing. Whatever
    the service ran all the same is in the budget.

    Args:
        name: name of the backend.
        journal: folder of the journal.
        options: how jobs are run, and what they may cost.
        device: the snapshot that the model was made for.
        seed: tells deployments apart that would send the same circuits.

    Raises:
        JournalError: if another process works with the journal.
    """

    kind: Kind = "hardware"
    _decoder: type[BaseClientSideResultDecoder] = ClientSideSamplerResultDecoder

    def __init__(
        self, name: str, journal: Path, options: IbmOptions, device: Device | None = None, seed: int = 0
    ) -> None:
        self.budget = Budget(
            options.max_qpu_seconds,
            lambda: self._journal.spent,
            lambda: self._journal.slowness,
            settle=self._settle,
        )
        self._cloud = Cloud(name, options.retry, _is_fractional(device))
        self._journal = Journal(journal)
        self._submitter = Submitter(self._cloud, self._journal, options.private)
        self._options = options
        self._deployment: list[Json] = [name, seed, options.of_jobs]
        self._keys = RequestKeys(self._deployment)
        self._sessions = Sessions(self._cloud, self._journal, options.mode)
        self._calibration = LiveCalibration(self._cloud, device, options.max_drift)

    @property
    def name(self) -> str:
        """The spec that opens it again."""
        return f"ibm:{self._cloud.name}"

    @property
    def target(self) -> Target:
        """All qubits of the processor, with its calibration."""
        return self._calibration.target

    @property
    def rep_delay(self) -> float:
        """Seconds between two executions."""
        found = getattr(self._cloud.backend.configuration(), "default_rep_delay", None)
        seconds = plausible_seconds(found, _LONGEST_REP_DELAY)
        return REP_DELAY if seconds is None else seconds

    @property
    def remaining_seconds(self) -> float | None:
        """QPU seconds that the instance has left, None if it has no limit."""
        return plausible_seconds(self._cloud.usage().get("usage_remaining_seconds"))

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the numbers should know."""
        drift = self._calibration.notice
        found = [] if drift is None else [drift]
        if n := self._journal.estimated:
            jobs = "1 job is" if n == 1 else f"{n} jobs are"
            found.append(
                f"The bill of {jobs} not final; estimated seconds are counted, the next run looks again."
            )
        if self._journal.lost_sessions:
            found.append("A session may be open whose id was not told; no job runs in it, and it times out.")
        return tuple(found)

    @property
    def latest(self) -> Device | None:
        """The calibration when it was last looked at; None before."""
        return self._calibration.latest

    def calibration(self) -> Device:
        """Look at the calibration of now.

        Raises:
            RecalibratedError: if it cannot be used.
        """
        return self._calibration.refresh()

    def compare_with(self, device: Device) -> None:
        """From now on the calibration is compared with this snapshot."""
        self._calibration.compare_with(device)

    def close(self, wait: bool = True) -> None:
        """Cancel jobs that turned up late, close all sessions, look for the bills, and let go of the journal.

        Args:
            wait: whether to wait, half a minute at most, for what of that the service has not said yet.
        """
        try:
            if self._journal.entries or self._journal.sessions:
                self._settle(wait)
        finally:
            self._journal.close()

    def _settle(self, wait: bool = True) -> None:
        """End what is open, as far as that can be: no more jobs are to come for now."""
        try:
            self._sessions.close()
            self._submitter.settle(wait)
        except BackendError as fault:
            # What ended the deployment matters more; what is open stays so in the journal.
            _log.warning("The last look at the service failed: %s", fault)

    def begin(self, deployment: str) -> None:
        """From now on requests are those of another deployment; who makes them again in it gets the same results.

        Args:
            deployment: its name; `cost` is what it costs from now on.
        """
        self._keys = RequestKeys([*self._deployment, deployment])

    @property
    def cost(self) -> float:
        """QPU seconds of the requests since `begin`, or of all of this object: also of jobs that ended badly."""
        return sum(entry.cost(job) for entry in self._asked for job in entry.bills)

    def discard(self) -> None:
        """Remove the results of the requests since `begin`, for whoever has kept what is wanted of them; bills stay."""
        for entry in self._asked:
            self._journal.results.path(entry.tag).unlink(missing_ok=True)

    @property
    def _asked(self) -> list[Entry]:
        """Entries of the requests since `begin`."""
        return [entry for entry in self._journal.entries if entry.key in self._keys.given]

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job; see `Executor`.

        Raises:
            CeilingError: if it would cost more than is left of the budget.
        """
        pubs = self._ready(pubs)
        check_job(pubs, shots, self.target)
        if not pubs:
            return []
        seconds = job_seconds(pubs, shots, self.target, self.rep_delay)
        executions = shots * sum(len(pub.parameters) for pub in pubs)
        found = self._result(pubs, shots, seconds, executions).found
        return [
            joined_bits(result.data, len(pub.parameters)) for result, pub in zip(found, pubs, strict=True)
        ]

    def _ready(self, pubs: Sequence[Pub]) -> list[Pub]:
        """The circuits with all angles in the ranges that the processor runs.

        Raises:
            InputError: if they do not go with how jobs are to be run.
        """
        if self._options.twirls and any(has_bounded(pub.circuit) for pub in pubs):
            raise InputError(
                "Gates that are twirled or folded for extrapolation must be Clifford gates. The circuit has rzz.",
                fix="leave out --twirling, and take a resilience level below 2.",
            )
        return folded(pubs, self.target)

    def _result(self, pubs: Sequence[Pub], shots: int, seconds: float, executions: int) -> JobResult:
        """The result of one job."""
        program = self._program(pubs, shots)
        self._sessions.close_left()
        request = Request(
            key=self._keys.next(pubs, shots),
            submit=lambda tag, limit: self._submit(pubs, shots, tag, limit),
            ready=self._mode,
            check=lambda: self._check(pubs, shots, seconds),
            read=lambda text: read_result(text, program, self._decoder),
            size=most_bytes(program),
            estimate=seconds,
            shots=shots,
            executions=executions,
        )
        return self._submitter.result(request)

    def _program(self, pubs: Sequence[Pub], shots: int) -> QuantumProgram:
        """What the client makes of the circuits before it sends them."""
        options = SamplerOptions(**self._options.sampler("", 1.0))
        backend = self._cloud.backend
        return self._cloud.call(lambda: prepare(_blocs(pubs), options, shots, backend=backend))[0]

    def _submit(self, pubs: Sequence[Pub], shots: int, tag: str, limit: int) -> RuntimeJobV2:
        sampler = Sampler(self._mode(), options=self._options.sampler(tag, limit))
        return sampler.run(_blocs(pubs), shots=shots)

    def _mode(self) -> Any:
        return self._sessions.current(self.budget.left)

    def _check(self, pubs: Sequence[Pub], shots: int, estimate: float) -> int:
        """After how many QPU seconds the job is to end; raise if it should not be submitted now."""
        self.budget.check(estimate)
        if limit_reached(self._cloud.usage()):
            raise UsageLimitError(
                "The instance must have QPU seconds left. Its limit is reached.",
                fix=f"raise the limit or wait for the next period, then {LATER}",
            )
        self._calibration.check(pubs, shots)
        return job_limit(self.budget.left)


def _is_fractional(device: Device | None) -> bool:
    """Whether a model was made for gates that the service leaves out unless they are asked for."""
    return device is not None and not _FRACTIONAL.isdisjoint(device.basis_gates)


def _blocs(pubs: Sequence[Pub]) -> list[tuple[QuantumCircuit, NDArray[np.float64]]]:
    return [(pub.circuit, pub.parameters) for pub in pubs]
