"""`qcsearch predict`: labels and probabilities from a bundle."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.options import Bundle, Data, Json, Output, Shots, Target, Verbose, examples
from qcsearch.cli.output import emit, percent, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qcsearch.training.model import TrainedModel

_EXACT = "exact engine, noise of {device}"


@examples(
    "qcsearch predict digits-model new.csv -o predictions.csv",
    "qcsearch predict digits-model.zip digits:0-3 --backend local:fake_torino --shots 2048",
)
def predict(
    bundle: Bundle,
    data: Data,
    target: Target = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            metavar="B",
            help="local:<fake> or aer, with shots. Default: the exact engine under the device's noise.",
        ),
    ] = None,
    shots: Shots = 4096,
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Of the shots.")] = 0,
    output: Output = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Predict with a bundle: CSV with the label and the probability of each class, one row a sample.

    The bundle is verified first. If the data hold labels, the accuracy is said too.
    """
    from qcsearch.bundle.read import load_bundle
    from qcsearch.cli.inputs import refuse_existing
    from qcsearch.data.sources import load_features_and_labels

    refuse_existing(output)
    model = load_bundle(bundle)
    X, y = load_features_and_labels(data, model.feature_names or model.n_features_in, target)
    probabilities = _probabilities(model, X, backend, shots, seed)
    labels = [model.classes[i] for i in probabilities.argmax(axis=1)]
    accuracy = None if y is None else _accuracy(labels, y.tolist())
    source = backend or _EXACT.format(device=model.device.name)
    if accuracy is not None:
        say(f"Accuracy {percent(accuracy)} on {len(labels)} labelled samples ({source}).")
    if output is not None or not json:
        _write(_csv(model, labels, probabilities), output)
    if json:
        found = {"bundle": bundle, "source": source, "n_samples": len(labels), "accuracy": accuracy}
        rows = {"output": output} if output else {"labels": labels, "probabilities": probabilities.tolist()}
        emit({**found, "classes": list(model.classes), **rows})
    elif output is not None:
        print(output)


def _probabilities(
    model: TrainedModel, X: NDArray[Any], backend: str | None, shots: int, seed: int
) -> NDArray[Any]:
    if backend is None:
        return model.predict_proba(X)
    from qcsearch.deployment.deploy import infer

    return infer(model, X, backend, shots=shots, seed=seed)


def _accuracy(labels: list[str | int], truth: list[str | int]) -> float:
    return sum(a == b for a, b in zip(labels, truth, strict=True)) / len(labels)


def _csv(model: TrainedModel, labels: list[str | int], probabilities: NDArray[Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["label", *(f"p_{name}" for name in model.classes)])
    for label, row in zip(labels, probabilities.tolist(), strict=True):
        writer.writerow([label, *(f"{p:.6f}" for p in row)])
    return text.getvalue()


def _write(text: str, output: str | None) -> None:
    """To standard output, or to a file that was not there, whole or not at all."""
    from pathlib import Path

    from qcsearch import canonical
    from qcsearch.errors import InputError

    if output is None:
        sys.stdout.write(text)
        return
    try:
        canonical.write_text(Path(output), text)
    except OSError as error:
        raise InputError(f"'{output}' cannot be written: {error.strerror or error}.") from error
