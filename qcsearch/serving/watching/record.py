"""What is remembered of one request while it is answered; nothing of its content."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field

from qcsearch.serving.access.caller import Caller

__all__ = ["Record", "request_id"]

_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(eq=False)
class Record:
    """One request.

    Attributes:
        request_id: the client's, or a random one.
        method: of the request, if it is one that there is.
        began: in seconds of `time.monotonic`.
        route: the template of the route, such as `/v2/models/{name}/infer`: addresses are the client's words.
        model: name of the model.
        digest: of its bundle.
        caller: whoever asks; None if that is not known, or not asked.
        rows: number of samples.
        computing: when an engine was asked and when it had answered, in the same seconds; None if none was.
        error: title of the problem, if it was refused.
    """

    request_id: str
    method: str
    began: float = field(default_factory=time.monotonic)
    route: str = ""
    model: str = ""
    digest: str = ""
    caller: Caller | None = None
    rows: int = 0
    computing: tuple[float, float] | None = None
    error: str = ""


def request_id(given: str | None) -> str:
    """The client's, if it is a plain word; else a random one."""
    return given if given is not None and _GIVEN.fullmatch(given) else secrets.token_hex(8)
