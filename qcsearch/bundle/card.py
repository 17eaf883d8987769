"""The model card: what a person should know before using the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from qcsearch.bundle.card_deployment import deployment_words, ends, errors_table
from qcsearch.circuits.observables import n_bases
from qcsearch.deployment.executors.folding import fold_notice
from qcsearch.escape import for_card, for_code
from qcsearch.storage.canonical import Json
from qcsearch.training.heads import FittedHead, in_words
from qcsearch.training.judging.recalls import Recall
from qcsearch.training.judging.residuals import AbsoluteError
from qcsearch.training.shots.score import ShotScore
from qcsearch.training.statistics import Difference, Interval, wilson
from qcsearch.typed import read
from qcsearch.wording import microseconds

if TYPE_CHECKING:
    from qcsearch.data.targets import Target
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.training.model import TrainedModel

__all__ = ["model_card"]

_CIRCUITS = """- `circuit.qasm`: OpenQASM 3, weights bound, features those of the sample that its head names.
- `circuit_inputs.qasm`: OpenQASM 3, weights bound, a feature is `input float[64] x0` and so on.
- `circuit.qpy`: Qiskit, weights bound, a feature is the parameter `x[0]` and so on.

Features are what `load_bundle(...).features(X)` makes of raw samples; their heads name qubits and observables. The
answer is what the head makes of the expectation values."""


_LIMITS = {
    "classification": "It knows the classes listed above and no others: whatever it is given, it answers one of them.",
    "multilabel": "It knows the labels listed above and no others: whatever it is given, it answers with these.",
    "regression": "It answers with a number whatever it is given, also far from the samples that it was trained on.",
}


def model_card(model: TrainedModel, metrics: Mapping[str, Json], deployment: Deployment | None) -> str:
    """The card as Markdown.

    Args:
        model: the trained model.
        metrics: scores and costs; names say which part of the data they are of.
        deployment: the measurement on a backend, if there was one.
    """
    sections = [
        ("Model card", _summary(model)),
        ("Input and output", _signature(model)),
        ("Model", _model(model)),
        ("Device", _device(model)),
        ("The circuit for other programs", _CIRCUITS),
        ("Metrics", _metrics(metrics)),
        _by_output(model.target, metrics),
        ("Baselines", _baselines(metrics.get("baselines"))),
        ("Deployment", deployment_words(deployment, model.target)),
        ("Limits", _limits(model, deployment)),
    ]
    parts = [f"{'#' if i == 0 else '##'} {title}\n\n{body}\n" for i, (title, body) in enumerate(sections)]
    return "\n".join(parts)


_MODELS = {"classification": "classifier", "regression": "regressor", "multilabel": "multi-label classifier"}
_OUTPUTS = {"classification": "one of", "regression": "numbers, of", "multilabel": "any of"}


def _summary(model: TrainedModel) -> str:
    return (
        f"A quantum {_MODELS[model.target.task]} with {model.candidate.n_qubits} qubits and {model.counts.total} "
        f"trained parameters, made by qcsearch for the noise of {for_card(model.device.name)}."
    )


def _signature(model: TrainedModel) -> str:
    shape = "" if model.image_shape is None else ", images of {}×{} pixels".format(*model.image_shape)
    names = model.target.names
    shown = ", ".join(for_code(name) for name in names[:20])
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    kind = "numbers a sample" if model.quantum is None else f"numbers a sample: {model.quantum.sentence}"
    if model.encoder is not None:
        gaps = "gaps are refused" if model.encoder.impute is None else "gaps are filled in"
        kind = f"columns of a table ({len(model.encoder.text)} of text; {gaps})"
    cuts = [f"{for_code(name)} above {value:.4f}" for name, value in model.thresholds.items()]
    decision = f"\n- Decided by thresholds of the probability: {', '.join(cuts)}." if cuts else ""
    output = f"- Output: {_OUTPUTS[model.target.task]} {shown}{more}.{decision}"
    return f"- Input: {model.n_features_in} {kind}{shape}.\n{output}"


def _model(model: TrainedModel) -> str:
    candidate, mapped = model.candidate, model.transpiled.mapped
    preprocessing = candidate.preprocessing
    low, high = preprocessing.angle_range
    encoder = model.encoder
    scaled = (
        f"{preprocessing.reduction.name}, {preprocessing.scaling} scaling, angles in [{low:.4f}, {high:.4f}], "
        "fitted on the training part only"
    )
    columns = [] if encoder is None or encoder.encode is None else [f"text encoded ({encoder.encode}), "]
    columns += [] if encoder is None or encoder.impute is None else [f"gaps filled ({encoder.impute}), "]
    return _bullets(
        {
            "Preprocessing": f"{''.join(columns)}{scaled}" if model.quantum is None else "none",
            **({"Input layer": candidate.input_layer.name} if candidate.dressed else {}),
            "Encoding": candidate.encoding.name,
            "Circuit": candidate.ansatz.name,
            "Two-qubit gates": mapped.two_qubit_gates,
            "Depth": mapped.depth,
            "Duration": microseconds(mapped.duration),
            "Observables": ", ".join(candidate.observables),
            "Circuits a prediction": n_bases(candidate.observables, candidate.n_qubits),
            "Head": in_words(candidate, len(model.parameters.head), model.target),
            "Trained parameters": model.counts,
            "Trained under noise": "yes" if candidate.training.noise else "no",
        }
    )


def _device(model: TrainedModel) -> str:
    device = model.device
    return _bullets(
        {
            "Name": f"{for_card(device.name)} ({for_card(device.provider)}), {device.n_qubits} qubits",
            "Physical qubits used": ", ".join(map(str, model.candidate.qubits)),
            "Calibration": f"{device.calibrated_at or 'date unknown'}, SHA-256 `{device.digest}`",
        }
    )


def _metrics(metrics: Mapping[str, Json]) -> str:
    rows = list(_flat("", metrics))
    if not rows:
        return "None were recorded."
    n_test = metrics.get("n_test")
    lines = [
        f"| {for_card(name)} | {_shown(value)} | {_error(name, value, n_test)} |" for name, value in rows
    ]
    note = (
        "Names say which part of the data a number is of: validation numbers chose the model, or come of how it was "
        "chosen, as `validation_score_is` says; test numbers did not. `noisy` and `noiseless` are simulations at "
        "infinitely many shots; "
        "`noisy_at_…_shots` is one of so many shots a measurement basis, the mean over repeated measurements."
    )
    return "\n".join([note, "", "| metric | value | 95 % interval |", "|---|---|---|", *lines])


def _error(name: str, value: Json, n_test: Json) -> str:
    """The interval of an accuracy on the test part."""
    if not (name.startswith("test_accuracy") and isinstance(value, float) and isinstance(n_test, int)):
        return ""
    return ends(wilson(value, n_test))


def _by_output(target: Target, metrics: Mapping[str, Json]) -> tuple[str, str]:
    """Title and text of what is known class by class, or number by number."""
    if target.has_accuracy:
        return "By class", _by_class(metrics.get("test_recalls"))
    found = metrics.get("test_absolute_errors")
    if not isinstance(found, list) or not found:
        return "By number", "Not recorded."
    rows = [read(AbsoluteError, one, "the error of a number") for one in found]
    note = "On the test part, in the units of the data, under noise, at infinitely many shots."
    return "By number", "\n".join([note, "", *errors_table(rows)])


def _by_class(found: Json) -> str:
    """How often each class of the test part is recognised."""
    if not isinstance(found, list) or not found:
        return "Not recorded."
    rows = [read(Recall, one, "the recall of a class") for one in found]
    lines = [
        f"| {for_card(row.label)} | {row.n_samples} | {row.recall:.4f} | {ends(row.interval)} "
        f"| {'–' if row.precision is None else f'{row.precision:.4f}'} |"
        for row in rows
    ]
    columns = ["| class | test samples | recall | 95 % interval | precision |", "|---|---|---|---|---|"]
    return "\n".join(["Under noise, at infinitely many shots.", "", *columns, *lines])


@dataclass(frozen=True)
class _Baseline:
    """What the card shows of a baseline, which is a later stage's."""

    name: str
    test_accuracy: float | None
    test_interval: Interval | None
    difference: Difference | None
    test_score: float
    test_score_interval: Interval
    score_difference: Difference
    test_at_shots: ShotScore | None

    @property
    def shown(self) -> tuple[float, Interval, Difference]:
        """Accuracy, its interval and how much the model was better; of numbers, which have none, the score."""
        if self.test_accuracy is None or self.test_interval is None or self.difference is None:
            return self.test_score, self.test_score_interval, self.score_difference
        return self.test_accuracy, self.test_interval, self.difference


