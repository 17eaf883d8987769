"""`--remap`: where the model of a deployment is to run, decided once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from qcsearch.data.split import Split
    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.deployment.moving import Move
    from qcsearch.training.model import TrainedModel

__all__ = ["find_move"]


def find_move(
    model: TrainedModel, parts: Split, backend: str | Executor, options: IbmOptions | None, jobs: Path
) -> Move | None:
    """The move that the calibration of today asks for.

    On a billed backend it is kept beside the jobs, and holds when the deployment goes on another day: other
    qubits would be other jobs.

    Args:
        model: the winner.
        parts: the data set.
        backend: spec, or the executor of a billed backend.
        options: of a billed backend.
        jobs: folder of its journal.

    Raises:
        InputError: if the backend has no calibration of its own.
    """
    from qcsearch import files
    from qcsearch.deployment import moving
    from qcsearch.deployment.executors.base import Calibrated
    from qcsearch.deployment.executors.ibm import IbmExecutor
    from qcsearch.deployment.executors.opening import open_executor

    executor = open_executor(backend, device=model.device)
    if not isinstance(executor, Calibrated):
        raise InputError(
            f"--remap must go with a backend that has a calibration of its own. Got {executor.name}."
        )
    above = None if options is None else options.max_drift
    if not isinstance(executor, IbmExecutor):
        return moving.find_move(model, parts.validation, executor.calibration(), above)
    kept = jobs / "move.json"
    if not files.is_file(kept):
        _keep(kept, moving.find_move(model, parts.validation, executor.calibration(), above))
    move = _kept(kept)
    if move is not None:
        executor.made_for(move.device)
    return move


def _keep(path: Path, move: Move | None) -> None:
    from qcsearch import canonical

    canonical.write_text(path, canonical.dumps(None if move is None else move.to_json()) + "\n")


def _kept(path: Path) -> Move | None:
    from qcsearch import canonical, files
    from qcsearch.deployment.moving import Move
    from qcsearch.limits import MAX_JSON_BYTES

    data = canonical.loads(files.read_text(path, MAX_JSON_BYTES))
    return None if data is None else Move.from_json(data)
