"""Checkpoints: signed lines in a file of their own, which say how far the log went and what its last hash was.

Each holds the hash of the one before. The log mentions each, too: so neither file can be cut off alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qcsearch.serving.audit.chain import NOTHING
from qcsearch.serving.audit.signing import is_signed, sign

__all__ = ["CHECKPOINTS", "START", "Checkpoint", "read_checkpoint", "write_checkpoint"]

CHECKPOINTS = "checkpoints.jsonl"
_BEGIN, _END = b',"signature":"', b'"}'
_SIGNATURE_DIGITS = 128


@dataclass(frozen=True)
class Checkpoint:
    """What a line says.

    Attributes:
        number: its own, from 1.
        time: ISO 8601, UTC.
        n: number of the log's last line then.
        head: its hash.
        before: hash of the checkpoint before.
        hash: its own: SHA-256 of what is signed.
    """

    number: int
    time: str
    n: int
    head: str
    before: str
    hash: str


START = Checkpoint(0, "", 0, NOTHING, NOTHING, NOTHING)
"""Before the first."""


def write_checkpoint(
    before: Checkpoint, time: str, n: int, head: str, key: Ed25519PrivateKey
) -> tuple[bytes, Checkpoint]:
    """The line after another checkpoint, with its end; and what it says."""
    facts = {"number": before.number + 1, "time": time, "n": n, "head": head, "before": before.hash}
    body = orjson.dumps(facts)[:-1]
    line = body + _BEGIN + sign(key, body).encode() + _END + b"\n"
    return line, Checkpoint(before.number + 1, time, n, head, before.hash, hashlib.sha256(body).hexdigest())


def read_checkpoint(line: bytes, key: Ed25519PublicKey) -> Checkpoint:
    """What a line says, if it is signed.

    Raises:
        ValueError: if it is not.
    """
    end = len(line) - len(_END) - _SIGNATURE_DIGITS
    body, begin = line[: max(0, end - len(_BEGIN))], line[max(0, end - len(_BEGIN)) : max(0, end)]
    signature = line[max(0, end) : -len(_END)].decode("latin-1")
    if begin != _BEGIN or not line.endswith(_END) or not is_signed(key, body, signature):
        raise ValueError("it was changed, or signed with another key")
    return Checkpoint(**orjson.loads(body + b"}"), hash=hashlib.sha256(body).hexdigest())
