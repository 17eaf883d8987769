"""The process `qcsearch`; light, so that it can be interrupted from its first moment, before the commands are there."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from qcsearch.cli.process import INTERRUPTED, leave, listen

__all__ = ["main", "run"]


def run(arguments: Sequence[str]) -> int:
    """Run one command line in this process and return its exit code."""
    from qcsearch.cli.app import app

    try:
        app(args=list(arguments), prog_name="qcsearch")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    # Where Numba keeps machine code, which is executed: not what a .numba_config.yaml of the working directory says.
    os.environ.setdefault("NUMBA_CACHE_DIR", "")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know few characters
    listen()
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before the commands were there
        print("Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    leave(code)
