"""Lines of JSON that hold the hash of the one before, and their own.

```
{"n":2,"time":…,"event":…, … ,"before":"<hash of line 1>","hash":"<SHA-256 of this line up to here>"}
```

The hash is of the bytes as they stand there, so not even a blank can be changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

__all__ = ["MOST_LINE_BYTES", "NOTHING", "Link", "read_link", "write_link"]

NOTHING = "0" * 64
"""What the first line holds as the hash of the one before."""

MOST_LINE_BYTES = 2**20
_TAIL = len(b',"hash":""}') + 64


@dataclass(frozen=True)
class Link:
    """A line.

    Attributes:
        n: its number, from 1.
        facts: all that it says.
        before: hash of the line before.
        hash: its own.
    """

    n: int
    facts: Mapping[str, Any]
    before: str
    hash: str


def write_link(n: int, facts: Mapping[str, Any], before: str) -> tuple[bytes, str]:
    """A line with its end, and its hash."""
    body = orjson.dumps({"n": n, **facts, "before": before})[:-1]
    own = hashlib.sha256(body).hexdigest()
    return b'%b,"hash":"%b"}\n' % (body, own.encode()), own


def read_link(line: bytes) -> Link:
    """A line, if it is as it was written.

    Raises:
        ValueError: if it is not.
    """
    body, tail = line[:-_TAIL], line[-_TAIL:]
    own = hashlib.sha256(body).hexdigest()
    if tail != b',"hash":"%b"}' % own.encode():
        raise ValueError("it was changed")
    facts = orjson.loads(body + b"}")
    if not isinstance(facts, dict) or type(facts.get("n")) is not int or type(facts.get("before")) is not str:
        raise ValueError("it is no line of an audit log")
    return Link(facts["n"], facts, facts["before"], own)
