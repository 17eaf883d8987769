"""Writing a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.bundle.card import model_card
from qcsearch.bundle.exports import export_circuits
from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.model import model_files
from qcsearch.bundle.probe import probe_files
from qcsearch.bundle.storage import store
from qcsearch.deployment.versions import library_versions
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json
from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.training.model import TrainedModel

__all__ = ["write_bundle"]


def write_bundle(
    model: TrainedModel,
    path: str | Path,
    *,
    metrics: Mapping[str, Json] | None = None,
    deployment: Deployment | None = None,
    sample: Floats | None = None,
    named: str = "one sample",
    overwrite: bool = False,
) -> Manifest:
    """Save a trained model so that anyone can verify, run and serve it.

    The same model written twice by the same versions gives the same bytes.

    Args:
        model: the model to be saved, with the weights it is to be served with.
        path: a folder to make, or a file if it ends in `.zip`.
        metrics: further scores, beside the model's own; names say which part of the data they are of.
        deployment: the measurement on a backend; it goes into the card and `deployment.json`.
        sample: a raw sample `(n_features,)` for the bound circuit in `circuit.qasm`; None for the middle of
            the features' range.
        named: description of the sample, for the head of that file.
        overwrite: replace what is at `path`.

    Returns:
        The manifest; its `digest` is the bundle's name by content.

    Raises:
        BundleError: if something is at `path` already, it cannot be written, or a part cannot be saved
            exactly.
    """
    scores = {**model.metrics, **(metrics or {})}
    files = model_files(model, scores)
    files |= export_circuits(model, sample, named)
    files |= probe_files(model)
    files["MODEL_CARD.md"] = model_card(model, scores, deployment).encode()
    if deployment is not None:
        files["deployment.json"] = (canonical.dumps(deployment.to_json(), indent=1) + "\n").encode()
    manifest = Manifest.of(files, library_versions())
    store(Path(path), files, manifest, overwrite=overwrite)
    return manifest
