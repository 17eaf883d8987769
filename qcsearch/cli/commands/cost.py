"""`qcsearch cost`: what a deployment would cost, found out without submitting a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.billing import backend_of, is_billed, opened, rows, show
from qcsearch.cli.options.common import Json, Run, RunShots, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.hardware import Canaries, EstimateOptions, ShotsSchedule, Steps, UsdPerSecond
from qcsearch.cli.output import emit, say_notes, tell
from qcsearch.wording import percent

if TYPE_CHECKING:
    from qcsearch.deployment.cost.plan import Plan
    from qcsearch.deployment.settings import DeploymentSettings
    from qcsearch.search.run.folder import RunFolder

_STAGE = ("stage", "jobs", "circuits", "executions", "qpu_seconds")


@dataclass(frozen=True)
class CostOptions:
    """Of the deployment."""

    steps: Steps = 10
    shots: RunShots = None
    shots_schedule: ShotsSchedule = "constant"
    canaries: Canaries = False

    def settings(self, folder: RunFolder) -> DeploymentSettings:
        """Of the library, for the winner of a run."""
        from qcsearch.cli.options.models import shots_of
        from qcsearch.deployment.finetune.options import TuningOptions
        from qcsearch.deployment.settings import DeploymentSettings

        tuning = TuningOptions(shots_schedule=self.shots_schedule)
        shots = shots_of(folder, self.shots)
        return DeploymentSettings(shots, canaries=self.canaries, steps=self.steps, tuning=tuning)


@grouped
@examples(
    "qcsearch cost runs/digits --backend ibm:ibm_torino --steps 10 --shots 4096",
    "qcsearch cost runs/digits --backend local:fake_torino --usd-per-qpu-second 1.6",
)
def cost(
    run: Run,
    *,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="B",
            help="ibm:<backend> asks the service for timings and what remains; local:<fake> takes those of the "
            "recorded device. Default: local:<the run's device>, or aer if that is no recorded device.",
        ),
    ] = "",
    options: CostOptions,
    hardware: EstimateOptions,
    usd_per_qpu_second: UsdPerSecond = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Estimate the QPU seconds that `deploy` with the same arguments would take; no job is submitted.

    The estimate is a lower bound. What it assumes is printed with it.
    """
    from qcsearch.deployment.cost.cost import ASSUMPTIONS
    from qcsearch.search.run.folder import RunFolder

    folder = RunFolder.open(run)
    spec = backend_of(folder, backend)
    settings = options.settings(folder)
    plan, remaining = _plan(folder, spec, settings, hardware)
    seconds = plan.total.seconds
    usd = None if usd_per_qpu_second is None else seconds * usd_per_qpu_second
    share = seconds / remaining if remaining else None
    if json:
        stages = [dict(zip(_STAGE, row, strict=True)) for row in rows(plan)]
        facts = {"run": run, "backend": spec, "stages": stages, "qpu_seconds": seconds, "usd": usd}
        emit({**facts, "remaining_seconds": remaining, "share_of_remaining": share, "assumes": ASSUMPTIONS})
        return
    show(plan, f"Cost of a deployment to {spec}, {settings.shots:,} shots")
    if usd is not None:
        tell(f"At {usd_per_qpu_second:g} USD a QPU second: {usd:,.2f} USD.")
    if share is not None:
        tell(f"{percent(share)} of the {remaining:,.0f} QPU seconds that the instance has left.")
    tell("Assumed: " + "; ".join(ASSUMPTIONS) + ".")


def _plan(
    folder: RunFolder, spec: str, settings: DeploymentSettings, hardware: EstimateOptions
) -> tuple[Plan, float | None]:
    """The plan, and what the instance has left where there is one."""
    import tempfile
    from pathlib import Path

    from qcsearch.cli.options.models import winner
    from qcsearch.data.splitting import split
    from qcsearch.deployment.cost.plan import plan_deployment
    from qcsearch.deployment.deploying import prepare
    from qcsearch.deployment.executors.ibm import IbmExecutor
    from qcsearch.deployment.ibm.options import IbmOptions

    # nothing is submitted: a ceiling that nothing fits
    ibm = IbmOptions(1.0, **hardware.jobs) if is_billed(spec, hardware) else None

    model = winner(folder)
    say_notes(model.device)
    parts = split(folder.dataset, folder.config.settings.seed).learned(model.target)
    with (
        tempfile.TemporaryDirectory() as empty,
        opened(spec, model.device, 0, Path(empty), ibm) as executor,
    ):
        tuner, test = prepare(model, parts, executor, settings)
        remaining = executor.remaining_seconds if isinstance(executor, IbmExecutor) else None
        return plan_deployment(tuner, len(test)), remaining
