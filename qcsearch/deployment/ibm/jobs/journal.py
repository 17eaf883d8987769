"""The journal of jobs: what was about to be submitted, what became of it, and the results.

```
journal.jsonl     one event a line, synced before the next thing is done
results/          the results: see `ResultStore`
.lock.N           held by the process that works with the journal
```

An entry goes through these events, each of which survives a kill:

```
intent ──► submitted ──► stored
   └───────────┴──────► ended (cancelled, failed, refused): the next intent has a tag of its own
```

Beside them stand `asked`, after how many QPU seconds the service is to end the job; `doubt`, when a submission got no
clear answer; `duplicate`, when there was a second job; and `charged`, for each job that there ever was, whatever became
of it, each time that more is known of its bill. Sessions go through `opening`, `opened`, `clocked` and `closed`.

A result that was none is `refused`: it is asked for again, unless its file was removed; then the entry has ended.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from qcsearch.deployment.ibm.billing.bills import ClockBill
from qcsearch.deployment.ibm.jobs.entry import Entry
from qcsearch.deployment.ibm.jobs.result_store import ResultStore
from qcsearch.errors import JournalError, StorageError
from qcsearch.storage import canonical, files
from qcsearch.storage.canonical import Json
from qcsearch.storage.locks import Lease

__all__ = ["Journal"]

_MAX_BYTES = 2**28
"""No journal and no result is larger."""


class Journal:
    """The journal in one folder; one process at a time works with it.

    Args:
        folder: made if it is not there.

    Raises:
        JournalError: if another process holds it, or it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "journal.jsonl"
        for part in (
            folder.parent,
            folder,
            folder / "results",
        ):  # whatever may have come with a run or a bundle
            files.make_folder(part)
        self.results = ResultStore(folder / "results")
        self._entries: dict[str, Entry] = {}
        self._sessions: dict[str, ClockBill] = {}
        self._openings: dict[str, dict[str, Json]] = {}
        self._lease = Lease(folder / ".lock")
        try:
            self._take()
            self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let another process have it."""
        self._lease.release()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, oldest first."""
        return tuple(self._entries.values())

    @property
    def sessions(self) -> dict[str, ClockBill]:
        """All sessions whose ids are known, oldest first."""
        return dict(self._sessions)

    @property
    def lost_sessions(self) -> int:
        """How many sessions may have been opened whose ids nobody learned."""
        return len(self._openings)

    @property
    def spent(self) -> float:
        """QPU seconds of all jobs there ever were: metered where that is known, else estimated; with sessions."""
        jobs = sum(entry.cost(job) for entry in self._entries.values() for job in entry.bills)
        return jobs + sum(bill.beyond(self._inside(name)) for name, bill in self._sessions.items())

    @property
    def estimated(self) -> int:
        """Number of jobs whose bill is not final."""
        return sum(not bill.final for entry in self._entries.values() for bill in entry.bills.values())

    def _inside(self, session: str) -> float:
        return sum(
            entry.cost(job)
            for entry in self._entries.values()
            for job, bill in entry.bills.items()
            if bill.session == session
        )

    @property
    def slowness(self) -> float:
        """By what factor the jobs cost more than was estimated, ≥ 1."""
        metered = [entry for entry in self._entries.values() if entry.seconds and entry.estimate]
        estimated = sum(entry.estimate for entry in metered)
        return max(1.0, sum(entry.seconds or 0.0 for entry in metered) / estimated) if metered else 1.0

    def find(self, key: str) -> Entry | None:
        """The entry of a request that has, or may still have, a result."""
        found = [entry for entry in self._entries.values() if entry.key == key and entry.ended is None]
        if found and found[-1].refused and not self.results.aside(found[-1].tag).exists():
            self.end(found[-1], "given up: its refused result was removed")
            return None
        return found[-1] if found else None

    def intend(self, key: str, estimate: float, **facts: Json) -> Entry:
        """Write down that a job is about to be submitted; `facts` are for people."""
        entry = Entry(key, f"qcsearch-{uuid.uuid4().hex}", estimate)
        self._append("intent", entry, key=key, estimate=estimate, **facts)
        return entry

    def asked(self, entry: Entry, limit: float) -> None:
        """Write down, before it is submitted, after how many QPU seconds the service is to end the job."""
        self._append("asked", entry, limit=max(limit, entry.limit))

    def submitted(self, entry: Entry, job: str, session: str | None = None) -> None:
        """Write down which job it is."""
        self._append("submitted", entry, job=job, session=session)

    def store(self, entry: Entry, result: str) -> None:
        """Keep the result; when this returns it is on the disk."""
        self.results.put(entry.tag, result)
        digest = hashlib.sha256(result.encode()).hexdigest()
        if entry.stored != digest:
            self._append("stored", entry, stored=digest, refused=False)

    def load(self, entry: Entry) -> str | None:
        """The result that is kept, None if there is none.

        Raises:
            JournalError: if it is not what was stored.
        """
        result = self.results.get(entry.tag)
        if result is not None and entry.stored not in (None, hashlib.sha256(result.encode()).hexdigest()):
            raise JournalError(
                f"The result '{self.results.path(entry.tag)}' must be as it was stored. It was changed.",
                fix="put it back, or remove it: the service is asked for it again.",
            )
        return result

    def refuse(self, entry: Entry, reason: str) -> None:
        """Put a result aside that cannot be used."""
        self.results.put_aside(entry.tag, reason)
        self._append("refused", entry, reason=reason, stored=None, refused=True)

    def charged(self, entry: Entry, seconds: float, job: str | None = None, final: bool = True) -> None:
        """Write down what a job of the entry cost, its own if no other is named, if that is more than was known."""
        job = job or str(entry.job)
        if entry.bills[job].told(seconds, final, entry.most) != entry.bills[job]:
            self._append("charged", entry, job=job, seconds=seconds, final=final)

    def doubt(self, entry: Entry) -> None:
        """Write down that there may be a job that nobody knows of."""
        self._append("doubt", entry, doubtful=True)

    def duplicate(self, entry: Entry, job: str, session: str | None = None) -> None:
        """Write down that there is a second job."""
        self._append("duplicate", entry, job=job, session=session)

    def end(self, entry: Entry, reason: str) -> None:
        """Write down that the entry will have no result."""
        self._append("ended", entry, ended=reason)

    def opening(self, mode: str, most: float) -> str:
        """Write down that a session is about to be opened; returns what to call it until its id is known."""
        tag = f"qcsearch-{uuid.uuid4().hex}"
        self._write("opening", tag, mode=mode, most=most)
        return tag

    def opened(self, tag: str, session: str) -> None:
        """Write down which session it is."""
        self._write("opened", tag, session=session)

    def clocked(self, session: str, seconds: float, final: bool) -> None:
        """Write down how long a session has lasted, if that is more than was known."""
        if self._sessions[session].told(seconds, final) != self._sessions[session]:
            self._write("clocked", session, session=session, seconds=seconds, final=final)

    def closed(self, session: str) -> None:
        """Write down that a session takes no more jobs."""
        self._write("closed", session, session=session)

    def _append(self, event: str, entry: Entry, **facts: Json) -> None:
        self._entries.setdefault(entry.tag, entry)
        self._write(event, entry.tag, **facts)

    def _write(self, event: str, tag: str, **facts: Json) -> None:
        if not self._lease.held:
            raise JournalError(
                f"The journal of jobs in '{self._folder}' must be this process's alone. Another took it over.",
                fix="wait for that deployment, or end it, and run the same command again.",
            )
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "event": event, "tag": tag, **facts}
        try:
            with files.open_update(self._path) as file:
                _append(file, canonical.dumps(line).encode() + b"\n")
            _sync(self._folder)
        except OSError as error:
            raise StorageError(
                f"The journal '{self._path}' must be written before the next job. {error.strerror}.",
                fix="make room on that disk, and run the same command again; it resumes where it stopped.",
            ) from error
        self._apply(line)

    def _take(self) -> None:
        try:
            self._lease.take(0.0)
        except TimeoutError as held:
            raise JournalError(
                f"The journal of jobs in '{self._folder}' must be free. Another process works with it: {held}",
                fix="wait for that deployment, or end it.",
            ) from None

    def _read(self) -> None:
        data = files.read_bytes(self._path, _MAX_BYTES) if files.is_file(self._path) else b""
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:  # killed in the middle of a line that nobody acted on
            with files.open_update(self._path) as file:
                file.truncate(len(whole))
        try:
            for line in map(canonical.loads, whole.splitlines()):
                if line["event"] == "intent":
                    self._entries[line["tag"]] = Entry(line["key"], line["tag"], line["estimate"])
                self._apply(line)
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(f"The journal '{self._path}' cannot be read: {error}.") from error

    def _apply(self, line: dict[str, Json]) -> None:
        event, name = line["event"], str(line.get("session"))
        if event == "opening":
            self._openings[line["tag"]] = line
        elif event == "opened":
            begun = self._openings.pop(line["tag"])
            self._sessions[name] = ClockBill(begun["mode"], begun["most"])
        elif event == "clocked":
            self._sessions[name] = self._sessions[name].told(line["seconds"], line["final"])
        elif event == "closed":
            self._sessions[name] = replace(self._sessions[name], open=False)
        else:
            self._entries[line["tag"]].apply(line)


def _append(file: BinaryIO, data: bytes) -> None:
    """Write to the end and sync; on a full disk there is afterwards nothing of it."""
    whole = os.fstat(file.fileno()).st_size
    try:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), whole)
        raise


def _sync(folder: Path) -> None:
    """Names of new files are in the folder, which has to be synced by itself."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
