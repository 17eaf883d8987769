"""Where a service keeps jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qcsearch.serving.quotas.ledger import ledger_file

__all__ = ["Places"]


@dataclass(frozen=True)
class Places:
    """Files of the jobs in the folder of a service's state.

    Attributes:
        folder: the folder.
    """

    folder: Path

    @property
    def jobs(self) -> Path:
        """The jobs."""
        return self.folder / "jobs.sqlite3"

    @property
    def key(self) -> Path:
        """Under which their samples are encrypted."""
        return self.folder / "jobs.key"

    @property
    def journal(self) -> Path:
        """Folder of the backend's own jobs."""
        return self.folder / "qpu"

    @property
    def ledger(self) -> Path:
        """What keys use."""
        return ledger_file(self.folder)
