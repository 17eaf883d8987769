"""`qcsearch export`: a run's winner as a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qcsearch.cli.options.common import Json, Output, Run, Verbose, examples
from qcsearch.cli.output import emit, say_notes, tell
from qcsearch.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qcsearch.search.run.folder import RunFolder
    from qcsearch.training.model import TrainedModel


@examples(
    "qcsearch export runs/digits -o digits-model",
    "qcsearch export runs/digits -o digits-model.zip --sample 7",
    "qcsearch export runs/digits -o digits-model --sample new.csv:2",
)
def export(
    run: Run,
    output: Output = None,
    trained: Annotated[
        bool,
        typer.Option("--trained", help="The weights of the search, although the run was deployed since."),
    ] = False,
    sample: Annotated[
        str,
        typer.Option(
            "--sample",
            metavar="K|FILE[:K]",
            help="Whose features circuit.qasm holds: a sample of the test split, or a row of a file; counted from 0.",
        ),
    ] = "0",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write the winner of a run as a bundle that anyone can verify, run and serve.

    A deployed run gives the weights that the deployment kept. Without -o the bundle is DIR/bundle. For
    other programs circuit.qasm is the circuit at one sample, circuit_inputs.qasm at any.
    """
    from pathlib import Path

    from qcsearch.bundle.write import write_bundle
    from qcsearch.cli.options.inputs import refuse_existing
    from qcsearch.cli.options.models import deployment_of, winner
    from qcsearch.search.run.folder import RunFolder

    folder = RunFolder.open(run)
    path = folder.path / "bundle" if output is None else Path(output)
    refuse_existing(path)
    model = winner(folder)
    say_notes(model.device)
    deployment = None if trained else deployment_of(folder)
    if deployment is not None:
        model = deployment.apply(model)
    row, named = _sample(folder, model, sample)
    result = folder.result()
    metrics = None if result is None else result.metrics
    manifest = write_bundle(model, path, deployment=deployment, metrics=metrics, sample=row, named=named)
    if json:
        emit({"run": run, "bundle": str(path), "digest": manifest.digest, "files": sorted(manifest.files)})
    else:
        tell(path)
        tell(f"digest {manifest.digest}")


def _sample(folder: RunFolder, model: TrainedModel, said: str) -> tuple[NDArray[Any], str]:
    """The raw sample that was asked for, and what it is."""
    from qcsearch.data.sources.samples import load_features
    from qcsearch.data.splitting import split

    if said.strip().isdecimal():
        rows, of, k = split(folder.dataset, folder.config.settings.seed).test.X, "the test split", int(said)
    else:
        file, _, tail = said.rpartition(":")
        file, k = (file, int(tail)) if file and tail.isdecimal() else (said, 0)
        rows = load_features(file, model.feature_names or model.n_features_in, None, model.encoder)
        of = repr(file)
    if k >= len(rows):
        raise InputError(f"The 'sample' must be one of the {len(rows)} of {of}, counted from 0. Got {k}.")
    return rows[k], f"sample {k} of {of}"
