"""`qcsearch export`: a run's winner as a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options import Json, Output, Run, Verbose, examples
from qcsearch.cli.output import emit

if TYPE_CHECKING:
    from qcsearch.search.run_folder import RunFolder


@examples("qcsearch export runs/digits -o digits-model", "qcsearch export runs/digits -o digits-model.zip")
def export(
    run: Run,
    output: Output = None,
    trained: Annotated[
        bool,
        typer.Option("--trained", help="The weights of the search, although the run was deployed since."),
    ] = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write the winner of a run as a bundle that anyone can verify, run and serve.

    A deployed run gives the weights that the deployment kept. Without -o the bundle is DIR/bundle.
    """
    from pathlib import Path

    from qcsearch.bundle.write import write_bundle
    from qcsearch.cli.inputs import refuse_existing
    from qcsearch.cli.models import deployment_of, winner
    from qcsearch.search.run_folder import RunFolder

    folder = RunFolder.open(run)
    path = folder.path / "bundle" if output is None else Path(output)
    refuse_existing(path)
    model = winner(folder)
    deployment = None if trained else deployment_of(folder)
    if deployment is not None:
        model = deployment.apply(model)
    manifest = write_bundle(model, path, deployment=deployment, metrics=_metrics(folder))
    if json:
        emit({"run": run, "bundle": str(path), "digest": manifest.digest, "files": sorted(manifest.files)})
    else:
        print(path)
        print(f"digest {manifest.digest}")


def _metrics(folder: RunFolder) -> dict[str, object]:
    """What the final evaluation found beside the model's own scores."""
    result = folder.result() or {}
    metrics = {f"test_accuracy_{name}": value for name, value in result.get("classical", {}).items()}
    if result.get("without_pqc") is not None:
        metrics["test_accuracy_without_pqc"] = result["without_pqc"]
    return metrics
