"""`--remap`: where the model of a deployment is to run, decided once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from qcsearch.data.splitting import Split
    from qcsearch.deployment.diagnostics.remap import Remap
    from qcsearch.deployment.executors.base import Executor
    from qcsearch.deployment.ibm.options import IbmOptions
    from qcsearch.training.model import TrainedModel

__all__ = ["find_remap"]


def find_remap(
    model: TrainedModel, parts: Split, backend: str | Executor, options: IbmOptions | None, jobs: Path
) -> Remap | None:
    """The remap that the calibration of today asks for.

    On a billed backend it is kept beside the jobs, and holds when the deployment is resumed another day: other
    qubits would be other jobs.

    Args:
        model: the winner.
        parts: the data set.
        backend: spec, or the executor of a billed backend.
        options: how jobs are run, on a billed backend.
        jobs: folder of its journal.

    Raises:
        InputError: if the backend has no calibration of its own.
    """
    from qcsearch.deployment.diagnostics import remap as diagnostics
    from qcsearch.deployment.executors.base import Calibrated
    from qcsearch.deployment.executors.ibm import IbmExecutor
    from qcsearch.deployment.executors.opening import open_executor
    from qcsearch.storage import files

    executor = open_executor(backend, device=model.device)
    if not isinstance(executor, Calibrated):
        raise InputError(
            f"--remap must go with a backend that has a calibration of its own. Got {executor.name}."
        )
    above = None if options is None else options.max_drift
    if not isinstance(executor, IbmExecutor):
        return diagnostics.find_remap(model, parts.validation, executor.calibration(), above)
    kept = jobs / "remap.json"
    if not files.is_file(kept):
        _keep(kept, diagnostics.find_remap(model, parts.validation, executor.calibration(), above))
    remap = _kept(kept)
    if remap is not None:
        executor.compare_with(remap.device)
    return remap


def _keep(path: Path, remap: Remap | None) -> None:
    from qcsearch.storage import canonical, files

    files.write_text(path, canonical.dumps(None if remap is None else remap.to_json()) + "\n")


def _kept(path: Path) -> Remap | None:
    from qcsearch.deployment.diagnostics.remap import Remap
    from qcsearch.storage import canonical, files
    from qcsearch.storage.limits import MAX_JSON_BYTES

    data = canonical.loads(files.read_text(path, MAX_JSON_BYTES))
    return None if data is None else Remap.from_json(data)
