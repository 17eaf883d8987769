"""`qcsearch deploy`: the last training steps and inference on a backend."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.billing import ask, backend_of, billing, opened
from qcsearch.cli.hardware import (
    Canaries,
    Decoupling,
    MaxDrift,
    MaxQpuSeconds,
    Mitigate,
    Mode,
    Primitive,
    Private,
    Remap,
    ResilienceLevel,
    ShotsSchedule,
    SubmitsPerMinute,
    Twirling,
    Yes,
)
from qcsearch.cli.moving import find_move
from qcsearch.cli.options import Json, Run, Shots, Verbose, examples
from qcsearch.cli.output import display, emit, percent, say, say_notes, table, tell

if TYPE_CHECKING:
    from qcsearch.data.split import Split
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.search.run_folder import RunFolder
    from qcsearch.training.model import TrainedModel


@examples(
    "qcsearch deploy runs/digits --backend local:fake_torino --steps 10 --shots 4096",
    "qcsearch deploy runs/digits --backend aer --steps 0",
    "qcsearch deploy runs/digits --backend ibm:ibm_torino --max-qpu-seconds 300",
)
def deploy(
    run: Run,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="B",
            help="local:<fake> runs qiskit-ibm-runtime's primitives on a recorded device; aer takes shots "
            "from the run's own noise model; ibm:<backend> is the real one; backend:<package.module>:<object> is any "
            "local BackendV2, env:<folder>:<package.module>:<object> one in a Python environment of its own. "
            "Default: local:<the run's device>, or aer if that is no recorded device.",
        ),
    ] = "",
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Training steps on the backend.")] = 10,
    shots: Shots = 4096,
    shots_schedule: ShotsSchedule = "constant",
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Everything random comes from it.")] = 0,
    canaries: Canaries = False,
    mitigate: Mitigate = False,
    remap: Remap = False,
    max_qpu_seconds: MaxQpuSeconds = None,
    yes: Yes = False,
    max_drift: MaxDrift = None,
    primitive: Primitive = "sampler",
    resilience_level: ResilienceLevel = None,
    decoupling: Decoupling = "",
    twirling: Twirling = False,
    private: Private = False,
    mode: Mode = "job",
    submits_per_minute: SubmitsPerMinute = 5.0,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Send a run's winner to a backend: final training steps there, then inference on the test split.

    The new weights are kept only if validation samples measured on the backend say so. Noiseless,
    noisy and deployed scores of the same weights stand side by side; DIR/deployment.json holds them.
    A deployment that was interrupted goes on when the same command is run again. On billed hardware the
    same command never pays twice: results are kept in DIR/jobs; another --seed measures anew.
    """
    from qcsearch.deployment.tuning import TuningOptions
    from qcsearch.search.run_folder import RunFolder

    folder = RunFolder.open(run)
    spec = backend_of(folder, backend)
    options = billing(
        spec,
        max_qpu_seconds,
        yes,
        submits_per_minute,
        primitive=primitive,
        resilience_level=resilience_level,
        dynamical_decoupling=decoupling,
        twirling=twirling,
        private=private,
        mode=mode,
        max_drift=max_drift,
    )
    settings = {
        "steps": steps,
        "shots": shots,
        "seed": seed,
        "canaries": canaries,
        "mitigate": mitigate,
        "options": TuningOptions(shots_schedule=shots_schedule),
    }
    found = _deploy(folder, spec, settings, options, yes, remap)
    for notice in found.notices:
        say(f"Note: {notice}")
    if json:
        emit({"run": run, **_without_weights(found)})
    else:
        _show(found)


def _deploy(
    folder: RunFolder, spec: str, settings: dict[str, Any], options: IbmOptions | None, yes: bool, remap: bool
) -> Deployment:
    from qcsearch.cli.models import winner
    from qcsearch.cli.stages import stages
    from qcsearch.data.split import split
    from qcsearch.deployment.deploy import deploy as run_deployment

    model = winner(folder)
    say_notes(model.device)
    parts = split(folder.dataset, folder.config.seed)
    how = [asdict(settings["options"]), [] if options is None else options.of_jobs, remap]
    digest = _digest(folder, spec, {**settings, "options": how})
    jobs = folder.path / "jobs" / digest
    checkpoint = folder.path / f".deployment-{digest}" if options is None else jobs / "steps"
    try:
        with opened(spec, model.device, settings["seed"], jobs, options) as backend:
            move = find_move(model, parts, backend, options, jobs) if remap else None
            if options is not None:
                moved = model if move is None else move.apply(model)
                _agree(moved, parts, backend, settings, options.max_qpu_seconds, yes)
            with stages(f"deploying to {spec}") as watcher:
                found = run_deployment(
                    model, parts, backend, **settings, move=move, checkpoint=checkpoint, on_progress=watcher
                )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Interrupted. The same command goes on from the last step.") from None
    found.save(folder.path / "deployment.json")
    if options is None:
        checkpoint.unlink(missing_ok=True)
    return found


def _agree(
    model: TrainedModel,
    parts: Split,
    backend: str | Executor,
    settings: dict[str, Any],
    ceiling: float,
    yes: bool,
) -> None:
    """Show what it will cost, and ask."""
    from qcsearch.deployment.deploy import prepare
    from qcsearch.deployment.plan import plan_deployment

    tuner, test = prepare(model, parts, backend, **settings)
    plan = plan_deployment(tuner, settings["steps"], len(test))
    ask(plan.total, ceiling, yes)


def _digest(folder: RunFolder, *settings: object) -> str:
    """A name for one deployment: another model or other settings have another."""
    from qcsearch import canonical
    from qcsearch.bundle.verify import verify_bundle

    return canonical.digest([verify_bundle(folder.model).digest, *settings])[:16]


def _without_weights(found: Deployment) -> dict[str, Any]:
    data = found.to_json()
    if data["move"] is not None:
        data["move"].pop("device")
    return {key: value for key, value in data.items() if key not in ("weights", "head_parameters")}


def _show(found: Deployment) -> None:
    scores = (found.noiseless, found.noisy, found.deployed)
    rows = [
        ("accuracy on the test split", *(percent(score.accuracy) for score in scores)),
        ("± finite number of samples", *(percent(score.sampling_error) for score in scores)),
        ("± shots", *(percent(score.shot_error) for score in scores)),
    ]
    columns = ("", "noiseless, exact", f"noisy ({found.device}), exact", f"{found.backend} ({found.kind})")
    display(table("Deployment: same weights, same samples", columns, rows, right=(1, 2, 3)))
    tuning = found.tuning
    if tuning.after is not None:
        tell(
            f"{len(tuning.losses)} steps on {found.backend} ({tuning.method}): validation accuracy there "
            f"{percent(tuning.before.accuracy)} before, {percent(tuning.after.accuracy)} after; "
            f"the weights from {tuning.kept} are kept.",
        )
    for said in (found.move, found.truth, found.canaries):
        if said is not None:
            tell(said.sentence)
    usage = found.usage
    tell(f"{usage.jobs} jobs, {usage.circuits:,} circuits, {usage.shots:,} shots, {found.seconds:.1f} s.")
    if found.qpu_seconds is not None:
        tell(f"{found.qpu_seconds:.1f} QPU seconds, all sessions together.")
