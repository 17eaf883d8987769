"""`qcsearch keys`: who may ask a service."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
            help="predict (the default), predict:qpu (jobs for a backend), jobs (to look at them), explain (all of a "
            "model, for the page) or admin (metrics); can be repeated.",
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


@dataclass(frozen=True)
class QuotaOptions:
    """What it may use; a day is one of UTC."""

    requests_per_second: Annotated[
        float | None,
        typer.Option("--requests-per-second", metavar="N", help="How often it may ask. Default: no bound."),
    ] = None
    rows_per_day: Annotated[
        int | None,
        typer.Option(
            "--rows-per-day", metavar="N", help="Samples that it may have predicted. Default: no bound."
        ),
    ] = None
    qpu_seconds_per_day: Annotated[
        float | None,
        typer.Option(
            "--qpu-seconds-per-day", metavar="S", help="Of a quantum processor, as billed. Default: no bound."
        ),
    ] = None
    dollars_per_day: Annotated[
        float | None,
        typer.Option("--dollars-per-day", metavar="USD", help="The same in US dollars. Default: no bound."),
    ] = None


@app.command("create")
@grouped
@examples(
    "qcsearch keys create keys.json --name alice --days 90",
    "qcsearch keys create keys.json --name prometheus --scope admin",
    "qcsearch keys create keys.json --name carol --requests-per-second 5 --rows-per-day 10000",
    "qcsearch keys create keys.json --name lab --model digits --model iris",
)
def create(
    file: File,
    *,
    options: KeyOptions,
    quotas: QuotaOptions,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a key and print it: this once, for it is kept nowhere; the file holds what recognises it.

    A service that was started with the file takes the key at once.
    """
    from qcsearch.serving.access import keys
    from qcsearch.serving.access.quota import Quota

    scopes: Any = options.scope or ["predict"]
    quota = Quota(**vars(quotas))
    key, token = keys.create(file, options.name, scopes, options.model, options.days, quota)
    if json:
        emit({**_facts(key), "key": token})
        return
    tell(token)
    say(f"Note: This is the key {key.id}; it is shown this once. Send it as Authorization: Bearer KEY.")


@app.command("list")
@examples("qcsearch keys list keys.json", "qcsearch keys list keys.json --state service")
def list_(
    file: File,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="DIR", help="Of the service, to show what each used this day (UTC)."),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """List the keys of a file: whose, what for, until when, what they may use, and what they used today."""
    from qcsearch.serving.access import keys

    found = [_facts(key) for key in keys.load(file).values()]
    if state is not None:
        found = [facts | {"today": today} for facts, today in zip(found, _used(state, found), strict=True)]
    if json:
        emit({"keys": found})
        return
    names = ("id", "name", "scopes", "models", "created", "expires", "revoked")
    rows = [[*(_words(facts[name]) for name in names), _bounds(facts)] for facts in found]
    display(table(None, (*names, "quota" if state is None else "used today of quota"), rows))


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
        "quota": asdict(key.quota),
    }


def _used(state: Path, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each key used today, and what is reserved for its requests on their way."""
    import sqlite3
    from datetime import UTC, datetime

    from qcsearch.errors import InputError
    from qcsearch.serving.quotas.amounts import NONE
    from qcsearch.serving.quotas.ledger import ledger_file, used_on

    try:
        used = used_on(ledger_file(state), datetime.now(UTC).date().isoformat())
    except sqlite3.Error as error:
        raise InputError(
            f"What keys used cannot be read in '{state}': {error}.", "name the folder of serve --state."
        ) from None
    pairs = [used.get(facts["id"], (NONE, NONE)) for facts in found]
    return [
        {
            name: {"rows": one.rows, "qpu_seconds": one.qpu_seconds, "dollars": one.dollars}
            for name, one in zip(("used", "reserved"), pair, strict=True)
        }
        for pair in pairs
    ]


def _bounds(facts: dict[str, Any]) -> str:
    """Quotas as people read them, with what was used of each and what is reserved."""
    quota, today = facts["quota"], facts.get("today")
    rate = quota["requests_per_second"]
    told = [] if rate is None else [f"{rate:g} requests/s"]
    for name, word in (("rows", "rows"), ("qpu_seconds", "QPU s"), ("dollars", "USD")):
        bound = quota[f"{name}_per_day"]
        taken = 0 if today is None else today["used"][name] + today["reserved"][name]
        if bound is not None:
            told.append(
                f"{bound:,.10g} {word}/day" if today is None else f"{taken:,.10g}/{bound:,.10g} {word}"
            )
        elif taken:
            told.append(f"{taken:,.10g} {word}")
    return ", ".join(told) or "–"


def _words(value: Any) -> str:
    return "–" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
