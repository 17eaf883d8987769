"""Versions of what the numbers depend on."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

from qcsearch._version import __version__

__all__ = ["library_versions"]

_LIBRARIES = ("numpy", "qiskit", "qiskit-aer", "qiskit-ibm-runtime", "scikit-learn")


@cache
def library_versions() -> dict[str, str]:
    """Version by name, of Python, qcsearch and the libraries."""
    own = {"python": platform.python_version(), "qcsearch": __version__}
    return own | {name: version(name) for name in _LIBRARIES}
