"""Reads the result of a private job, which the service gives once, in a process that does not end with its parent.

From the moment in which the service gives it away until it is on a disk there is one copy of it: on the wire, then in
the memory of a process. That process is a small one that does nothing else and is in a session of its own. A kill of
the command, Ctrl-C or a terminal that is closed do not end it, and whoever runs the command again finds the file, or
waits for the process that is about to write it:

```
one at a time ──► is it there? ──► take room ──► ask once ──► write, here or elsewhere ──► tell the parent, if it lives
                                                               └── all full: hold it in memory, for ten minutes
```

What it has to know, an access token but never the key, comes through its standard input. What remains possible is
that the machine goes down, or that all processes are killed together, in the moment in which the result is on its way.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from requests import ConnectionError, PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from qcsearch import errors
from qcsearch.deployment.ibm.connection.transport import Transport, read_answer
from qcsearch.deployment.ibm.jobs.result_store import ResultStore, is_text_of_result
from qcsearch.errors import QCSearchError, StorageError
from qcsearch.processes import environment, python_command
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2
    from requests import Response

__all__ = ["FetchRequest", "detached", "fetch", "main"]

_log = logging.getLogger("qcsearch.deployment")
_SECRET = "QISKIT_IBM_TOKEN"
_HOLD_SECONDS = 600.0
"""For which a result that finds no room on any disk is held in memory: time enough to make room."""

_PAUSES = (0.1, 30.0)
"""Seconds between two attempts to write it, at first and at most."""

_SHOWN = 2**14
"""Characters of an answer that is no result."""


@dataclass(frozen=True)
class FetchRequest:
    """A result to be fetched.

    Attributes:
        url: its address.
        headers: headers of the request; the access token is among them.
        folder: folder of the result store.
        tag: tag under which it is kept.
        size: bytes that it takes at most.
        seconds: seconds of silence after which the request has failed.
        verify: certificates that are trusted, as `requests` has it.
        proxies: addresses by scheme; there may be passwords in them.
    """

    url: str
    headers: dict[str, str] = field(repr=False)
    folder: str
    tag: str
    size: int
    seconds: float
    verify: bool | str
    proxies: dict[str, str] = field(repr=False)


@contextmanager
def detached(job: RuntimeJobV2, store: ResultStore, tag: str, size: int, seconds: float) -> Iterator[None]:
    """Meanwhile the result of a job is fetched by a process of its own; the client sees no difference.

    Args:
        job: the job whose result may be asked for.
        store: where it is kept.
        tag: tag under which it is kept.
        size: bytes that it takes at most.
        seconds: seconds of silence after which a call has failed.
    """
    session = job._api_client._session
    address = f"{session.base_url}/jobs/{job.job_id()}/results"
    session.mount(address, _Detached(store, tag, size, seconds))
    try:
        yield
    finally:
        session.adapters.pop(address)


class _Detached(HTTPAdapter):
    """Sends a request through the process; arguments as `detached`."""

    def __init__(self, store: ResultStore, tag: str, size: int, seconds: float) -> None:
        super().__init__(max_retries=0)
        self._store, self._tag, self._size, self._seconds = store, tag, size, seconds

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: object = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Send.

        Raises:
            QCSearchError: that the process met.
            ConnectionError: if there was no answer.
        """
        told = _in_child(
            FetchRequest(
                str(request.url),
                {name: str(value) for name, value in request.headers.items()},
                str(self._store.folder.resolve()),
                self._tag,
                self._size,
                self._seconds,
                verify,
                dict(proxies or {}),
            )
        )
        if "error" in told:
            raise getattr(errors, told["error"])(told["message"], told["fix"])
        if "status" not in told:
            raise ConnectionError(told.get("failed", "the process that fetches the result has ended"))
        text = self._store.get(self._tag) if told["body"] is None else told["body"]
        body = BytesIO((text or "").encode())
        return self.build_response(request, HTTPResponse(body, status=told["status"], preload_content=False))


def _in_child(request: FetchRequest) -> dict[str, Any]:
    """What `fetch` returns, from a process that goes on if this one ends; nothing if it has ended itself."""
    told: dict[str, Any] = {}
    with subprocess.Popen(
        python_command(__name__, detached=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in environment().items() if name != _SECRET},
        start_new_session=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError), child.stdin as stdin:
            stdin.write(json.dumps(asdict(request)).encode())
        for line in child.stdout:
            told = json.loads(line)
            if "warning" in told:
                _log.warning("%s", told.pop("warning"))
    return told


def fetch(request: FetchRequest) -> dict[str, Json]:
    """Fetch a result, unless it is there by now, and keep it.

    Args:
        request: the result, and where it is kept.

    Returns:
        `status` and `body` of the answer, the latter null if it is kept; or `error`, `message` and `fix` of an error
        with a name; or how it `failed`.
    """
    store = ResultStore(Path(request.folder))
    try:
        with store.alone():
            store.recover(request.tag)
            if store.get(request.tag) is not None:
                return {"status": 200, "body": None}
            store.reserve(request.tag, request.size)
            return _ask(request, store)
    except QCSearchError as error:
        return {"error": type(error).__name__, "message": error.message, "fix": error.fix}
    except (
        Exception
    ) as error:  # whatever ended the connection; no text of it, for there may be addresses in it
        return {"failed": type(error).__name__}


def _ask(request: FetchRequest, store: ResultStore) -> dict[str, Json]:
    prepared = PreparedRequest()
    prepared.prepare("GET", request.url, headers=request.headers)
    with closing(Transport(request.seconds)) as transport:
        sent = transport.send(prepared, stream=True, verify=request.verify, proxies=request.proxies)
        response = read_answer(sent)
    if response.status_code != 200 or not is_text_of_result(response.text):
        return {"status": response.status_code, "body": response.text[:_SHOWN]}
    _keep(store, request.tag, response.text)
    return {"status": 200, "body": None}


def _keep(store: ResultStore, tag: str, text: str) -> None:
    """Write a result; it is the only time that it is given, so full disks are waited for."""
    until, pause = time.monotonic() + _HOLD_SECONDS, _PAUSES[0]
    while True:
        try:
            return store.put(tag, text)
        except StorageError as fault:
            if time.monotonic() > until:
                raise
            _log.warning("%s It is held in memory, and tried again.", fault.message)
        time.sleep(pause)
        pause = min(_PAUSES[1], 2.0 * pause)


class _ParentHandler(logging.Handler):
    """Hands warnings to the parent."""

    def emit(self, record: logging.LogRecord) -> None:
        _tell({"warning": record.getMessage()})


def _tell(message: dict[str, Json]) -> None:
    with suppress(OSError):  # the parent is gone
        os.write(1, json.dumps(message).encode() + b"\n")


def main() -> None:
    """What runs in the process."""
    request = FetchRequest(**json.load(sys.stdin))
    _log.addHandler(_ParentHandler())
    _tell(fetch(request))
