"""How jobs are run on a processor of IBM's cloud."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from qcsearch.deployment.ibm.connection.retry import RetryPolicy
from qcsearch.errors import InputError
from qcsearch.storage.canonical import Json

__all__ = ["LONGEST_JOB", "IbmOptions", "job_limit"]

LONGEST_JOB = 10_800
"""Seconds after which the service ends a job."""


def job_limit(seconds: float) -> int:
    """After how many QPU seconds the service is to end a job if so many are left: whole ones, three hours at most."""
    return max(1, min(LONGEST_JOB, math.ceil(seconds)))


@dataclass(frozen=True)
class IbmOptions:
    """How jobs are run on a processor of IBM's cloud.

    Attributes:
        max_qpu_seconds: QPU seconds that all jobs together may cost, > 0.
        primitive: `sampler` gives bits, from which everything is computed here; `estimator` expectation values.
        resilience_level: resilience level of the estimator: 0 mitigates nothing, 1 readout, 2 readout and, by
            extrapolation to zero noise, gates; None is the client's own default, 1.
        dynamical_decoupling: sequence on idle qubits, `XX`, `XpXm` or `XY4`; empty for none.
        twirling: whether gates are twirled with random Paulis.
        private: inputs are never given out, results once.
        mode: `job`, or all jobs in one `batch` or one `session`. A session is billed and counted by wall-clock time;
            it is closed when the seconds that were left of the ceiling have passed.
        max_drift: largest change of an error since the model's snapshot with which a job is submitted, in
            [0, 1]; None submits with any.
        retry: deadlines and limits.
    """

    max_qpu_seconds: float
    primitive: Literal["sampler", "estimator"] = "sampler"
    resilience_level: Literal[0, 1, 2] | None = None
    dynamical_decoupling: Literal["", "XX", "XpXm", "XY4"] = ""
    twirling: bool = False
    private: bool = False
    mode: Literal["job", "batch", "session"] = "job"
    max_drift: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def __post_init__(self) -> None:
        if self.primitive not in ("sampler", "estimator"):
            raise InputError(f"The 'primitive' must be sampler or estimator. Got {self.primitive!r}.")
        if self.resilience_level not in (None, 0, 1, 2):
            raise InputError(f"The 'resilience_level' must be 0, 1 or 2. Got {self.resilience_level!r}.")
        if self.resilience_level is not None and self.primitive == "sampler":
            raise InputError(
                "A resilience level is the estimator's and must not be given to the sampler. "
                f"Got {self.resilience_level}.",
                fix="add --primitive estimator, or mitigate readout with --mitigate-readout.",
            )
        if self.dynamical_decoupling not in ("", "XX", "XpXm", "XY4"):
            raise InputError(
                f"The 'dynamical_decoupling' must be XX, XpXm or XY4. Got {self.dynamical_decoupling!r}."
            )
        if self.mode not in ("job", "batch", "session"):
            raise InputError(f"The 'mode' must be job, batch or session. Got {self.mode!r}.")
        if self.max_drift is not None and not 0 <= self.max_drift <= 1:
            raise InputError(f"The 'max_drift' must be in [0, 1]. Got {self.max_drift!r}.")

    @property
    def of_jobs(self) -> list[Json]:
        """What makes a job another job; the rest decides whether and when it is submitted."""
        how = [self.dynamical_decoupling, self.twirling, self.private, self.mode]
        return how if self.primitive == "sampler" else [*how, self.level]

    @property
    def twirls(self) -> bool:
        """Whether two-qubit gates are dressed with random Paulis, or repeated for an extrapolation."""
        return self.twirling or self.level == 2

    @property
    def level(self) -> int:
        """The resilience level that holds; 0 for the sampler."""
        if self.primitive == "sampler":
            return 0
        return 1 if self.resilience_level is None else self.resilience_level

    def sampler(self, tag: str, seconds: float) -> dict[str, Any]:
        """Options of the client's `Sampler`.

        Args:
            tag: tag of the job.
            seconds: QPU seconds after which the service ends the job; in whole seconds, and three hours at
                most.
        """
        return {**self._both(tag, seconds), "twirling": {"enable_gates": self.twirling}}

    def estimator(self, tag: str, seconds: float, shots: int) -> dict[str, Any]:
        """Options of the client's `Estimator`; twirling that its level asks for is on in any case.

        Args:
            tag: tag of the job.
            seconds: QPU seconds after which the service ends the job, as for `sampler`.
            shots: shots of each measurement basis, in place of a precision: about 1/shots of variance.
        """
        twirling = {"twirling": {"enable_gates": True}} if self.twirling else {}
        how = {"resilience_level": self.level, "default_shots": shots}
        return {**self._both(tag, seconds), **twirling, **how}

    def _both(self, tag: str, seconds: float) -> dict[str, Any]:
        decoupling: dict[str, Any] = {"enable": bool(self.dynamical_decoupling)}
        if self.dynamical_decoupling:
            decoupling["sequence_type"] = self.dynamical_decoupling
        return {
            "dynamical_decoupling": decoupling,
            "environment": {"job_tags": [tag], "private": self.private},
            "max_execution_time": job_limit(seconds),
        }
