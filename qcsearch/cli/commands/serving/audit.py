"""`qcsearch audit`: whether what a service wrote down is as it was written."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.output import emit, say, tell

app = typer.Typer(no_args_is_help=True, help="What a service wrote down of who asked.")


@app.callback()
def _group() -> None:
    """What a service wrote down of who asked."""


@app.command("verify")
@examples(
    "qcsearch audit verify service",
    "qcsearch audit verify service --public-key kept-elsewhere.pub --log service.log",
)
def verify(
    state: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the service: its --state.")],
    public_key: Annotated[
        Path | None,
        typer.Option(
            "--public-key",
            metavar="FILE",
            help="That signed it. Default: DIR/audit/signing.pub, beside the log.",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log",
            metavar="FILE",
            help="The service's log (standard error), kept elsewhere: each checkpoint that it names must be there.",
        ),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Verify an audit log: whatever was changed, deleted, put elsewhere or cut off is found and named; exit code 2.

    What follows the last checkpoint is at most a minute old where a service runs; only who keeps checkpoints elsewhere
    sees that log and checkpoints were cut off together.
    """
    from qcsearch.serving.extra import require_extra

    require_extra()
    from qcsearch.serving.audit.verify import verify as run
    from qcsearch.serving.state import audit_folder

    found = run(audit_folder(state), public_key, log)
    if json:
        emit(asdict(found))
        return
    tell(
        f"{found.lines} lines until {found.until} are as they were written; {found.checkpoints} checkpoints."
    )
    tell(f"Signing key: {found.signing_key}")
    if not found.ended:
        say(
            f"Note: It does not end with the end of a service, which runs, was killed, or the rest is gone. "
            f"Lines after {found.signed} are not signed yet."
        )
