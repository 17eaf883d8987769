"""One entry of the journal of jobs: a request, and all jobs that were ever accepted for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from qcsearch.deployment.ibm.billing.bills import Bill
from qcsearch.storage.canonical import Json

__all__ = ["Entry"]


@dataclass
class Entry:
    """One request, from the intent to its result, with all jobs that were ever accepted for it.

    Attributes:
        key: key of the request: equal requests of one deployment have equal keys.
        tag: tag of the job in the cloud; no two entries share it.
        estimate: QPU seconds that it was thought to take.
        limit: QPU seconds after which the service was told to end the job.
        job: id in the cloud of the job whose result is wanted, None until the cloud has told it.
        stored: SHA-256 of the stored result, None until there is one.
        ended: why there will be no result, None while there may be one.
        refused: whether the last result that came could not be used.
        doubtful: whether a submission got no clear answer, so that there may be a second job.
        bills: bills of all jobs with its tag, by their ids.
    """

    key: str
    tag: str
    estimate: float = 0.0
    limit: float = 0.0
    job: str | None = None
    stored: str | None = None
    ended: str | None = None
    refused: bool = False
    doubtful: bool = False
    bills: dict[str, Bill] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """QPU seconds that its job was charged, None until that is known."""
        bill = self.bills.get(self.job or "")
        return bill.seconds if bill is not None and bill.final else None

    @property
    def duplicates(self) -> dict[str, float]:
        """What the other jobs with its tag cost, in QPU seconds, by their ids."""
        return {job: self.cost(job) for job in self.bills if job != self.job}

    @property
    def most(self) -> float:
        """QPU seconds above which no job of it can cost."""
        return self.limit or float("inf")

    def cost(self, job: str) -> float:
        """What one of its jobs cost, or may be costing, in QPU seconds."""
        return self.bills[job].cost(self.estimate, self.most)

    def apply(self, line: dict[str, Json]) -> None:
        """Take in what a line of the journal says of it.

        Raises:
            KeyError: if it speaks of a job that no line before it did.
            TypeError: if a value is of another type than it should be.
        """
        event, job = line["event"], str(line.get("job", self.job))
        if event in ("submitted", "duplicate"):
            self.bills.setdefault(job, Bill(session=line.get("session")))
        if event == "charged":
            self.bills[job] = self.bills[job].told(line["seconds"], line["final"], self.most)
        elif event != "duplicate" and "job" in line:
            self.job = job
        for name in ("limit", "stored", "ended", "refused", "doubtful"):
            if name in line:
                setattr(self, name, line[name])
