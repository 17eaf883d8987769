"""`qcsearch cost`: what a deployment would cost, found out without submitting a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.billing import backend_of, billing, opened, rows, show
from qcsearch.cli.hardware import (
    Canaries,
    Decoupling,
    Primitive,
    ResilienceLevel,
    ShotsSchedule,
    Twirling,
    UsdPerSecond,
)
from qcsearch.cli.options import Json, Run, Shots, Verbose, examples
from qcsearch.cli.output import emit, percent, say_notes, tell

if TYPE_CHECKING:
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.plan import Plan
    from qcsearch.search.run_folder import RunFolder

_STAGE = ("stage", "jobs", "circuits", "executions", "qpu_seconds")


@examples(
    "qcsearch cost runs/digits --backend ibm:ibm_torino --steps 10 --shots 4096",
    "qcsearch cost runs/digits --backend local:fake_torino --usd-per-qpu-second 1.6",
)
def cost(
    run: Run,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="B",
            help="ibm:<backend> asks the service for timings and what remains; local:<fake> takes those of the "
            "recorded device. Default: local:<the run's device>, or aer if that is no recorded device.",
        ),
    ] = "",
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Training steps on the backend.")] = 10,
    shots: Shots = 4096,
    shots_schedule: ShotsSchedule = "constant",
    canaries: Canaries = False,
    primitive: Primitive = "sampler",
    resilience_level: ResilienceLevel = None,
    decoupling: Decoupling = "",
    twirling: Twirling = False,
    usd_per_qpu_second: UsdPerSecond = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Estimate the QPU seconds that `deploy` with the same arguments would take; no job is submitted.

    The estimate is a lower bound. What it assumes is printed with it.
    """
    from qcsearch.deployment.cost import ASSUMPTIONS
    from qcsearch.deployment.tuning import TuningOptions
    from qcsearch.search.run_folder import RunFolder

    folder = RunFolder.open(run)
    spec = backend_of(folder, backend)
    jobs = {
        "primitive": primitive,
        "resilience_level": resilience_level,
        "dynamical_decoupling": decoupling,
        "twirling": twirling,
    }
    options = billing(spec, 1.0, True, 5.0, **jobs)  # nothing is submitted: a ceiling that nothing fits
    tuning = TuningOptions(shots_schedule=shots_schedule)
    settings = {"steps": steps, "shots": shots, "canaries": canaries, "options": tuning}
    plan, remaining = _plan(folder, spec, settings, options)
    seconds = plan.total.seconds
    usd = None if usd_per_qpu_second is None else seconds * usd_per_qpu_second
    share = seconds / remaining if remaining else None
    if json:
        stages = [dict(zip(_STAGE, row, strict=True)) for row in rows(plan)]
        facts = {"run": run, "backend": spec, "stages": stages, "qpu_seconds": seconds, "usd": usd}
        emit({**facts, "remaining_seconds": remaining, "share_of_remaining": share, "assumes": ASSUMPTIONS})
        return
    show(plan, f"Cost of a deployment to {spec}, {shots:,} shots")
    if usd is not None:
        tell(f"At {usd_per_qpu_second:g} USD a QPU second: {usd:,.2f} USD.")
    if share is not None:
        tell(f"{percent(share)} of the {remaining:,.0f} QPU seconds that the instance has left.")
    tell("Assumed: " + "; ".join(ASSUMPTIONS) + ".")


def _plan(
    folder: RunFolder, spec: str, settings: dict[str, Any], options: IbmOptions | None
) -> tuple[Plan, float | None]:
    """The plan, and what the instance has left where there is one."""
    import tempfile
    from pathlib import Path

    from qcsearch.cli.models import winner
    from qcsearch.data.split import split
    from qcsearch.deployment.deploy import prepare
    from qcsearch.deployment.executors.ibm import IbmExecutor
    from qcsearch.deployment.plan import plan_deployment

    model = winner(folder)
    say_notes(model.device)
    parts = split(folder.dataset, folder.config.seed)
    with (
        tempfile.TemporaryDirectory() as empty,
        opened(spec, model.device, 0, Path(empty), options) as executor,
    ):
        tuner, test = prepare(model, parts, executor, **settings)
        remaining = executor.remaining_seconds if isinstance(executor, IbmExecutor) else None
        return plan_deployment(tuner, settings["steps"], len(test)), remaining
