"""Killing a process that talks to the server, at a moment that the server sees."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from ibm_server.server import IbmServer


def kill_later(process: subprocess.Popen, server: IbmServer, n_requests: int, seconds: float) -> bool:
    """Kill −9 after some more requests and a moment; False if it ended before."""
    goal = len(server.requests) + n_requests
    while len(server.requests) < goal:
        if process.poll() is not None:
            break
        time.sleep(0.002)
    else:
        time.sleep(seconds)
    alive = process.poll() is None
    process.kill()  # nothing, if it has ended
    process.communicate()
    return alive
