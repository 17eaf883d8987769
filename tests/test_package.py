"""The package as a whole: light to import, complete in its names."""

from __future__ import annotations

import subprocess
import sys

import pytest

import qcsearch

HEAVY = (
    "qiskit",
    "qiskit_aer",
    "sklearn",
    "scipy",
    "optuna",
    "numba",
    "matplotlib",
    "pandas",
    "typer",
    "torch",
)


def test_import_loads_no_heavy_module() -> None:
    code = f"import sys, qcsearch; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", qcsearch.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(qcsearch, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = qcsearch.nothing
