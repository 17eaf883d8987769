"""The jobs' file as the worker sees it: batches are packed, and end, in one transaction each.

There is one batch at a time that has not ended. Whoever opens the file finds it, with the samples that it had when it
was packed, in their order: so a worker that was killed asks the backend for the very same job, and pays it once.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qcsearch.serving.database import Database
from qcsearch.serving.jobs.packing import WINDOW_ROWS, Part, pack, shares
from qcsearch.serving.jobs.store import end_job, part_place
from qcsearch.serving.quotas.amounts import Amounts

__all__ = ["Batch", "Batches"]

_KEPT_SECONDS = 86_400.0


@dataclass(frozen=True)
class Batch:
    """What one job of the backend is made of.

    Attributes:
        id: its name, by which the backend's job is found again.
        digest: of the model's bundle.
        parts: the samples, in order.
        inputs: for each part all samples of its job, encrypted.
    """

    id: str
    digest: str
    parts: tuple[Part, ...]
    inputs: tuple[bytes, ...]

    @property
    def rows(self) -> int:
        """Number of samples."""
        return sum(part.rows for part in self.parts)

    def place(self, part: int) -> str:
        """What a part's answer is encrypted for."""
        return part_place(self.id, part)


class Batches:
    """See the module; for one thread at a time.

    Args:
        database: what `store.open_database` returned.
    """

    def __init__(self, database: Database) -> None:
        self._file, self._base = database, database.base

    def open(self) -> Batch | None:
        """The batch that has not ended."""
        row = self._base.execute("SELECT id, digest FROM batches WHERE ended IS NULL").fetchone()
        if row is None:
            return None
        parts = self._base.execute(
            "SELECT p.job, p.first, p.rows, j.inputs FROM parts p JOIN jobs j ON j.id = p.job WHERE p.batch = ? "
            "ORDER BY p.place",
            (row[0],),
        ).fetchall()
        return Batch(
            id=row[0],
            digest=row[1],
            parts=tuple(Part(*part[:3]) for part in parts),
            inputs=tuple(part[3] for part in parts),
        )

    def next(self, window: float, most: Mapping[str, int]) -> tuple[Batch | None, float]:
        """Pack what has waited long enough, or is enough; of one model, the one that waited longest.

        Args:
            window: seconds that the first sample of a batch waits.
            most: samples of a batch, by the digest of the model; jobs for another model fail.

        Returns:
            The batch, if there is one to be run; and seconds until there may be one.
        """
        now, wait = time.time(), window
        with self._file.transaction():
            for digest, waiting in self._waiting().items():
                if digest not in most:
                    for job, _, _, _ in waiting:
                        end_job(self._base, job, "failed", now, "The model is not served any more.")
                    continue
                left = window - (now - waiting[0][3])
                if left <= 0 or sum(rows for _, _, rows, _ in waiting) >= min(WINDOW_ROWS, most[digest]):
                    self._pack(digest, [Part(*part[:3]) for part in waiting], most[digest], now)
                    break
                wait = min(wait, left)
        return self.open(), wait

    def finish(self, batch: Batch, answers: Sequence[bytes], bill: Amounts) -> None:
        """End a batch with what the backend said, encrypted, for each part, and what it billed."""
        with self._file.transaction():
            self._end(batch, bill)
            for i, answer in enumerate(answers):
                self._base.execute(
                    "UPDATE parts SET answer = ? WHERE batch = ? AND place = ?", (answer, batch.id, i)
                )
            for part in batch.parts:
                open_rows = self._base.execute(
                    "SELECT rows - (SELECT COALESCE(SUM(p.rows), 0) FROM parts p WHERE p.job = j.id "
                    "AND p.answer IS NOT NULL) FROM jobs j WHERE id = ?",
                    (part.job,),
                ).fetchone()
                if open_rows == (0,):
                    end_job(self._base, part.job, "done", time.time())

    def fail(self, batch: Batch, problem: str, bill: Amounts) -> None:
        """End a batch, and all jobs that are in it, without an answer."""
        with self._file.transaction():
            self._end(batch, bill)
            for part in batch.parts:
                end_job(self._base, part.job, "failed", time.time(), problem)

    def unsettled(self) -> Iterator[tuple[str, Amounts]]:
        """Jobs that have ended and whose quota does not know it yet, with what they used."""
        rows = self._base.execute(
            "SELECT j.id, CASE j.status WHEN 'done' THEN j.rows ELSE 0 END, COALESCE(SUM(p.qpu_microseconds), 0), "
            "COALESCE(SUM(p.microdollars), 0) FROM jobs j LEFT JOIN parts p ON p.job = j.id "
            "WHERE j.ended IS NOT NULL AND j.settled = 0 GROUP BY j.id"
        ).fetchall()
        return ((str(job), Amounts(*parts)) for job, *parts in rows)

    def settled(self, job: str) -> None:
        """The quota of a job knows."""
        with self._file.transaction():
            self._base.execute("UPDATE jobs SET settled = 1 WHERE id = ?", (job,))

    def forget(self, now: float) -> None:
        """Remove what ended a day ago."""
        old = (now - _KEPT_SECONDS,)
        with self._file.transaction():
            self._base.execute("DELETE FROM jobs WHERE settled = 1 AND ended < ?", old)
            self._base.execute(
                "DELETE FROM batches WHERE ended < ? AND NOT EXISTS (SELECT 1 FROM parts p JOIN jobs j ON j.id = p.job "
                "WHERE p.batch = batches.id)",
                old,
            )
            self._base.execute(
                "DELETE FROM parts WHERE NOT EXISTS (SELECT 1 FROM batches b WHERE b.id = parts.batch)"
            )

    def _waiting(self) -> dict[str, list[tuple[str, int, int, float]]]:
        """Job, first sample, number of samples and moment, by the model's digest; oldest first."""
        rows = self._base.execute(
            "SELECT digest, id, placed, rows - placed, created FROM jobs "
            "WHERE status IN ('waiting', 'running') AND placed < rows ORDER BY number"
        )
        found: dict[str, list[tuple[str, int, int, float]]] = defaultdict(list)
        for digest, *part in rows:
            found[digest].append(tuple(part))
        return found

    def _pack(self, digest: str, waiting: list[Part], most: int, now: float) -> None:
        batch = uuid.uuid4().hex
        self._base.execute("INSERT INTO batches (id, digest, created) VALUES (?, ?, ?)", (batch, digest, now))
        for place, part in enumerate(pack(waiting, most)):
            self._base.execute(
                "INSERT INTO parts (batch, place, job, first, rows) VALUES (?, ?, ?, ?, ?)",
                (batch, place, part.job, part.first, part.rows),
            )
            self._base.execute(
                "UPDATE jobs SET status = 'running', placed = placed + ? WHERE id = ?", (part.rows, part.job)
            )

    def _end(self, batch: Batch, bill: Amounts) -> None:
        rows = [part.rows for part in batch.parts]
        split = zip(shares(bill.qpu_microseconds, rows), shares(bill.microdollars, rows), strict=True)
        self._base.execute("UPDATE batches SET ended = ? WHERE id = ?", (time.time(), batch.id))
        for place, (seconds, dollars) in enumerate(split):
            self._base.execute(
                "UPDATE parts SET qpu_microseconds = ?, microdollars = ? WHERE batch = ? AND place = ?",
                (seconds, dollars, batch.id, place),
            )
