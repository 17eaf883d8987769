"""The options and arguments that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

__all__ = [
    "JSON_KEY",
    "VERBOSE_KEY",
    "Bundle",
    "Data",
    "DeviceOption",
    "Drop",
    "Encode",
    "Impute",
    "Json",
    "MaxDuration",
    "MaxGates",
    "MaxSeconds",
    "MaybeData",
    "Model",
    "Output",
    "Run",
    "RunOption",
    "Seed",
    "SeedFrom",
    "Shots",
    "SpaceOption",
    "Strategy",
    "StrategyOption",
    "Target",
    "Trials",
    "Verbose",
    "Workers",
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
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A file (.csv, .tsv, .parquet, .npz, 'X.npy,y.npy'), a folder of images (one folder a class) or a "
        "scikit-learn name (digits, digits:0-3, iris, wine, breast_cancer, moons).",
    ),
]
Target = Annotated[
    str | None, typer.Option("--target", metavar="COL", help="The column that holds the label (tables only).")
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--drop",
        metavar="COL",
        help="A column to leave out, such as an id (tables only); may be given several times.",
    ),
]
Encode = Annotated[
    str | None,
    typer.Option(
        "--encode",
        metavar="METHOD",
        help="Take columns of text, as categories: onehot (a feature of 0 and 1 for each) or ordinal (their place in "
        "the alphabet). Without it text is refused.",
    ),
]
Impute = Annotated[
    str | None,
    typer.Option(
        "--impute",
        metavar="METHOD",
        help="Fill in missing values: mean, median or most_frequent of the training split; text takes the most "
        "frequent. Without it they are refused.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="PATH", help="Where to write; an existing path is refused."),
]
MaybeData = Annotated[
    str | None,
    typer.Argument(
        metavar="[DATA]",
        help="A file (.csv, .tsv, .parquet, .npz, 'X.npy,y.npy'), a folder of images (one folder a class) or a "
        "scikit-learn name (digits, digits:0-3, iris, wine, breast_cancer, moons). May be left out to go on with "
        "--run.",
        show_default=False,
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="A name of `qcsearch devices list` (fake_torino: the newest snapshot; fake_torino@2025-02-26: that of "
        "a day), a snapshot file, or a calibration table (CSV) of IBM's web pages. Default: fake_torino.",
    ),
]
SpaceOption = Annotated[
    str | None,
    typer.Option(
        "--space",
        metavar="SPACE",
        help="A name of `qcsearch spaces list`, or a .toml file. Default: default.",
    ),
]
Trials = Annotated[
    int | None, typer.Option("--trials", metavar="N", help="Total of trials, all sessions together.")
]
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        "--max-seconds",
        metavar="T",
        help="Total of seconds, all sessions together, final evaluation included; not the once that kernels compile.",
    ),
]
MaxGates = Annotated[
    int | None,
    typer.Option(
        "--max-two-qubit-gates",
        metavar="N",
        help="Of the circuit on the device, at most; on top of the space's own limit, the tighter one holds.",
    ),
]
MaxDuration = Annotated[
    float | None,
    typer.Option(
        "--max-duration-us",
        metavar="X",
        help="Microseconds of one execution, readout included, at most; the tighter limit holds.",
    ),
]
Workers = Annotated[int, typer.Option("--workers", metavar="W", help="Processes that try candidates.")]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="K", help="Everything random comes from it. Default: 0.")
]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        metavar="NAME",
        help="auto, tpe, random, nsga2, elivagar, quantumnas, supernet, quantumdarts or expressibility. Default: auto.",
    ),
]
SeedFrom = Annotated[
    str | None,
    typer.Option(
        "--seed-from",
        metavar="RUN",
        help="Begin with the best candidates of another run, finished or not, adapted to this search. Without DATA its "
        "data are taken; on the same data its --seed too, unless another is given.",
    ),
]
StrategyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--strategy-option",
        metavar="NAME=VALUE",
        help="An option of the strategy, such as pool=50; may be given several times.",
    ),
]
RunOption = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="DIR",
        help="Run folder; one that holds a run is gone on with. Default: a new one under runs/.",
    ),
]
Shots = Annotated[
    int, typer.Option("--shots", metavar="N", help="Runs of each circuit in each measurement basis.")
]
