"""`qcsearch deploy`: the last training steps and inference on a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.options import Json, Run, Shots, Verbose, examples
from qcsearch.cli.output import display, emit, percent, say, table

if TYPE_CHECKING:
    from pathlib import Path

    from qcsearch.deployment.deployment import Deployment
    from qcsearch.search.run_folder import RunFolder


@examples(
    "qcsearch deploy runs/digits --backend local:fake_torino --steps 10 --shots 4096",
    "qcsearch deploy runs/digits --backend aer --steps 0",
)
def deploy(
    run: Run,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="B",
            help="local:<fake> runs qiskit-ibm-runtime's primitives on a recorded device; aer takes shots "
            "from the run's own noise model. Default: local:<the run's device>.",
        ),
    ] = "",
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Training steps on the backend.")] = 10,
    shots: Shots = 4096,
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Everything random comes from it.")] = 0,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Send a run's winner to a backend: final training steps there, then inference on the test split.

    The new weights are kept only if validation samples measured on the backend say so. Noiseless,
    noisy and deployed scores of the same weights stand side by side; DIR/deployment.json holds them.
    A deployment that was interrupted goes on when the same command is run again.
    """
    from qcsearch.search.run_folder import RunFolder

    folder = RunFolder.open(run)
    found = _deploy(folder, backend or f"local:{folder.config.device}", steps, shots, seed)
    for notice in found.notices:
        say(f"Note: {notice}")
    if json:
        emit({"run": run, **_without_weights(found)})
    else:
        _show(found)


def _deploy(folder: RunFolder, backend: str, steps: int, shots: int, seed: int) -> Deployment:
    from qcsearch.bundle.read import load_bundle
    from qcsearch.cli.stages import stages
    from qcsearch.data.split import split
    from qcsearch.deployment.deploy import deploy as run_deployment
    from qcsearch.errors import RunError

    if not folder.model.is_dir():
        raise RunError(
            f"The run in '{folder.path}' has no winner yet.", fix="finish it: qcsearch search --run DIR."
        )
    model = load_bundle(folder.model)
    checkpoint = _checkpoint(folder, backend, steps, shots, seed)
    try:
        with stages(f"deploying to {backend}") as watcher:
            found = run_deployment(
                model,
                split(folder.dataset, folder.config.seed),
                backend,
                steps=steps,
                shots=shots,
                seed=seed,
                checkpoint=checkpoint,
                on_progress=watcher,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Interrupted. The same command goes on from the last step.") from None
    found.save(folder.path / "deployment.json")
    for leftover in folder.path.glob(f"{checkpoint.name}*"):
        leftover.unlink()
    return found


def _checkpoint(folder: RunFolder, *settings: object) -> Path:
    """A file for the steps of one deployment: another model or other settings have another file."""
    from qcsearch import canonical
    from qcsearch.bundle.verify import verify_bundle

    digest = canonical.digest([verify_bundle(folder.model).digest, *settings])
    return folder.path / f".deployment-{digest[:16]}"


def _without_weights(found: Deployment) -> dict[str, Any]:
    data = found.to_json()
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
        print(
            f"{len(tuning.losses)} steps on {found.backend} ({tuning.method}): validation accuracy there "
            f"{percent(tuning.before.accuracy)} before, {percent(tuning.after.accuracy)} after; "
            f"the weights from {tuning.kept} are kept.",
        )
    usage = found.usage
    print(f"{usage.jobs} jobs, {usage.circuits:,} circuits, {usage.shots:,} shots, {found.seconds:.1f} s.")
