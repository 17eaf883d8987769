"""What jobs and sessions cost, as far as the service has said so: nothing that was counted is ever taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Bill", "ClockBill"]


@dataclass(frozen=True)
class Bill:
    """What one job cost.

    Attributes:
        seconds: QPU seconds, at least.
        final: whether these are all.
        session: id of the session that it was in, None for none.
    """

    seconds: float = 0.0
    final: bool = False
    session: str | None = None

    def told(self, seconds: float, final: bool, most: float) -> Bill:
        """The bill after an answer of the service: no less than before, and no more than the job may take."""
        return replace(self, seconds=max(self.seconds, min(seconds, most)), final=final or self.final)

    def cost(self, estimate: float, most: float) -> float:
        """What it counts: while it is not final the estimate, if that is more than is known already."""
        return self.seconds if self.final else max(self.seconds, min(estimate, most))


@dataclass(frozen=True)
class ClockBill:
    """What a session costs, which is billed by wall-clock time from its first job on.

    Attributes:
        mode: `session`, or `batch`, which is billed by its jobs alone.
        most: seconds after which the service closes it.
        seconds: wall-clock seconds that have passed, at least.
        open: whether it takes jobs.
        final: whether the clock has stopped.
    """

    mode: str
    most: float
    seconds: float = 0.0
    open: bool = True
    final: bool = False

    def told(self, seconds: float, final: bool) -> ClockBill:
        """The bill after an answer of the service; as for a job."""
        return replace(self, seconds=max(self.seconds, min(seconds, self.most)), final=final or self.final)

    def beyond(self, jobs: float) -> float:
        """Seconds that are billed beside those of its jobs."""
        return max(0.0, self.seconds - jobs) if self.mode == "session" else 0.0
