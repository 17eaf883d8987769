"""Machine code that is kept on disk must not outlive any source it was made of."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numba
import pytest
from numba.core import caching

import qcsearch
from qcsearch.simulation.exact.kernels import (
    checkpoints,
    contraction,
    cotangents,
    kept,
    matrices,
    middle,
    one_qubit,
    suffix,
    tape,
    two_qubit,
)

_COMPILED = """
import numba
import numba.core.event as event
import numpy as np
from qcsearch.simulation.exact.kernels.matrices import _set

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

_WARM_UP = """
import numpy as np
from qcsearch.simulation.exact.runtime import compilation
from qcsearch.simulation.exact.kernels.matrices import _set

for dtype in "float32", "float64":
    _set.compile((__import__("numba").typeof(np.zeros((4, 4), dtype)),) * 2)
print(compilation.seconds())
"""


def _compiled(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _COMPILED], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the package in it, nothing of which was compiled."""
    source = Path(qcsearch.__file__).parent
    copytree(source, tmp_path / "qcsearch", ignore=lambda *_: {"__pycache__", "_data"})
    return tmp_path


def test_a_kernel_is_compiled_once_and_again_when_another_file_changes(copy):
    assert _compiled(copy) == ["_set"]
    assert _compiled(copy) == []
    with (copy / "qcsearch" / "simulation" / "exact" / "kernels" / "two_qubit.py").open("a") as file:
        file.write("\n# changed\n")
    assert _compiled(copy) == ["_set"]


def test_an_index_of_other_sources_is_not_unpickled(copy):
    assert _compiled(copy) == ["_set"]
    for rest in (b"cqcsearch.no_longer\nName\n.", b"", b"\x80\x04]"):  # gone, cut, half
        (index,) = copy.rglob("matrices._set*.nbi")
        index.write_bytes(pickle.dumps(numba.__version__) + rest)
        assert _compiled(copy) == ["_set"], rest
    assert _compiled(copy) == []


@pytest.mark.parametrize(
    "changed", sorted(Path(kept.__file__).parent.glob("*.py")), ids=lambda path: path.stem
)
def test_the_stamp_tells_every_file_of_the_folder(changed, monkeypatch):
    before = kept.digest.__wrapped__()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b" " * (path.name == changed.name))
    assert kept.digest.__wrapped__() != before


def test_compiling_is_said_once_and_timed_and_loading_is_not(copy):
    done = subprocess.run(
        [sys.executable, "-c", _WARM_UP], cwd=copy, check=True, capture_output=True, text=True
    )
    assert (done.stderr.count("once on this machine"), float(done.stdout) > 0) == (1, True)
    done = subprocess.run(
        [sys.executable, "-c", _WARM_UP], cwd=copy, check=True, capture_output=True, text=True
    )
    assert (done.stderr, float(done.stdout)) == ("", 0.0)


def test_every_kernel_is_kept_under_the_same_stamp():
    stamps = {
        value._cache._cache_file._source_stamp
        for module in (
            one_qubit,
            two_qubit,
            tape,
            checkpoints,
            middle,
            matrices,
            cotangents,
            contraction,
            suffix,
        )
        for value in vars(module).values()
        if hasattr(value, "py_func")
    }
    assert len(stamps) == 1


_READ_ONLY = f"""
import numba.core.caching as caching

def ensure(locator):
    raise PermissionError(locator.get_cache_path())

for locator in caching.CacheImpl._locator_classes:
    locator.ensure_cache_path = ensure  # root may write anywhere
{_COMPILED}
from qcsearch.simulation.compile import kernel_folder
print(kernel_folder())
"""


def test_who_may_not_write_reads_what_another_has_compiled(copy):
    def run() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", _READ_ONLY], cwd=copy, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert run() == ["_set", "None"]
    assert not list(copy.rglob("*.nb?"))  # compiled, not kept, and no error
    assert _compiled(copy) == ["_set"]
    before = {path: path.read_bytes() for path in copy.rglob("*.nb?")}
    assert run() == ["None"]
    assert {path: path.read_bytes() for path in copy.rglob("*.nb?")} == before


def test_the_shared_folder_is_the_one_that_numba_would_write_to(tmp_path, monkeypatch):
    function = matrices.bind.py_func
    places = []
    for folder in ("", str(tmp_path / "kernels")):
        monkeypatch.setattr(numba.core.config, "CACHE_DIR", folder)
        places.append(kept._Shared(function, function.__code__.co_filename).get_cache_path())
        assert places[-1] == caching.FunctionCache(function).cache_path
    assert places[0] != places[1]
