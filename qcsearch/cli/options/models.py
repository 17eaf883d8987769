"""The model that a command is about: of a run or of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.errors import RunError

if TYPE_CHECKING:
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.training.model import TrainedModel

__all__ = ["deployment_of", "load_model", "shots_of", "winner"]

_SHOTS = 4096


def winner(folder: RunFolder) -> TrainedModel:
    """The run's winner, with the weights of the search.

    Raises:
        RunError: if there is none yet.
    """
    from qcsearch.bundle.read import load_bundle

    if not folder.model.is_dir():
        raise RunError(
            f"The run in '{folder.path}' has no winner yet.", fix="finish it: qcsearch search --run DIR."
        )
    return load_bundle(folder.model)


def shots_of(folder: RunFolder, asked: int | None) -> int:
    """Shots of a basis in a deployment: those that are asked for, or that the run was searched for, or 4,096."""
    return asked if asked is not None else folder.config.settings.shots or _SHOTS


def deployment_of(folder: RunFolder) -> Deployment | None:
    """The run's deployment, if it was one of its winner."""
    from qcsearch.deployment.deployment import Deployment

    found = folder.deployment()
    return None if found is None else Deployment.from_json(found)


def load_model(path: str) -> TrainedModel:
    """The model of a bundle, or a run's winner with the weights that its deployment kept.

    Raises:
        RunError: if the run has no winner yet.
        BundleError: if the bundle is not as it was written.
    """
    from qcsearch.bundle.read import load_bundle
    from qcsearch.search.run.contents import holds_run

    if not holds_run(Path(path)):
        return load_bundle(path)
    from qcsearch.search.run.folder import RunFolder  # with it comes all of the search

    folder = RunFolder.open(path)
    model = winner(folder)
    deployment = deployment_of(folder)
    return model if deployment is None else deployment.apply(model)
