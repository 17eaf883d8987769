"""`qcsearch predict`: labels and probabilities from a bundle or a run."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.billing import ask, billing, opened
from qcsearch.cli.hardware import (
    Canaries,
    Decoupling,
    MaxDrift,
    MaxQpuSeconds,
    Mitigate,
    Mode,
    Primitive,
    Private,
    ResilienceLevel,
    SubmitsPerMinute,
    Twirling,
    Yes,
)
from qcsearch.cli.options import Data, Json, Model, Output, Shots, Target, Verbose, examples
from qcsearch.cli.output import emit, percent, say, say_notes, tell
from qcsearch.errors import InputError
from qcsearch.escape import for_terminal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qcsearch.data.dataset import IntArray, Label
    from qcsearch.data.truth import Truth
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.inference import Inference
    from qcsearch.training.model import TrainedModel


@examples(
    "qcsearch predict digits-model new.csv -o predictions.csv",
    "qcsearch predict digits-model.zip digits:0-3 --backend local:fake_torino --shots 2048",
    "qcsearch predict runs/digits new.csv --backend ibm:ibm_torino --max-qpu-seconds 120",
)
def predict(
    model: Model,
    data: Data,
    target: Target = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            metavar="B",
            help="With shots on aer, local:<fake>, backend:<package.module>:<object>, or the real ibm:<backend>. "
            "Default: the exact engine under the device's noise.",
        ),
    ] = None,
    shots: Shots = 4096,
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Of the shots.")] = 0,
    output: Output = None,
    canaries: Canaries = False,
    mitigate: Mitigate = False,
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
    """Predict: CSV with the label and the probability of each class, one row a sample.

    Images of a folder come in the order of their paths. On a backend each probability has its error: the
    standard deviation that the shots leave. A bundle is verified first. The data need no labels; where they
    hold some that the model knows, the accuracy over these is said too. On billed hardware the same command
    never pays twice: results are kept in DIR/jobs of a run, beside a bundle in BUNDLE-jobs.
    """
    from qcsearch.cli.inputs import refuse_existing
    from qcsearch.cli.models import load_model
    from qcsearch.data.sources import load_samples
    from qcsearch.data.truth import Truth

    refuse_existing(output)
    spec = (backend or "").strip()
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
    if not spec and (canaries or mitigate):
        raise InputError("--canaries and --mitigate-readout must go with a --backend. There is none.")
    trained = load_model(model)
    say_notes(trained.device)
    samples = load_samples(data, trained.feature_names or trained.n_features_in, target, trained.encoder)
    X, truth = samples.X, Truth.of(samples.labels, trained.classes, len(samples.X))
    if spec:
        settings = {"shots": shots, "seed": seed, "canaries": canaries, "mitigate": mitigate}
        found = _measured(trained, X, spec, settings, options, yes, Path(model))
        labels, probabilities, errors = found.labels, found.probabilities, found.errors
        facts = _said(found, truth)
    else:
        probabilities, errors = trained.predict_proba(X), None
        labels = [trained.classes[i] for i in probabilities.argmax(axis=1)]
        facts = _exact(trained, probabilities.argmax(axis=1), truth)
    for sentence in (*samples.notices, *filter(None, [truth.sentence, _marked(trained)])):
        say(f"Note: {sentence}")
    if output is not None or not json:
        _write(_csv(trained, labels, probabilities, errors), output)
    if json:
        rows = {"labels": labels, "probabilities": probabilities.tolist()}
        rows |= {} if errors is None else {"errors": errors.tolist()}
        about = {"model": model, "n_samples": len(labels), "classes": list(trained.classes)}
        emit({**about, **facts, **({"output": output} if output else rows)})
    elif output is not None:
        tell(output)


def _measured(
    model: TrainedModel,
    X: NDArray[Any],
    spec: str,
    settings: dict[str, Any],
    options: IbmOptions | None,
    yes: bool,
    path: Path,
) -> Inference:
    from qcsearch.cli.stages import stages
    from qcsearch.deployment.inference import infer, prepare_inference
    from qcsearch.deployment.plan import measuring

    jobs = _journal(path, model, X, spec, settings, options)
    try:
        with opened(spec, model.device, settings["seed"], jobs, options) as backend:
            if options is not None:
                program = prepare_inference(model, backend, **settings)
                ask(measuring(program, len(X)), options.max_qpu_seconds, yes)
            with stages(f"predicting on {spec}") as watcher:
                return infer(model, X, backend, **settings, on_progress=watcher)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Interrupted. The same command goes on from the last job.") from None


def _journal(path: Path, model: TrainedModel, X: NDArray[Any], *settings: Any) -> Path:
    """Folder of the jobs of one prediction: another model, other data or settings have another."""
    import hashlib

    from qcsearch import canonical

    *plain, options = settings
    content = hashlib.sha256()
    for array in (X, model.weights, model.head_parameters):
        content.update(f"{array.shape}".encode() + array.tobytes())
    jobs = [] if options is None else options.of_jobs
    digest = canonical.digest([model.candidate.digest, content.hexdigest(), *plain, jobs])[:16]
    return _jobs(path) / digest


def _jobs(model: Path) -> Path:
    """Where jobs of a run or of a bundle are kept; `.` and `..` have names of their own."""
    named = model.resolve() if model.name in ("", "..") else model
    is_run = (named / "run.json").is_file()
    return named / "jobs" if is_run else named.with_name(f"{named.name}-jobs")


def _exact(model: TrainedModel, predicted: IntArray, truth: Truth) -> dict[str, Any]:
    source, accuracy, rows = f"exact engine, noise of {model.device.name}", None, truth.known
    if len(rows):
        accuracy = float((predicted[rows] == truth.codes[rows]).mean())
        say(f"Accuracy {percent(accuracy)} on {len(rows)} labelled samples ({source}).")
    return {"source": source, "accuracy": accuracy, "n_labelled": len(rows)}


def _said(found: Inference, truth: Truth) -> dict[str, Any]:
    """Say what a person should know of a measured prediction; return the same for machines."""
    score = found.score(truth)
    if score is not None:
        say(
            f"Accuracy {percent(score.accuracy)} on {score.n_samples} labelled samples ({found.backend}, "
            f"{found.kind}), ± {percent(score.shot_error)} by shots, ± {percent(score.sampling_error)} by the "
            "number of samples."
        )
    for sentence in (*found.notices, *([] if found.canaries is None else [found.canaries.sentence])):
        say(f"Note: {sentence}")
    usage = found.usage
    paid = (
        "" if found.qpu_seconds is None else f" {found.qpu_seconds:.1f} QPU seconds, all sessions together."
    )
    say(f"{usage.jobs} jobs, {usage.circuits:,} circuits, {usage.shots:,} shots.{paid}")
    return {
        "source": found.backend,
        "kind": found.kind,
        "shots": found.shots,
        "n_labelled": len(truth.known),
        "accuracy": None if score is None else score.accuracy,
        "accuracy_shot_error": None if score is None else score.shot_error,
        "accuracy_sampling_error": None if score is None else score.sampling_error,
        "qpu_seconds": found.qpu_seconds,
        "jobs": usage.jobs,
        "canaries": None if found.canaries is None else found.canaries.to_json(),
        "mitigated": found.mitigated,
        "notices": list(found.notices),
    }


def _marked(model: TrainedModel) -> str:
    """Say that a class stands in the table as another text, where one does."""
    from qcsearch.data.labels import label_text

    changed = [cell for label in model.classes if (cell := label_text(label)) != str(label)]
    return (
        f"Classes that a terminal would obey or a spreadsheet compute are marked in the table, such as {changed[0]}; "
        "--json holds them as they are."
        if changed
        else ""
    )


def _csv(
    model: TrainedModel, labels: list[Label], probabilities: NDArray[Any], errors: NDArray[Any] | None
) -> str:
    from qcsearch.data.labels import label_text

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [for_terminal(label) for label in model.classes]
    columns = [f"p_{name}" for name in names]
    columns += [] if errors is None else [f"error_{name}" for name in names]
    writer.writerow(["label", *columns])
    for i, label in enumerate(labels):
        row = [*probabilities[i], *([] if errors is None else errors[i])]
        writer.writerow([label_text(label), *(f"{number:.6f}" for number in row)])
    return text.getvalue()


def _write(text: str, output: str | None) -> None:
    """To standard output, or to a file that was not there, whole or not at all."""
    from qcsearch import canonical

    if output is None:
        sys.stdout.write(text)
        return
    try:
        canonical.write_text(Path(output), text)
    except OSError as error:
        raise InputError(f"'{output}' cannot be written: {error.strerror or error}.") from error
