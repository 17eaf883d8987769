"""What the commands that may spend QPU seconds share: opening the backend, showing the plan, asking."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.output import display, say, table
from qcsearch.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.plan import Plan
    from qcsearch.devices.device import Device
    from qcsearch.search.run_folder import RunFolder
    from qcsearch.training.model import TrainedModel

__all__ = [
    "Canaries",
    "Decoupling",
    "MaxDrift",
    "MaxQpuSeconds",
    "Mitigate",
    "Mode",
    "Private",
    "SubmitsPerMinute",
    "Twirling",
    "UsdPerSecond",
    "Yes",
    "ask",
    "backend_of",
    "opened",
    "refuse_unasked",
    "rows",
    "show",
    "winner",
]

_PANEL = "On billed hardware (ibm:<backend>)"
UsdPerSecond = Annotated[
    float | None,
    typer.Option(
        "--usd-per-qpu-second",
        metavar="USD",
        envvar="QCSEARCH_USD_PER_QPU_SECOND",
        help="Your plan's price; without it no money is shown.",
        rich_help_panel=_PANEL,
    ),
]

Canaries = Annotated[
    bool,
    typer.Option(
        "--canaries",
        help="Two circuits with a known answer in each job: says whether readout is still the snapshot's.",
    ),
]
Mitigate = Annotated[
    bool,
    typer.Option(
        "--mitigate-readout",
        help="Take the readout errors that the canaries of each job show out of its results.",
    ),
]
MaxQpuSeconds = Annotated[
    float | None,
    typer.Option(
        "--max-qpu-seconds",
        metavar="T",
        help="Ceiling on what all jobs together may cost, sessions before included. Must be given.",
        rich_help_panel=_PANEL,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.", rich_help_panel=_PANEL)]
MaxDrift = Annotated[
    float | None,
    typer.Option(
        "--max-drift",
        metavar="P",
        help="Submit nothing if a gate or readout error of the model's qubits changed by more than this "
        "probability since its snapshot.",
        rich_help_panel=_PANEL,
    ),
]
Decoupling = Annotated[
    str,
    typer.Option(
        "--decoupling",
        metavar="SEQ",
        help="Dynamical decoupling of idle qubits: XX, XpXm or XY4.",
        rich_help_panel=_PANEL,
    ),
]
Twirling = Annotated[
    bool, typer.Option("--twirling", help="Twirl the gates with random Paulis.", rich_help_panel=_PANEL)
]
Private = Annotated[
    bool,
    typer.Option(
        "--private",
        help="Private jobs: the service gives the results once, the inputs never.",
        rich_help_panel=_PANEL,
    ),
]
Mode = Annotated[
    str,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="job, batch, or session (which is billed by the clock).",
        rich_help_panel=_PANEL,
    ),
]
SubmitsPerMinute = Annotated[
    float,
    typer.Option(
        "--submits-per-minute",
        metavar="N",
        help="Jobs submitted within a minute, at most.",
        rich_help_panel=_PANEL,
    ),
]


def backend_of(folder: RunFolder, backend: str) -> str:
    """The spec that was given, or the recorded backend of the run's device, or Aer if that is not recorded."""
    from qcsearch.devices.providers import is_recorded

    device = folder.config.device
    return backend.strip() or (f"local:{device}" if is_recorded(device) else "aer")


def winner(folder: RunFolder) -> TrainedModel:
    """The run's winner.

    Raises:
        RunError: if there is none yet.
    """
    from qcsearch.bundle.read import load_bundle

    if not folder.model.is_dir():
        raise RunError(
            f"The run in '{folder.path}' has no winner yet.", fix="finish it: qcsearch search --run DIR."
        )
    return load_bundle(folder.model)


@contextmanager
def opened(
    spec: str, device: Device, seed: int, journal: Path, options: IbmOptions | None
) -> Iterator[str | Executor]:
    """Yield the backend: opened, with its journal, if it is billed; else its spec."""
    if options is None:
        yield spec
        return
    from qcsearch.deployment.executors.ibm import IbmExecutor

    executor = IbmExecutor(spec.partition(":")[2], journal, options, device, seed)
    try:
        yield executor
    finally:
        executor.close()


def rows(plan: Plan) -> list[tuple[str, int, int, int, float]]:
    """One row a stage, and their sum."""
    stages = {
        "measuring the model as it came": plan.before,
        f"{plan.steps} training steps": plan.step * plan.steps,
        "measuring the trained model": plan.after,
        "measuring the test split": plan.test,
        "all": plan.total,
    }
    return [(name, x.jobs, x.circuits, x.executions, round(x.seconds, 1)) for name, x in stages.items()]


def show(plan: Plan, title: str) -> None:
    """Print the table of a plan."""
    columns = ("", "jobs", "circuits", "executions", "QPU seconds, at least")
    cells: list[tuple[Any, ...]] = [
        (name, jobs, f"{circuits:,}", f"{executions:,}", f"{seconds:,.1f}")
        for name, jobs, circuits, executions, seconds in rows(plan)
    ]
    display(table(title, columns, cells, right=(1, 2, 3, 4)))


def refuse_unasked(yes: bool) -> None:
    """Refuse to spend money that nobody can agree to.

    Raises:
        InputError: if nobody is there to be asked, and `yes` is not given.
    """
    if not yes and not sys.stdin.isatty():
        raise InputError("Spending QPU seconds must be agreed to. Nobody is there to ask.", fix="add --yes.")


def ask(question: str, yes: bool) -> None:
    """Ask before money is spent.

    Raises:
        typer.Abort: if the answer is no.
    """
    if not yes:
        say(question)
        if not typer.confirm("Go on?", err=True):
            raise typer.Abort
