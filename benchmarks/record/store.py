"""Measured runs in one JSON file, a run a line; a run that is there already is not measured again."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

__all__ = ["Store"]

Entry = dict[str, Any]


class Store:
    """The runs of one benchmark, each under its settings.

    Args:
        path: of the file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.entries: list[Entry] = json.loads(path.read_text("utf-8"))["runs"] if path.exists() else []

    def find(self, settings: Entry, *, any_version: bool = False) -> Entry | None:
        """The run with exactly these settings, if it was measured.

        Args:
            settings: of the run.
            any_version: also one whose data, device or space had the same names and other digests; the latest such.
        """
        key = _unversioned if any_version else dict
        alike = (entry for entry in reversed(self.entries) if key(entry["settings"]) == key(settings))
        return next(alike, None)

    def add(self, entry: Entry) -> None:
        """Put a run in, in the place of one with the same settings, and write the file."""
        with self._lock:
            self.entries = [one for one in self.entries if one["settings"] != entry["settings"]]
            self.entries.append(entry)
            lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in self.entries)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".part")
            draft.write_text(f'{{"runs": [\n{lines}\n]}}\n', "utf-8")
            draft.replace(self._path)


def _unversioned(settings: Entry) -> Entry:
    return {name: value for name, value in settings.items() if not name.endswith(("_digest", "_fingerprint"))}
