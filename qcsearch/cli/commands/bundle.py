"""`qcsearch bundle`: who vouches for a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qcsearch.cli.options.common import Bundle, Json, Verbose, examples
from qcsearch.cli.output import emit, say, tell

app = typer.Typer(no_args_is_help=True, help="Vouch for a bundle with a key, and check who did.")


@app.command("create-key")
@examples("qcsearch bundle create-key seal.key")
def create_key(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Where to write the private key; the public one is FILE's .pub."),
    ],
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a pair of keys to seal with: Ed25519, in PEM, as openssl reads and writes them.

    The private one has no password, and its owner alone may read it. It belongs where bundles are made, not where
    they are served.
    """
    from qcsearch.bundle.sealing import create_seal_key

    public, key = create_seal_key(file)
    if json:
        emit({"private": str(file), "public": str(public), "key": key})
        return
    tell(public)
    tell(f"key {key}")
    say(f"Note: {file} seals: keep it from others. {public} is for whoever checks or serves.")


@app.command("seal")
@examples(
    "qcsearch bundle seal digits.zip --key seal.key",
    "qcsearch bundle seal runs/digits/bundle --key seal.key --name digits",
)
def seal(
    bundle: Bundle,
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="The private key, which its owner alone may read.")
    ],
    name: Annotated[
        str,
        typer.Option(
            "--name", metavar="NAME", help="As which it is to be served. Default: that of the folder or file."
        ),
    ] = "",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Vouch for a bundle: verify it, and put a file seal.json into it that signs its digest.

    No other byte of it changes, its digest does not either, and a seal that it has is replaced. A service that was
    started with --seal-key serves it under this name alone, and none that was sealed before one that it has served.
    """
    from qcsearch.bundle.sealing import seal_bundle

    _show(bundle, seal_bundle(bundle, key, name=name), json)


@app.command("check-seal")
@examples("qcsearch bundle check-seal digits.zip --key seal.pub")
def check_seal(
    bundle: Bundle,
    key: Annotated[
        Path,
        typer.Option("--key", metavar="FILE", help="The public key of whoever you trust, learnt from them."),
    ],
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check every byte of a bundle, and that it is sealed with a key."""
    from qcsearch.bundle.sealing import check_seal

    _show(bundle, check_seal(bundle, key), json)


def _show(bundle: str, seal: Any, json: bool) -> None:
    if json:
        emit(
            {"bundle": bundle, **seal.model_dump(mode="json", include={"name", "digest", "sealed_at", "key"})}
        )
        return
    tell(f"{bundle}: sealed as '{seal.name}' at {seal.sealed_at}")
    tell(f"digest {seal.digest}")
    tell(f"key {seal.key}")
