"""Kinds of trouble with a service, and what each may end in; `test_faults` plays them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ibm_server.faults import Redirect
from ibm_server.nonsense import BAD_RESULTS

from qcsearch.errors import (
    BackendError,
    IdentityError,
    JobCancelledError,
    JobFailedError,
    RecalibratedError,
    ResultError,
    ServiceError,
    SessionClosedError,
    SubstitutedError,
    UnknownStatusError,
)

__all__ = ["TROUBLE", "Trouble"]

Script = list[tuple[str, Any, int]]


@dataclass(frozen=True)
class Trouble:
    """One kind.

    Attributes:
        script: calls, what goes wrong with them, and how often.
        ends: errors one of which ends the run; none, if it goes well all the same.
        wasted: jobs that are billed in vain, because the service ran them.
        lost: sessions that stay open, because nobody was told their ids; no job runs in them.
        options: of the executor.
        server: what the server is like.
    """

    script: Script = field(default_factory=list)
    ends: tuple[type[BackendError], ...] = ()
    wasted: int = 0
    lost: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    server: dict[str, bool | float] = field(default_factory=dict)


def submit(effect: object, times: int = 1, *ends: type[BackendError], **more: Any) -> Trouble:
    """Trouble with submissions."""
    return Trouble([("submit", effect, times)], ends, **more)


_HELD = {"holds": True}  # a job that waits can still be cancelled
_ELSEWHERE = Redirect("http://127.0.0.1:9/")
TROUBLE: dict[str, Trouble] = {
    "429": submit(429, 3),
    "500 x 7": submit(500, 7),
    "500 x 7 on a look at a job": Trouble([("job", 500, 7)]),
    "dropped before acceptance": submit("drop"),
    "504 after acceptance": submit("after 504"),
    "dropped after acceptance": submit("after drop"),
    "accepted late": submit("late"),
    "accepted late twice": submit("late", 2),
    "listed late": submit("hidden"),
    "listed late twice": submit("hidden 504", 2),
    "known late": Trouble([("job", 404, 3)]),
    "listing down in doubt": Trouble([("submit", "after drop", 1), ("jobs", 500, 3)]),
    "two jobs": submit("twice", server=_HELD),
    "two jobs, no answer": submit("twice drop", server=_HELD),
    "two jobs, both run": submit("twice", wasted=1),
    "stalled poll": Trouble([("job", "stall", 1)]),
    "html with 200": Trouble([("job", "html", 1), ("submit", "html", 1), ("results", "html", 1)]),
    "unknown status": Trouble([("job", "unknown status", 3)]),
    "unknown status that stays": Trouble([("job", "unknown status", 9)], (UnknownStatusError,)),
    "substituted": submit("substitute", 1, SubstitutedError, server=_HELD),
    "substituted and run": submit("substitute", 1, SubstitutedError, wasted=1, server={"cancels": False}),
    "cancelled": submit("cancel", 1, JobCancelledError),
    "cancelled after it ran": submit("cancel billed", 1, JobCancelledError, wasted=1),
    "failed": submit("fail", 1, JobFailedError),
    "failed after it ran": submit("fail billed", 1, JobFailedError, wasted=1),
    "failed, its bill late": submit("fail billed", 1, JobFailedError, wasted=1, server={"bill_lag": 0.3}),
    "bills late": Trouble(server={"bill_lag": 0.3}),
    "bills unknown": Trouble([("metrics", 500, 4)]),
    "bills NaN": Trouble([("metrics", "NaN", 4)]),
    "bills negative": Trouble([("metrics", "-1000", 4)]),
    "bills beyond measure": Trouble([("metrics", "1e308", 2), ("metrics", "Infinity", 2)]),
    "bills of text": Trouble([("metrics", '"12"', 1), ("metrics", "true", 1), ("metrics", "null", 1)]),
    "session closed": submit("close session", 1, SessionClosedError, options={"mode": "session"}),
    "session opened unheard": Trouble([("session", "after drop", 1)], lost=1, options={"mode": "session"}),
    "identity service down": Trouble([("iam", 503, 2)]),
    "identity service down for long": Trouble([("iam", 503, 60)], (IdentityError, ServiceError)),
    "identity service elsewhere": Trouble([("iam", _ELSEWHERE, 1)], (BackendError,)),
    "submission sent elsewhere": submit(_ELSEWHERE, 60, BackendError),
    "result NaN": Trouble([("results", BAD_RESULTS["NaN"], 1)]),
    "result of no shots": Trouble([("results", BAD_RESULTS["no shots"], 2)], (ResultError,)),
    "recalibrated, still fit": Trouble([("properties", "recalibrate", 1)]),
    "recalibrated, unfit": Trouble([("properties", "lose qubits", 1)], (RecalibratedError,)),
}
