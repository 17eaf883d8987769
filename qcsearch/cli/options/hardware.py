"""The options of the commands that run circuits on a backend.

Those of billed hardware come in groups that a command takes whole. A dataclass has the fields of its last parent first:
so the parents stand from the last to the first that the help shows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

__all__ = [
    "Canaries",
    "EstimateOptions",
    "HardwareOptions",
    "IbmJobOptions",
    "Mitigate",
    "Remap",
    "ShotsSchedule",
    "Steps",
    "TomographyHardwareOptions",
    "UsdPerSecond",
]

_PANEL = "On billed hardware (ibm:<backend>)"

Steps = Annotated[int, typer.Option("--steps", metavar="N", help="Training steps on the backend.")]
ShotsSchedule = Annotated[
    str,
    typer.Option(
        "--shots-schedule",
        metavar="S",
        help="Shots of the training steps: constant, or geometric:N from N in the first to --shots in the last, "
        "more by the same factor from step to step.",
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
Remap = Annotated[
    bool,
    typer.Option(
        "--remap",
        help="If an error of the model's qubits has changed by more than --max-drift (0.02 where it is not given), "
        "run it on those that are coupled alike and best today, with its weights.",
    ),
]
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


@dataclass(frozen=True)
class IbmJobOptions:
    """Options of IBM's jobs; a field that is one of `IbmOptions` has its name."""

    @property
    def jobs(self) -> dict[str, Any]:
        """The fields that say how a job is run, for `IbmOptions`."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _LIMITS}

    @property
    def given(self) -> list[str]:
        """The options of these that are not as they are by default, as they are typed."""
        changed = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return [_FLAGS.get(name, f"--{name.replace('_', '-')}") for name in changed if name in self.jobs]


@dataclass(frozen=True)
class _SpendingOptions(IbmJobOptions):
    max_qpu_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-qpu-seconds",
            metavar="T",
            help="Ceiling on what all jobs together may cost, sessions before included. Must be given.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.", rich_help_panel=_PANEL)] = False
    max_drift: Annotated[
        float | None,
        typer.Option(
            "--max-drift",
            metavar="P",
            help="Submit nothing if a gate or readout error of the model's qubits changed by more than this "
            "probability since its snapshot.",
            rich_help_panel=_PANEL,
        ),
    ] = None


@dataclass(frozen=True)
class _PrimitiveOptions(IbmJobOptions):
    primitive: Annotated[
        str,
        typer.Option(
            "--primitive",
            metavar="NAME",
            help="sampler gives bits; estimator gives expectation values, mitigated as --resilience-level says.",
            rich_help_panel=_PANEL,
        ),
    ] = "sampler"
    resilience_level: Annotated[
        int | None,
        typer.Option(
            "--resilience-level",
            metavar="N",
            help="Of the estimator: 0 mitigates nothing, 1 readout (default), 2 extrapolates to zero noise as well, "
            "at nine times the gates.",
            rich_help_panel=_PANEL,
        ),
    ] = None


@dataclass(frozen=True)
class _SuppressionOptions(IbmJobOptions):
    dynamical_decoupling: Annotated[
        str,
        typer.Option(
            "--decoupling",
            metavar="SEQ",
            help="Dynamical decoupling of idle qubits: XX, XpXm or XY4.",
            rich_help_panel=_PANEL,
        ),
    ] = ""
    twirling: Annotated[
        bool, typer.Option("--twirling", help="Twirl the gates with random Paulis.", rich_help_panel=_PANEL)
    ] = False


@dataclass(frozen=True)
class _SubmissionOptions(IbmJobOptions):
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help="Private jobs: the service gives the results once, the inputs never.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="MODE",
            help="job, batch, or session (which is billed by wall-clock time).",
            rich_help_panel=_PANEL,
        ),
    ] = "job"
    submits_per_minute: Annotated[
        float,
        typer.Option(
            "--submits-per-minute",
            metavar="N",
            help="Jobs submitted within a minute, at most.",
            rich_help_panel=_PANEL,
        ),
    ] = 5.0


_LIMITS = frozenset({"max_qpu_seconds", "yes", "submits_per_minute"})
_FLAGS = {"dynamical_decoupling": "--decoupling"}
"""Options that are not typed as the field is called."""


@dataclass(frozen=True)
class HardwareOptions(_SubmissionOptions, _SuppressionOptions, _PrimitiveOptions, _SpendingOptions):
    """Of a command that runs a model."""


@dataclass(frozen=True)
class TomographyHardwareOptions(_SubmissionOptions, _SuppressionOptions, _SpendingOptions):
    """Of a command that needs bits: there is no choice of the primitive."""


@dataclass(frozen=True)
class EstimateOptions(_SuppressionOptions, _PrimitiveOptions):
    """Of a command that submits nothing."""
