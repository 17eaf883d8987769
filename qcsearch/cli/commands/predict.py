"""`qcsearch predict`: labels and probabilities from a bundle or a run."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.options.billing import ask, billing, opened
from qcsearch.cli.options.common import Data, Json, Model, Output, Shots, Targets, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.hardware import Canaries, HardwareOptions, Mitigate
from qcsearch.cli.output import emit, say, say_notes, tell
from qcsearch.errors import InputError
from qcsearch.escape import for_terminal
from qcsearch.wording import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qcsearch.data.known_labels import KnownLabels
    from qcsearch.data.targets import Target
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.inference import Inference
    from qcsearch.deployment.settings import MeasurementSettings
    from qcsearch.training.model import TrainedModel


@dataclass(frozen=True)
class PredictOptions:
    """How to measure, where there is something to measure, and where to write."""

    shots: Shots = 4096
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Of the shots.")] = 0
    output: Output = None
    canaries: Canaries = False
    mitigate: Mitigate = False

    @property
    def settings(self) -> MeasurementSettings:
        """Of the library."""
        from qcsearch.deployment.settings import MeasurementSettings

        return MeasurementSettings(self.shots, self.seed, self.canaries, self.mitigate)


@grouped
@examples(
    "qcsearch predict digits-model new.csv -o predictions.csv",
    "qcsearch predict digits-model.zip digits:0-3 --backend local:fake_torino --shots 2048",
    "qcsearch predict runs/digits new.csv --backend ibm:ibm_torino --max-qpu-seconds 120",
)
def predict(
    model: Model,
    data: Data,
    *,
    target: Targets = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            metavar="B",
            help="With shots on aer, local:<fake>, backend:<package.module>:<object>, or the real ibm:<backend>. "
            "Default: the exact engine under the device's noise.",
        ),
    ] = None,
    options: PredictOptions,
    hardware: HardwareOptions,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Predict: CSV with the label and the probability of each class, one row a sample.

    Images of a folder come in the order of their paths. On a backend each probability has its error: the
    standard deviation that the shots leave. A bundle is verified first. The data need no labels; where they
    hold some that the model knows, the accuracy over these is said too. On billed hardware the same command
    never pays twice: results are kept in DIR/jobs of a run, beside a bundle in BUNDLE-jobs.
    """
    from qcsearch.cli.options.inputs import refuse_existing
    from qcsearch.cli.options.models import load_model
    from qcsearch.data.known_labels import KnownLabels
    from qcsearch.data.quantum.predicting import load_states
    from qcsearch.data.sources.samples import load_samples

    refuse_existing(options.output)
    spec = (backend or "").strip()
    ibm = billing(spec, hardware)
    if not spec and (options.canaries or options.mitigate):
        raise InputError("--canaries and --mitigate-readout must go with a --backend. There is none.")
    trained = load_model(model)
    say_notes(trained.device)
    if trained.quantum is not None:
        samples = load_states(data, trained.quantum)
    else:
        samples = load_samples(
            data,
            trained.feature_names or trained.n_features_in,
            target,
            trained.encoder,
            () if trained.target.n_classes else trained.target.names,
        )
    X, known = samples.X, KnownLabels.of(samples.labels, trained.target, len(samples.X))
    if spec:
        found = _measured(trained, X, spec, options.settings, ibm, hardware.yes, Path(model))
        labels, figures, errors = found.labels, found.figures, found.errors
        facts = _said(found, known)
    else:
        outputs, errors = trained.decision(X), None
        answers, figures = trained.target.answers(outputs), trained.figures(outputs)
        labels, facts = trained.target.decode(answers), _exact(trained, answers, known)
    for sentence in (*samples.notices, *filter(None, [known.sentence, _marked(trained)])):
        say(f"Note: {sentence}")
    if options.output is not None or not json:
        _write(_csv(trained.target, labels, figures, errors), options.output)
    if json:
        rows = {"labels": labels.tolist()}
        rows |= {} if trained.target.task == "regression" else {"probabilities": figures.tolist()}
        rows |= {} if errors is None else {"errors": errors.tolist()}
        about = {"model": model, "n_samples": len(labels), "target": trained.target.to_json()}
        emit({**about, **facts, **({"output": options.output} if options.output else rows)})
    elif options.output is not None:
        tell(options.output)


