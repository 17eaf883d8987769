"""Versions of what the numbers of a trial depend on."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

from qcsearch._version import __version__

__all__ = ["versions"]


@cache
def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    names = ("numpy", "qiskit", "qiskit-aer", "scikit-learn", "optuna", "numba")
    return {"qcsearch": __version__} | {name: version(name) for name in names}
