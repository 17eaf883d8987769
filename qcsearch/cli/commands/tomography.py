"""`qcsearch tomography`: the state that a run's winner leaves on a few qubits of a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.options.billing import ask, backend_of, billing, opened
from qcsearch.cli.options.common import Json, Run, Shots, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.hardware import TomographyHardwareOptions
from qcsearch.cli.output import emit, say, say_notes, tell
from qcsearch.errors import InputError
from qcsearch.wording import seconds

if TYPE_CHECKING:
    from qcsearch.deployment.diagnostics.tomography import Tomography
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.search.run.folder import RunFolder


@grouped
@examples(
    "qcsearch tomography runs/digits --backend local:fake_torino",
    "qcsearch tomography runs/digits --backend ibm:ibm_torino --qubits 3,4 --max-qpu-seconds 60",
)
def tomography(
    run: Run,
    *,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            metavar="B",
            help="As for deploy. Default: local:<the run's device>, or aer if that is no recorded device.",
        ),
    ] = "",
    qubits: Annotated[
        str,
        typer.Option(
            "--qubits",
            metavar="Q",
            help="One to three physical qubits of the model, such as 3,4,5. Default: the first that are measured.",
        ),
    ] = "",
    sample: Annotated[
        int, typer.Option("--sample", metavar="K", help="Which sample of the test split is encoded.", min=0)
    ] = 0,
    shots: Shots = 4096,
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Everything random comes from it.")] = 0,
    hardware: TomographyHardwareOptions,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Measure the state that the winner's circuit leaves, and compare it with what the snapshot predicts.

    A diagnostic for when the noise-model check of a deployment fails: one job of 3ⁿ + 2 circuits on n ≤ 3 qubits, the
    last two for the readout errors, which are taken out. DIR/tomography.json holds what was found, and the report
    shows it. On billed hardware the same command never pays twice.
    """
    from qcsearch.search.run.folder import RunFolder

    folder = RunFolder.open(run)
    spec = backend_of(folder, backend)
    ibm = billing(spec, hardware)
    settings = {"shots": shots, "seed": seed}
    found = _measure(folder, spec, _parsed(qubits), sample, settings, ibm, hardware.yes)
    for notice in found.notices:
        say(f"Note: {notice}")
    if json:
        emit({"run": run, "sentence": found.sentence, **found.to_json()})
        return
    tell(found.sentence)
    usage = found.usage
    tell(f"{usage.jobs} job, {usage.circuits} circuits, {usage.shots:,} shots, {seconds(found.seconds)}.")
    if found.qpu_seconds is not None:
        tell(f"{found.qpu_seconds:.1f} QPU seconds, all sessions together.")


def _parsed(qubits: str) -> list[int] | None:
    try:
        return [int(word) for word in qubits.split(",")] if qubits.strip() else None
    except ValueError:
        raise InputError(f"The qubits must be numbers with commas between. Got {qubits!r}.") from None


def _measure(
    folder: RunFolder,
    spec: str,
    qubits: list[int] | None,
    sample: int,
    settings: dict[str, Any],
    ibm: IbmOptions | None,
    yes: bool,
) -> Tomography:
    from dataclasses import replace

    from qcsearch.cli.options.models import load_model
    from qcsearch.data.splitting import split
    from qcsearch.deployment.cost.plan import measuring
    from qcsearch.deployment.diagnostics.tomography import prepare_tomography
    from qcsearch.deployment.diagnostics.tomography import tomography as measured
    from qcsearch.storage import canonical

    model = load_model(str(folder.path))
    say_notes(model.device)
    test = split(folder.dataset, folder.config.settings.seed).test
    if sample >= len(test):
        raise InputError(f"The 'sample' must be one of the {len(test)} of the test split. Got {sample}.")
    weights = model.parameters.to_json()
    jobs = [] if ibm is None else ibm.of_jobs
    digest = canonical.digest([model.candidate.digest, weights, spec, qubits, sample, settings, jobs])[:16]
    with opened(spec, model.device, settings["seed"], folder.path / "jobs" / digest, ibm) as backend:
        if ibm is not None:
            program, _ = prepare_tomography(model, backend, qubits, **settings)
            ask(measuring(program, 1), ibm.max_qpu_seconds, yes)
        found = measured(model, test.X[sample], backend, qubits, **settings)
    found = replace(found, notices=(f"Encoded was sample {sample} of the test split.", *found.notices))
    found.save(folder.path / "tomography.json")
    return found