def _measured(
    model: TrainedModel,
    X: NDArray[Any],
    spec: str,
    settings: MeasurementSettings,
    ibm: IbmOptions | None,
    yes: bool,
    path: Path,
) -> Inference:
    from qcsearch.cli.stages import stages
    from qcsearch.deployment.cost.plan import measuring
    from qcsearch.deployment.inference import infer
    from qcsearch.deployment.preparation import open_program

    jobs = _journal(path, model, X, spec, asdict(settings), [] if ibm is None else ibm.of_jobs)
    try:
        with opened(spec, model.device, settings.seed, jobs, ibm) as backend:
            if ibm is not None:
                program = open_program(model, backend, settings)
                ask(measuring(program, len(X)), ibm.max_qpu_seconds, yes)
            with stages(f"predicting on {spec}") as watcher:
                return infer(model, X, backend, settings, on_progress=watcher)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Interrupted. The same command resumes from the last job.") from None


def _journal(path: Path, model: TrainedModel, X: NDArray[Any], *settings: Any) -> Path:
    """Folder of the jobs of one prediction: another model, other data or settings have another."""
    import hashlib

    from qcsearch.storage import canonical

    content = hashlib.sha256()
    for array in (X, model.parameters.vector):
        content.update(f"{array.shape}".encode() + array.tobytes())
    digest = canonical.digest([model.candidate.digest, content.hexdigest(), *settings])[:16]
    return _jobs(path) / digest


def _jobs(model: Path) -> Path:
    """Where jobs of a run or of a bundle are kept; `.` and `..` have names of their own."""
    named = model.resolve() if model.name in ("", "..") else model
    is_run = (named / "run.json").is_file()
    return named / "jobs" if is_run else named.with_name(f"{named.name}-jobs")


def _exact(model: TrainedModel, answers: NDArray[Any], known: KnownLabels) -> dict[str, Any]:
    source, score, rows, target = (
        f"exact engine, noise of {model.device.name}",
        None,
        known.rows,
        model.target,
    )
    if len(rows):
        score = target.score(target.learned(known.y[rows]), answers[rows])
        say(f"{target.score_words(score)} on {len(rows)} labelled samples ({source}).")
    return {"source": source, "accuracy": score, "n_labelled": len(rows)}


def _said(found: Inference, known: KnownLabels) -> dict[str, Any]:
    """Say what a person should know of a measured prediction; return the same for machines."""
    score = found.score(known)
    if score is not None:
        say(
            f"{known.target.score_words(score.accuracy)} on {score.n_samples} labelled samples ({found.backend}, "
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
        "n_labelled": len(known.rows),
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

    changed = [cell for name in model.target.names if (cell := label_text(name)) != name]
    return (
        f"Classes that a terminal would obey or a spreadsheet compute are marked in the table, such as {changed[0]}; "
        "--json holds them as they are."
        if changed
        else ""
    )


def _csv(target: Target, labels: NDArray[Any], figures: NDArray[Any], errors: NDArray[Any] | None) -> str:
    """One row a sample: its label with the probability of each, or its numbers."""
    from qcsearch.data.labels import label_text

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [for_terminal(name) for name in target.names]
    regression, shown = (
        target.task == "regression",
        [] if errors is None else [f"error_{name}" for name in names],
    )
    said = [label_text(name) for name in names] if labels.ndim == 2 or regression else ["label"]
    writer.writerow([*said, *([] if regression else [f"p_{name}" for name in names]), *shown])
    for i, label in enumerate(labels.tolist()):
        cells = label if isinstance(label, list) else [label]
        row = [*([] if regression else figures[i]), *([] if errors is None else errors[i])]
        writer.writerow(
            [
                *(f"{cell:.10g}" if regression else label_text(cell) for cell in cells),
                *(f"{number:.6f}" for number in row),
            ]
        )
    return text.getvalue()


def _write(text: str, output: str | None) -> None:
    """To standard output, or to a file that was not there, whole or not at all."""
    from qcsearch.storage import files

    if output is None:
        sys.stdout.write(text)
        return
    try:
        files.write_text(Path(output), text)
    except OSError as error:
        raise InputError(f"'{output}' cannot be written: {error.strerror or error}.") from error
