"""Work that waits: in the order in which it came, and never more than is allowed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from qcsearch.serving.engines.base import Answers
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import BusyError, ExpiredError
from qcsearch.training.expectations import Floats

__all__ = ["Waiting", "Work"]


@dataclass(eq=False)
class Work:
    """The samples of one request.

    Attributes:
        model: that is asked.
        rows: what its `read` returned.
        deadline: in seconds of `time.monotonic`.
        answers: gets what the model says, or the error.
    """

    model: ServedModel
    rows: Floats
    deadline: float
    answers: asyncio.Future[Answers] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Waiting:
    """Work that waits to be computed; of the event loop's thread alone.

    Args:
        most_rows: samples that may wait.
    """

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._works: deque[Work] = deque()
        self.rows = 0

    def __len__(self) -> int:
        return len(self._works)

    def add(self, work: Work) -> None:
        """Let it wait.

        Raises:
            BusyError: if too many samples would.
        """
        if self.rows + len(work.rows) > self._most_rows:
            raise BusyError(f"At most {self._most_rows:,} samples may wait. They do.", "ask again later.")
        self._works.append(work)
        self.rows += len(work.rows)

    def take(self, most_rows: int) -> list[Work]:
        """The next that can be computed together: of one model, the first whoever it is, and at most so many rows.

        What nobody waits for any more is dropped; what came too late is told so.
        """
        taken: list[Work] = []
        left: deque[Work] = deque()
        rows, now = 0, time.monotonic()
        for work in self._works:
            if work.answers.done():  # its client is gone
                self.rows -= len(work.rows)
            elif work.deadline <= now:
                self.rows -= len(work.rows)
                work.answers.set_exception(
                    ExpiredError(
                        "The request waited longer than it may.", "ask again later, or for fewer samples."
                    )
                )
            elif not taken or (work.model is taken[0].model and rows + len(work.rows) <= most_rows):
                taken.append(work)
                rows += len(work.rows)
            else:
                left.append(work)
        self._works = left
        self.rows -= rows
        return taken
