"""Ed25519 keys (RFC 8032) in PEM, as `openssl genpkey -algorithm ed25519` writes them.

A private one must be its owner's alone. Whoever signs puts a line of its own before what is signed, so that a signature
of one kind is none of another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
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
from qcsearch.storage import files
from qcsearch.storage.private import make_private, read_private

__all__ = [
    "is_signed",
    "make_key",
    "public_key",
    "public_text",
    "read_private_key",
    "read_public_key",
    "write_public_key",
]

_MOST_BYTES = 4096


def make_key(path: Path) -> Ed25519PrivateKey:
    """Make a private key, in a file that is not there yet.

    Raises:
        FileExistsError: if it is.
    """
    key = Ed25519PrivateKey.generate()
    make_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def read_private_key(path: Path, what: str) -> Ed25519PrivateKey:
    """A private key.

    Args:
        path: its file.
        what: how a message calls it.

    Raises:
        InputError: if it is not there, others can read it, or it is no such key.
    """
    content = read_private(path, what)
    key = _read(lambda: load_pem_private_key(content, None), path, "private")
    if not isinstance(key, Ed25519PrivateKey):
        raise _another(path)
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A public key.

    Raises:
        InputError: if it is not there, or no such key.
    """
    with files.reading(path):
        content = files.read_bytes(path, _MOST_BYTES, follow=True)
    key = _read(lambda: load_pem_public_key(content), path, "public")
    if not isinstance(key, Ed25519PublicKey):
        raise _another(path)
    return key


def write_public_key(path: Path, key: Ed25519PublicKey) -> None:
    """Write a public key, for everybody."""
    files.write_bytes(path, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def public_text(key: Ed25519PublicKey) -> str:
    """A public key in 64 hexadecimal digits, by which people compare them."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_key(text: str) -> Ed25519PublicKey:
    """The key that `public_text` spelled."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def is_signed(key: Ed25519PublicKey, content: bytes, signature: str) -> bool:
    """Whether a signature, in hexadecimal digits, is a key's, of just this, and spelled as `bytes.hex` does."""
    try:
        raw = bytes.fromhex(signature)
        key.verify(raw, content)
    except (ValueError, InvalidSignature):
        return False
    return raw.hex() == signature


def _read(load: Callable[[], object], path: Path, kind: str) -> object:
    try:
        return load()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError(
            f"The key '{path}' cannot be read: it is no {kind} key in PEM, or has a password."
        ) from None


def _another(path: Path) -> InputError:
    return InputError(
        f"The key '{path}' must be one of Ed25519. It is of another kind.", "qcsearch bundle create-key FILE"
    )
