"""The key that signs checkpoints, beside the log; its owner alone may read it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qcsearch.storage import signing

__all__ = ["PRIVATE", "PUBLIC", "fingerprint", "is_signed", "open_key", "sign"]

PRIVATE, PUBLIC = "signing.key", "signing.pub"
_CONTEXT = b"qcsearch audit checkpoint 1\n"


def open_key(folder: Path, *, new: bool) -> Ed25519PrivateKey:
    """The key of a log.

    Args:
        folder: of the log.
        new: whether there is no log yet, so that the key may be made.

    Raises:
        InputError: if there is a log and no key, or others can read it.
    """
    if new and not (folder / PRIVATE).exists():
        signing.make_key(folder / PRIVATE)
    key = signing.read_private_key(folder / PRIVATE, "The key that signs the audit log")
    if not (folder / PUBLIC).exists():
        signing.write_public_key(folder / PUBLIC, key.public_key())
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """By which people compare keys: SHA-256 of its 32 bytes."""
    return hashlib.sha256(bytes.fromhex(signing.public_text(key))).hexdigest()


def sign(key: Ed25519PrivateKey, content: bytes) -> str:
    """The signature of a checkpoint, hexadecimal."""
    return key.sign(_CONTEXT + content).hex()


def is_signed(key: Ed25519PublicKey, content: bytes, signature: str) -> bool:
    """Whether a signature is the key's, of just this, and spelled as `sign` does."""
    return signing.is_signed(key, _CONTEXT + content, signature)
