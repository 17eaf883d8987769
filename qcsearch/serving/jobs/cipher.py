"""What a job's samples and answers are on disk: encrypted, since they outlive the process that took them.

The key lies beside them, for its owner alone. So a copy of the file of jobs, as backups make it, says nothing; whoever
can read the whole folder can read what waits in it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qcsearch.errors import InputError
from qcsearch.storage.private import make_private, read_private

__all__ = ["Cipher"]

_KEY_BYTES, _NONCE_BYTES = 32, 12


class Cipher:
    """AES-256-GCM under one key.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._names = hmac.digest(key, b"digests of bodies", hashlib.sha256)

    @classmethod
    def open(cls, path: Path) -> Cipher:
        """With the key in a file, which is made if it is missing.

        Raises:
            InputError: if the file is of another length, or others can read it.
        """
        if not path.exists():
            make_private(path, secrets.token_bytes(_KEY_BYTES))
        key = read_private(path, "The key of the jobs")
        if len(key) != _KEY_BYTES:
            raise InputError(
                f"The key of the jobs, '{path}', must have {_KEY_BYTES} bytes. It has {len(key)}."
            )
        return cls(key)

    def encrypt(self, content: bytes, place: str) -> bytes:
        """Content as it may lie on a disk; `place` says where, and must be said again."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def decrypt(self, content: bytes, place: str) -> bytes:
        """What was encrypted for this place.

        Raises:
            InputError: if it was changed, moved, or encrypted under another key.
        """
        try:
            return self._cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise InputError(f"What is kept of {place} must be as it was written. It is not.") from None

    def digest(self, content: bytes) -> str:
        """A name of some content that nobody without the key can test a guess with."""
        return hmac.digest(self._names, content, hashlib.sha256).hex()
