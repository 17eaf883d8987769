"""Children that run this very package, import nothing from the working directory, and end with their parent or not.

`python -m` would put the working directory in front of the standard library, where a stray `numpy.py` or `json.py`
is executed. So a child is started by the absolute path of this file, in safe-path mode, which leaves the folder of a
script and the working directory out.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

__all__ = ["PARENT_ENDED", "end_with_parent", "environment", "python_command"]

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
_INSTALLED = ("site-packages", "dist-packages")
_PR_SET_PDEATHSIG = 1
_NOBODY = "0"
PARENT_ENDED = 3
"""Exit code of a child whose parent is gone."""


def python_command(module: str, *arguments: str, detached: bool = False) -> list[str]:
    """Command line of a child that calls `main()` of a module, with `arguments` in `sys.argv[1:]`.

    The child is killed by the system when the thread that started it ends, on Linux; elsewhere it must notice for
    itself, as by the end of its standard input.

    Args:
        module: full name, such as `qcsearch.search.workers.fork_server`.
        arguments: for it.
        detached: whether it goes on when its parent ends; it is then to be started in a session of its own.
    """
    parent = _NOBODY if detached else str(os.getpid())
    return [sys.executable, "-P", str(Path(__file__).resolve()), parent, module, *arguments]


def environment() -> dict[str, str]:
    """That of this process, for a child that works on one thread; none of its paths is a relative one."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(path).is_absolute()]
    return {
        **os.environ,
        **dict.fromkeys(_THREADS, "1"),
        "QISKIT_PARALLEL": "FALSE",
        "PYTHONPATH": os.pathsep.join(paths),
        # Said here, even if empty, it cannot be said by a .numba_config.yaml of the working directory: what Numba
        # keeps on disk is machine code and pickles.
        "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", ""),
    }


def end_with_parent(parent: int) -> None:
    """Be killed when the thread that started this process ends; leave now if it has.

    Args:
        parent: process id of the parent.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(PARENT_ENDED)


def _child(parent: str, module: str, *arguments: str) -> None:
    """What runs in the child."""
    if parent != _NOBODY:
        end_with_parent(int(parent))
    home = str(Path(__file__).resolve().parent.parent)
    if home not in sys.path:
        # Behind the standard library, which nothing beside the package may stand in for, but before another
        # installation of the package.
        installed = (i for i, path in enumerate(sys.path) if Path(path).name in _INSTALLED)
        sys.path.insert(next(installed, len(sys.path)), home)
    sys.argv = [module, *arguments]
    import_module(module).main()


if __name__ == "__main__":
    _child(*sys.argv[1:])
