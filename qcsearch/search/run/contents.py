"""What may be in a run folder, checked before any of it is read or written."""

from __future__ import annotations

import os
from pathlib import Path

from qcsearch.errors import RunError
from qcsearch.storage import files

__all__ = ["check_empty_or_run", "check_files", "holds_run"]

_NAMES = frozenset(
    {
        "bundle", "clock.json", "data.npz", "deployment.json", "device.json", "jobs", "model", "plots",
        "report.html", "result.json", "run.json", "space.toml", "study.journal",
        "tomography.json", "warm_starts.json", "workers.log",
    }
)  # fmt: skip
_FOLDERS = frozenset({"bundle", "jobs", "model", "plots"})
_HIDDEN = (".ask", ".deployment-", ".session", ".study.journal", ".workers")


def holds_run(path: Path) -> bool:
    """Whether a run was begun in a folder."""
    return os.path.lexists(path / "run.json")


def check_files(path: Path) -> None:
    """Check that what a run reads and writes are plain files and folders.

    Raises:
        FileError: if one is a link, a pipe or a device.
    """
    files.check_tree(path, lambda name: name in _NAMES or name.startswith(_HIDDEN), _FOLDERS)


def check_empty_or_run(path: Path) -> None:
    """Check that a folder holds a run, or nothing of anybody else's, or is not there.

    Raises:
        RunError: if it does, or is a file.
    """
    if path.exists() and not path.is_dir():
        raise RunError(
            f"The run folder '{path}' must be a folder. It is a file.", fix="give another folder with --run."
        )
    if holds_run(path) or not path.exists():
        return
    foreign = sorted({entry.name for entry in path.iterdir() if entry.name[0] != "."} - _NAMES)
    if foreign:
        raise RunError(
            f"The folder '{path}' holds other files ({', '.join(foreign[:3])}) and no run.",
            fix="give a new folder with --run.",
        )
