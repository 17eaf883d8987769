"""Machine code that is kept on disk must not outlive any source it was made of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

import qcsearch
from qcsearch.simulation.exact import (
    contraction,
    cotangents,
    matrices,
    middle,
    one_qubit,
    suffix,
    sweep,
    two_qubit,
)

_COMPILED = """
import numba
import numba.core.event as event
import numpy as np
from qcsearch.simulation.exact.matrices import _set

names = []

class Listener(event.Listener):
    def on_start(self, e):
        names.append(e.data["dispatcher"].py_func.__name__)

    def on_end(self, e):
        pass

event.register("numba:compile", Listener())
_set.compile((numba.typeof(np.zeros((4, 4))),) * 2)
print(*names)
"""


def _compiled(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _COMPILED], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("changed", ["lanes", "sweep"])
def test_a_change_of_any_kernel_file_compiles_anew(changed, tmp_path):
    source = Path(qcsearch.__file__).parent
    copytree(source, tmp_path / "qcsearch", ignore=lambda *_: {"__pycache__", "_data"})
    assert _compiled(tmp_path) == ["_set"]
    assert _compiled(tmp_path) == []
    with (tmp_path / "qcsearch" / "simulation" / "exact" / f"{changed}.py").open("a") as file:
        file.write("\n# changed\n")
    assert _compiled(tmp_path) == ["_set"]


def test_every_kernel_is_kept_under_the_same_stamp():
    stamps = {
        value._cache._cache_file._source_stamp
        for module in (one_qubit, two_qubit, sweep, middle, matrices, cotangents, contraction, suffix)
        for value in vars(module).values()
        if hasattr(value, "py_func")
    }
    assert len(stamps) == 1
