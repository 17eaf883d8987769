"""Sealing a bundle, and asking who sealed it."""

from __future__ import annotations

import os
from pathlib import Path

from qcsearch.bundle.seal import Seal, model_name
from qcsearch.bundle.storage import put_seal
from qcsearch.bundle.verify import Verified, read_verified
from qcsearch.errors import BundleError, InputError
from qcsearch.storage.signing import (
    make_key,
    public_text,
    read_private_key,
    read_public_key,
    write_public_key,
)

__all__ = ["check_seal", "create_seal_key", "seal_bundle", "sealed_with"]


def create_seal_key(path: Path) -> tuple[Path, str]:
    """Make a pair of keys; nothing that is there is replaced.

    Args:
        path: of the private key; that of the public one ends in `.pub` instead.

    Returns:
        The path of the public key, and its 64 hexadecimal digits.

    Raises:
        InputError: if one of both files is there, or cannot be written.
    """
    public = path.with_suffix(".pub")
    if public == path:
        raise InputError(
            f"The file of a private key must not end in .pub. Got '{path}'.", "call it seal.key."
        )
    try:
        if os.path.lexists(public):
            raise FileExistsError(None, "There is something already", str(public))
        key = make_key(path).public_key()
        write_public_key(public, key)
    except FileExistsError as error:
        raise InputError(f"There is already something at '{error.filename}'.", "take another name.") from None
    except OSError as error:
        raise InputError(f"No key can be written to '{path}': {error.strerror or error}.") from None
    return public, public_text(key)


def seal_bundle(path: str | Path, key: str | Path, *, name: str = "") -> Seal:
    """Vouch for a bundle: sign its digest. A seal that it has is replaced.

    Args:
        path: the bundle's folder or zip file.
        key: file of the private key (Ed25519, PEM), which its owner alone may read.
        name: as which the bundle is to be served; without one that of its folder or file.

    Raises:
        BundleError: if the bundle is not as it was written.
        InputError: if the key or the name cannot be used.
    """
    private = read_private_key(Path(key), "The key that seals")
    name = model_name(path, name)
    bundle = read_verified(path)
    seal = Seal.sign(private, name, bundle.manifest.digest)
    put_seal(Path(path), bundle.files, bundle.manifest, seal)
    return seal


def check_seal(path: str | Path, key: str | Path) -> Seal:
    """Check every byte of a bundle, and that it is sealed with a key.

    Args:
        path: the bundle's folder or zip file.
        key: file of the public key (Ed25519, PEM) of somebody trusted.

    Returns:
        The seal; its `name` and `sealed_at` say as what the bundle is to be served, and since when.

    Raises:
        BundleError: if the bundle is not as it was written, or not sealed with that key.
        InputError: if the key cannot be used.
    """
    public = public_text(read_public_key(Path(key)))
    return sealed_with(public, read_verified(path), path)


def sealed_with(key: str, bundle: Verified, path: str | Path) -> Seal:
    """The seal of a verified bundle, if it is a key's.

    Args:
        key: the public key, as `public_text` spells it.
        bundle: the bundle.
        path: where it is, for messages.

    Raises:
        BundleError: if it has none, or one of another key.
    """
    if bundle.seal is None:
        raise BundleError(
            f"The bundle at '{path}' must be sealed. It is not.",
            "take one that is, or, if you vouch for it: qcsearch bundle seal.",
        )
    if bundle.seal.key != key:
        raise BundleError(
            f"The bundle at '{path}' must be sealed with the key {key}. It is with {bundle.seal.key}."
        )
    return bundle.seal
