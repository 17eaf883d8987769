"""The options of the commands that run circuits on a backend."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "Canaries",
    "Decoupling",
    "MaxDrift",
    "MaxQpuSeconds",
    "Mitigate",
    "Mode",
    "Primitive",
    "Private",
    "Remap",
    "ResilienceLevel",
    "ShotsSchedule",
    "SubmitsPerMinute",
    "Twirling",
    "UsdPerSecond",
    "Yes",
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
ShotsSchedule = Annotated[
    str,
    typer.Option(
        "--shots-schedule",
        metavar="S",
        help="Shots of the training steps: constant, or geometric:N from N in the first to --shots in the last, "
        "more by the same factor from step to step.",
    ),
]
Remap = Annotated[
    bool,
    typer.Option(
        "--remap",
        help="If an error of the model's qubits has changed by more than --max-drift (0.02 where it is not given), "
        "run it on those that are coupled alike and best today, with its weights.",
    ),
]
Primitive = Annotated[
    str,
    typer.Option(
        "--primitive",
        metavar="NAME",
        help="sampler gives bits; estimator gives expectation values, mitigated as --resilience-level says.",
        rich_help_panel=_PANEL,
    ),
]
ResilienceLevel = Annotated[
    int | None,
    typer.Option(
        "--resilience-level",
        metavar="N",
        help="Of the estimator: 0 mitigates nothing, 1 readout (default), 2 extrapolates to zero noise as well, at "
        "nine times the gates.",
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
