"""The list of commands, and the one place where an error becomes an exit code.

```
0    done
2    bad usage or configuration
3    the seconds ran out, with a result: before the requested trials were done, before a training was at its end, or
     before anything was better than the majority class
4    no feasible candidate, or a winner that is no better than the majority class
5    the backend or the credentials
130  interrupted, what was finished is saved
```
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from qcsearch.cli.commands import (
    board,
    bundle,
    check,
    cost,
    deploy,
    devices,
    explain,
    export,
    predict,
    report,
    search,
    spaces,
    tomography,
    tune,
    verify,
)
from qcsearch.cli.commands.serving import audit, keys, serve, warm_up
from qcsearch.cli.options.common import JSON_KEY, VERBOSE_KEY
from qcsearch.cli.options.listed import Listing
from qcsearch.cli.output import emit, say
from qcsearch.cli.process import INTERRUPTED
from qcsearch.cli.surroundings import surroundings
from qcsearch.errors import QCSearchError

__all__ = ["app"]

BROKEN_PIPE = 141
UNEXPECTED = 1


class _Guarded(TyperGroup):
    """The group of all commands; whatever a command raises ends here as a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            SystemExit: with the exit code, if the command failed.
        """
        try:
            with warnings.catch_warnings():
                if VERBOSE_KEY not in ctx.meta and not sys.warnoptions:
                    warnings.simplefilter("ignore")
                result = super().invoke(ctx)
                sys.stdout.flush()
                return result
        except BaseException as error:
            if isinstance(error, (SystemExit, typer.Exit)) or hasattr(error, "format_message"):
                raise
            raise SystemExit(_end(error, ctx.meta)) from None


def _end(error: BaseException, meta: dict[str, Any]) -> int:
    """Say in one sentence what happened; return the exit code."""
    if isinstance(error, BrokenPipeError):
        _give_up_output()
        return BROKEN_PIPE
    try:
        sys.stdout.flush()
    except (OSError, ValueError):  # a full disk
        _give_up_output()
    sentence, code = _sentence(error)
    if VERBOSE_KEY in meta and code != INTERRUPTED:
        for line in "".join(traceback.format_exception(error)).splitlines():
            say(line)
    say(sentence)
    if JSON_KEY in meta:
        fix = getattr(error, "fix", None)
        emit({"error": getattr(error, "message", sentence), "fix": fix, "exit_code": code})
    return code


def _sentence(error: BaseException) -> tuple[str, int]:
    if isinstance(error, QCSearchError):
        return f"Error: {_one_line(error)}", error.exit_code
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return str(error) or "Interrupted.", INTERRUPTED
    sentence = surroundings(error)
    if sentence is not None:
        return f"Error: {sentence}", QCSearchError.exit_code
    name = type(error).__name__
    hint = "Run it again with -v for the traceback."
    return f"Unexpected error: {name}: {_one_line(error) or 'no message'} {hint}", UNEXPECTED


def _give_up_output() -> None:
    """Python flushes standard output once more at exit: give it somewhere to go."""
    with contextlib.suppress(OSError, ValueError):  # where it is no file there is nothing to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


app = typer.Typer(
    name="qcsearch",
    cls=_Guarded,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Find the quantum model that works best on one quantum processor, under its noise of the day.",
    epilog="Start with: `qcsearch search digits:0-3 --device fake_torino --max-seconds 60`",
)


def _print_version(value: bool) -> None:
    if value:
        from qcsearch._version import __version__

        print(f"qcsearch {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that need no command."""


_MAKE, _LOOK, _USE, _KNOW = "Search", "Look at a run", "Use the winner", "Devices and spaces"
_SERVE = "Serve it"
app.command("search", cls=Listing, rich_help_panel=_MAKE)(search.search)
app.command("check", cls=Listing, rich_help_panel=_MAKE)(check.check)
app.command("tune", rich_help_panel=_MAKE)(tune.tune)
app.command("board", rich_help_panel=_LOOK)(board.board)
app.command("explain", rich_help_panel=_LOOK)(explain.explain)
app.command("report", rich_help_panel=_LOOK)(report.report)
app.command("cost", rich_help_panel=_USE)(cost.cost)
app.command("deploy", rich_help_panel=_USE)(deploy.deploy)
app.command("export", rich_help_panel=_USE)(export.export)
app.command("verify", rich_help_panel=_USE)(verify.verify)
app.command("predict", rich_help_panel=_USE)(predict.predict)
app.command("tomography", rich_help_panel=_USE)(tomography.tomography)
app.command("serve", rich_help_panel=_SERVE)(serve.serve)
app.command("warm-up", rich_help_panel=_SERVE)(warm_up.warm_up)
app.add_typer(bundle.app, name="bundle", rich_help_panel=_SERVE)
app.add_typer(keys.app, name="keys", rich_help_panel=_SERVE)
app.add_typer(audit.app, name="audit", rich_help_panel=_SERVE)
app.add_typer(devices.app, name="devices", rich_help_panel=_KNOW)
app.add_typer(spaces.app, name="spaces", rich_help_panel=_KNOW)
