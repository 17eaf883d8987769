"""The options and arguments that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

__all__ = [
    "DATA_HELP",
    "JSON_KEY",
    "VERBOSE_KEY",
    "Bundle",
    "Data",
    "Json",
    "Model",
    "Output",
    "Run",
    "RunShots",
    "Shots",
    "Targets",
    "Verbose",
    "examples",
]

VERBOSE_KEY = "qcsearch.verbose"
JSON_KEY = "qcsearch.json"


Command = TypeVar("Command", bound=Callable[..., Any])


def examples(*lines: str) -> Callable[[Command], Command]:
    """Return a decorator that adds command lines to a command's help, each on a line of its own."""

    def add(command: Command) -> Command:
        shown = "\n".join(f"  {line}" for line in lines).replace("[", r"\[")
        command.__doc__ = f"{inspect.cleandoc(command.__doc__ or '')}\n\n\b\nExamples:\n{shown}"
        return command

    return add


def _remember_verbose(ctx: typer.Context, value: bool) -> bool:
    if value:
        ctx.meta[VERBOSE_KEY] = True
        _log_to_stderr()
    return value


def _remember_json(ctx: typer.Context, value: bool) -> bool:
    if value:
        ctx.meta[JSON_KEY] = True
    return value


def _log_to_stderr() -> None:
    import logging

    logger = logging.getLogger("qcsearch")
    logger.setLevel(logging.INFO)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)


Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Say more, and show the traceback of an error.", callback=_remember_verbose
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Machine-readable: the last line of standard output is one JSON object.",
        callback=_remember_json,
    ),
]
Run = Annotated[str, typer.Argument(metavar="DIR", help="A run folder, as `qcsearch search` leaves it.")]
Bundle = Annotated[
    str,
    typer.Argument(metavar="BUNDLE", help="A bundle: a folder or a .zip, as `qcsearch export` writes it."),
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A bundle (a folder or a .zip), or a run folder: its winner, with the weights that its deployment "
        "kept.",
    ),
]
DATA_HELP = (
    "A file (.csv, .tsv, .parquet, .npz, 'X.npy,y.npy'), a folder of images (one folder a class) or a "
    "scikit-learn name (digits, digits:0-3, iris, wine, breast_cancer, moons; diabetes, of numbers)."
)
Data = Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="COL",
        help="The column that holds the label (tables only); given several times, several labels or numbers a sample.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="PATH", help="Where to write; an existing path is refused."),
]
Shots = Annotated[
    int, typer.Option("--shots", metavar="N", help="Runs of each circuit in each measurement basis.")
]
RunShots = Annotated[
    int | None,
    typer.Option(
        "--shots",
        metavar="N",
        help="Runs of each circuit in each measurement basis. Default: those that the run was searched for, else 4096.",
    ),
]