def _baselines(found: Json) -> str:
    """What the model was compared with, and by how much it was better on the same samples."""
    if not isinstance(found, list) or not found:
        return "None were recorded."
    names = [part.name for part in fields(_Baseline)]
    rows = [read(_Baseline, {name: one.get(name) for name in names}, "a baseline") for one in found]
    lines = []
    for row in rows:
        value, around, found = row.shown
        lines.append(
            f"| {for_card(row.name)} | {value:.4f} | {ends(around)} | {_at_shots(row)} "
            f"| {found.value:+.4f} | {ends((found.low, found.high))} | {found.p:.2g} |"
        )
    what = "score" if rows[0].test_accuracy is None else "accuracy"
    test = "normal with the bootstrap's error" if what == "score" else "of the exact McNemar test"
    note = (
        f"On the test part. Difference: {what} of this model minus that one, on the same samples; p: {test}. "
        "With p ≥ 0.05 the two cannot be told apart."
    )
    columns = [
        f"| baseline | {what} | 95 % interval | with shots | difference | 95 % interval | p |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([note, "", *columns, *lines])


def _at_shots(row: _Baseline) -> str:
    """A classical model takes none."""
    score = row.test_at_shots
    return "" if score is None else f"{score.accuracy:.4f} ({score.shots} shots)"


def _limits(model: TrainedModel, deployment: Deployment | None) -> str:
    limits = [
        _LIMITS[model.target.task],
        "It was made for one calibration of one device; on another day or device, measure it again.",
        "Checksums show that the bundle is as it was written. They do not show who wrote it.",
    ]
    if deployment is None or deployment.kind != "hardware":
        limits.insert(0, "No number here was measured on a quantum processor.")
    if isinstance(model.head.head, FittedHead):
        limits.append(
            "It holds what the circuit says of training samples, from which some of them can be told."
        )
    if (folds := fold_notice(model.transpiled.mapped.circuit)) is not None:
        limits.append(folds)
    return "\n".join(f"- {limit}" for limit in limits)


def _bullets(facts: Mapping[str, object]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _flat(prefix: str, data: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in sorted(data.items()):
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        elif isinstance(value, str | int | float | bool):
            yield f"{prefix}{name}", value


def _shown(value: Json) -> str:
    return f"{value:.4f}" if isinstance(value, float) else for_card(value)
