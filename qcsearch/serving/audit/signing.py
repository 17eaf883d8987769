"""The key that signs checkpoints: Ed25519 (RFC 8032), PEM, beside the log; its owner alone may read it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from qcsearch.errors import InputError
from qcsearch.serving.private import make_private, read_private
from qcsearch.storage import files

__all__ = ["PRIVATE", "PUBLIC", "fingerprint", "is_signed", "open_key", "read_public", "sign"]

PRIVATE, PUBLIC = "signing.key", "signing.pub"
_CONTEXT = b"qcsearch audit checkpoint 1\n"
_MOST_BYTES = 4096


def open_key(folder: Path, *, new: bool) -> Ed25519PrivateKey:
    """The key of a log.

    Args:
        folder: of the log.
        new: whether there is no log yet, so that the key may be made.

    Raises:
        InputError: if there is a log and no key, or others can read it.
    """
    if new and not (folder / PRIVATE).exists():
        made = Ed25519PrivateKey.generate()
        make_private(folder / PRIVATE, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    content = read_private(folder / PRIVATE, "The key that signs the audit log")
    key = _read(lambda: load_pem_private_key(content, None), folder / PRIVATE)
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"The key '{folder / PRIVATE}' must be one of Ed25519. It is not.")
    if not (folder / PUBLIC).exists():
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        files.write_bytes(folder / PUBLIC, pem)
    return key


def read_public(path: Path) -> Ed25519PublicKey:
    """A public key.

    Raises:
        InputError: if it is none.
    """
    with files.reading(path):
        content = files.read_bytes(path, _MOST_BYTES, follow=True)
    key = _read(lambda: load_pem_public_key(content), path)
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"The key '{path}' must be one of Ed25519. It is not.")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """By which people compare keys: SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def sign(key: Ed25519PrivateKey, content: bytes) -> str:
    """The signature of a checkpoint, hexadecimal."""
    return key.sign(_CONTEXT + content).hex()


def is_signed(key: Ed25519PublicKey, content: bytes, signature: str) -> bool:
    """Whether a signature is the key's, of just this, and spelled as `sign` does."""
    try:
        raw = bytes.fromhex(signature)
        key.verify(raw, _CONTEXT + content)
    except (ValueError, InvalidSignature):
        return False
    return raw.hex() == signature


def _read(load: Callable[[], object], path: Path) -> object:
    try:
        return load()
    except (ValueError, TypeError):
        raise InputError(f"The key '{path}' cannot be read: it is none in PEM, or has a password.") from None
