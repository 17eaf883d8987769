"""Date, machine, versions and commit of a measurement."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["circumstances", "commit", "sentence"]

_CHECKOUT = Path(__file__).resolve().parents[2]


def circumstances(libraries: Iterable[str], threads: int) -> dict[str, Any]:
    """What a number depends on besides its settings.

    Args:
        libraries: distributions whose versions count.
        threads: that were used.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cpu": _cpu(), "cores": os.cpu_count(), "threads": threads},
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in libraries}},
    }


def commit() -> str:
    """The commit that is checked out, with a `+` if files under qcsearch/ or search_spaces/ differ from it."""
    try:
        head = _git("rev-parse", "--short=10", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", "qcsearch", "search_spaces") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def sentence(where: dict[str, Any]) -> str:
    """Circumstances for a reader."""
    versions = ", ".join(f"{name} {number}" for name, number in where["versions"].items() if number)
    machine = where["machine"]
    return f"{where['date']}, {machine['cpu']}, {machine['threads']} threads on {machine['cores']} cores; {versions}."


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_CHECKOUT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
