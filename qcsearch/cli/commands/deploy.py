"""`qcsearch deploy`: the last training steps and inference on a backend."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.options.billing import ask, backend_of, billing, opened
from qcsearch.cli.options.common import Json, Run, RunShots, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.hardware import Canaries, HardwareOptions, Mitigate, Remap, ShotsSchedule, Steps
from qcsearch.cli.options.remap import find_remap
from qcsearch.cli.output import display, emit, say, say_notes, table, tell
from qcsearch.wording import metric, seconds
from qcsearch.wording import score as shown

if TYPE_CHECKING:
    from qcsearch.data.splitting import Split
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.settings import DeploymentSettings
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.training.model import TrainedModel


@dataclass(frozen=True)
class DeployOptions:
    """Of the deployment, on any backend."""

    steps: Steps = 10
    shots: RunShots = None
    shots_schedule: ShotsSchedule = "constant"
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Everything random comes from it.")] = 0
    canaries: Canaries = False
    mitigate: Mitigate = False
    remap: Remap = False

    def settings(self, folder: RunFolder) -> DeploymentSettings:
        """Of the library, for the winner of a run; `remap` is decided before it."""
        from qcsearch.cli.options.models import shots_of
        from qcsearch.deployment.finetune.options import TuningOptions
        from qcsearch.deployment.settings import DeploymentSettings

        return DeploymentSettings(
            shots=shots_of(folder, self.shots),
            seed=self.seed,
            canaries=self.canaries,
            mitigate=self.mitigate,
            steps=self.steps,
            tuning=TuningOptions(shots_schedule=self.shots_schedule),
        )


@grouped
@examples(
    "qcsearch deploy runs/digits --backend local:fake_torino --steps 10 --shots 4096",
    "qcsearch deploy runs/digits --backend aer --steps 0",
    "qcsearch deploy runs/digits --backend ibm:ibm_torino --max-qpu-seconds 300",
)
def deploy(
    run: Run,
    *,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="B",
            help="local:<fake> runs qiskit-ibm-runtime's primitives on a recorded device; aer takes shots "
            "from the run's own noise model; ibm:<backend> is the real one; backend:<package.module>:<object> is any "
            "local BackendV2, env:<folder>:<package.module>:<object> one in a Python environment of its own; an "
            "installed plugin goes by its name, with what it wants after a colon. "
            "Default: local:<the run's device>, or aer if that is no recorded device.",
        ),
    ] = "",
    options: DeployOptions,
    hardware: HardwareOptions,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Send a run's winner to a backend: final training steps there, then inference on the test split.

    The new weights are kept only if validation samples measured on the backend say so. Noiseless,
    noisy and deployed scores of the same weights stand side by side; DIR/deployment.json holds them.
    A deployment that was interrupted is resumed when the same command is run again. On billed hardware the
    same command never pays twice: results are kept in DIR/jobs; another --seed measures anew.
    """
    from qcsearch.search.run.folder import RunFolder

    folder = RunFolder.open(run)
    spec = backend_of(folder, backend)
    found = _deploy(folder, spec, options, billing(spec, hardware), hardware.yes)
    for notice in found.notices:
        say(f"Note: {notice}")
    if json:
        emit({"run": run, **_without_weights(found)})
    else:
        _show(found, folder.dataset.target.score_name)


def _deploy(
    folder: RunFolder, spec: str, options: DeployOptions, ibm: IbmOptions | None, yes: bool
) -> Deployment:
    from qcsearch.cli.options.models import winner
    from qcsearch.cli.stages import stages
    from qcsearch.data.splitting import split
    from qcsearch.deployment.deploying import deploy as run_deployment

    model, settings = winner(folder), options.settings(folder)
    say_notes(model.device)
    parts = split(folder.dataset, folder.config.settings.seed).learned(model.target)
    digest = _digest(folder, spec, settings, [] if ibm is None else ibm.of_jobs, options.remap)
    jobs = folder.path / "jobs" / digest
    checkpoint = folder.path / f".deployment-{digest}" if ibm is None else jobs / "steps"
    try:
        with opened(spec, model.device, settings.seed, jobs, ibm) as backend:
            remap = find_remap(model, parts, backend, ibm, jobs) if options.remap else None
            if ibm is not None:
                remapped = model if remap is None else remap.apply(model)
                _agree(remapped, parts, backend, settings, ibm.max_qpu_seconds, yes)
            with stages(f"deploying to {spec}") as watcher:
                found = run_deployment(
                    model, parts, backend, settings, remap=remap, checkpoint=checkpoint, on_progress=watcher
                )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Interrupted. The same command resumes from the last step.") from None
    found.save(folder.path / "deployment.json")
    if ibm is None:
        checkpoint.unlink(missing_ok=True)
    return found


def _agree(
    model: TrainedModel,
    parts: Split,
    backend: str | Executor,
    settings: DeploymentSettings,
    ceiling: float,
    yes: bool,
) -> None:
    """Show what it will cost, and ask."""
    from qcsearch.deployment.cost.plan import plan_deployment
    from qcsearch.deployment.deploying import prepare

    tuner, test = prepare(model, parts, backend, settings)
    plan = plan_deployment(tuner, len(test))
    ask(plan.total, ceiling, yes)


def _digest(folder: RunFolder, spec: str, settings: DeploymentSettings, jobs: list[Any], remap: bool) -> str:
    """A name for one deployment: another model or other settings have another."""
    from qcsearch.bundle.verify import verify_bundle
    from qcsearch.storage import canonical

    chosen = asdict(settings)
    how = [chosen.pop("tuning"), jobs, remap]
    chosen = {name: chosen[name] for name in ("steps", "shots", "seed", "canaries", "mitigate")}
    return canonical.digest([verify_bundle(folder.model).digest, spec, {**chosen, "options": how}])[:16]


def _without_weights(found: Deployment) -> dict[str, Any]:
    data = found.to_json()
    if data["remap"] is not None:
        data["remap"].pop("device")
    return {key: value for key, value in data.items() if key != "parameters"}


def _show(found: Deployment, name: str) -> None:
    from qcsearch.training.judging.residuals import errors_text

    scores = (found.noiseless, found.noisy, found.deployed)
    rows = [
        (f"{metric(name)} on the test split", *(shown(score.accuracy, name) for score in scores)),
        ("± finite number of samples", *(shown(score.sampling_error, name) for score in scores)),
        ("± shots", *(shown(score.shot_error, name) for score in scores)),
    ]
    columns = ("", "noiseless, exact", f"noisy ({found.device}), exact", f"{found.backend} ({found.kind})")
    display(table("Deployment: same weights, same samples", columns, rows, right=(1, 2, 3)))
    if found.absolute_errors:
        errors = errors_text(found.absolute_errors)
        tell(f"Mean absolute error there, in the units of the data, with its 95 % interval: {errors}.")
    tuning = found.tuning
    if tuning.after is not None:
        tell(
            f"{len(tuning.losses)} steps on {found.backend} ({tuning.method}): validation {metric(name)} there "
            f"{shown(tuning.before.accuracy, name)} before, {shown(tuning.after.accuracy, name)} after; "
            f"the weights from {tuning.kept} are kept.",
        )
    for said in (found.remap, found.noise_model_check, found.canaries):
        if said is not None:
            tell(said.sentence)
    usage = found.usage
    tell(f"{usage.jobs} jobs, {usage.circuits:,} circuits, {usage.shots:,} shots, {seconds(found.seconds)}.")
    if found.qpu_seconds is not None:
        tell(f"{found.qpu_seconds:.1f} QPU seconds, all sessions together.")
