"""`qcsearch keys`: who may ask a service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.output import display, emit, say, table, tell

app = typer.Typer(no_args_is_help=True, help="Who may ask a service: make, list and revoke keys.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="File of keys; beside it is FILE.pepper.")]


@dataclass(frozen=True)
class KeyOptions:
    """Whose, and what for."""

    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Whose it is; it stands in the log.")]
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="S",
            help="predict (the default) or admin (metrics); several times for both.",
        ),
    ] = None
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="The one that it may be used with; several times for several.",
        ),
    ] = None
    days: Annotated[
        float | None, typer.Option("--days", metavar="N", help="After which it expires. Default: never.")
    ] = None


@app.command("create")
@grouped
@examples(
    "qcsearch keys create keys.json --name alice --days 90",
    "qcsearch keys create keys.json --name prometheus --scope admin",
    "qcsearch keys create keys.json --name lab --model digits --model iris",
)
def create(file: File, *, options: KeyOptions, json: Json = False, verbose: Verbose = False) -> None:
    """Make a key and print it: this once, for it is kept nowhere; the file holds what recognises it.

    A service that was started with the file takes the key at once.
    """
    from qcsearch.serving.access import keys

    scopes: Any = options.scope or ["predict"]
    key, token = keys.create(file, options.name, scopes, options.model, options.days)
    if json:
        emit({**_facts(key), "key": token})
        return
    tell(token)
    say(f"Note: This is the key {key.id}; it is shown this once. Send it as Authorization: Bearer KEY.")


@app.command("list")
@examples("qcsearch keys list keys.json")
def list_(file: File, json: Json = False, verbose: Verbose = False) -> None:
    """List the keys of a file: whose, what for, until when."""
    from qcsearch.serving.access import keys

    found = [_facts(key) for key in keys.load(file).values()]
    if json:
        emit({"keys": found})
        return
    rows = [[_words(value) for value in facts.values()] for facts in found]
    display(table(None, ("id", "name", "scopes", "models", "created", "expires", "revoked"), rows))


@app.command("revoke")
@examples("qcsearch keys revoke keys.json 3f2a90c417de")
def revoke(
    file: File,
    key: Annotated[str, typer.Argument(metavar="ID", help="Of the key, as `qcsearch keys list` shows it.")],
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Revoke a key: a service that was started with the file refuses it from its next request on."""
    from qcsearch.serving.access import keys

    revoked = keys.revoke(file, key)
    if json:
        emit(_facts(revoked))
        return
    tell(f"{revoked.id}, {revoked.name}: revoked.")


def _facts(key: Any) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "models": None if key.models is None else list(key.models),
        "created": key.created,
        "expires": key.expires,
        "revoked": key.revoked,
    }


def _words(value: Any) -> str:
    return "–" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
