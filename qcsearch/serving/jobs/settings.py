"""On what a service runs jobs, and what they may cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from qcsearch.deployment.ibm.connection.retry import RetryPolicy
from qcsearch.deployment.ibm.options import IbmOptions
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.errors import InputError
from qcsearch.serving.jobs.packing import WINDOW_ROWS

__all__ = ["QpuSettings"]

_WINDOW = (2.0, 60.0)


@dataclass(frozen=True)
class QpuSettings:
    """On what a service runs jobs.

    Attributes:
        backend: spec of an executor, as `qcsearch predict --backend` takes it.
        measurement: shots of each sample in each measurement basis, and how readout is treated.
        window_seconds: that the first sample of a batch waits for others; no longer than until there are 256.
        usd_per_qpu_second: price of a billed backend; None if it is not known.
        ibm: how jobs are run on a billed backend, with the ceiling on all that the service ever runs there.
    """

    backend: str
    measurement: MeasurementSettings = field(default_factory=MeasurementSettings)
    window_seconds: float = 10.0
    usd_per_qpu_second: float | None = None
    ibm: IbmOptions | None = None

    def __post_init__(self) -> None:
        low, high = _WINDOW
        if not low <= self.window_seconds <= high:
            raise InputError(
                f"The --window-seconds must be in [{low:g}, {high:g}]. Got {self.window_seconds:g}; "
                f"{WINDOW_ROWS} samples are not waited with."
            )
        if self.usd_per_qpu_second is not None and not 0 <= self.usd_per_qpu_second < 1e6:
            raise InputError(
                f"The --usd-per-qpu-second must be a number of at least 0. Got {self.usd_per_qpu_second:g}."
            )
        if self.backend.startswith("ibm:") != (self.ibm is not None):
            raise InputError(
                f"A ceiling must be given for a backend that is billed, and for no other. Got '{self.backend}'.",
                "with --backend ibm:…, add --max-qpu-seconds N; with another, leave it out.",
            )

    def to_json(self) -> dict[str, Any]:
        """As JSON values, for the process that owns the backend."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> QpuSettings:
        """What `to_json` gave."""
        ibm = found["ibm"]
        if ibm is not None:
            ibm = IbmOptions(**{**ibm, "retry": RetryPolicy(**ibm["retry"])})
        return cls(**{**found, "measurement": MeasurementSettings(**found["measurement"]), "ibm": ibm})
