"""What measures a model on a backend, opened and checked before the first job."""

from __future__ import annotations

from dataclasses import replace

from qcsearch.deployment.diagnostics.canaries import CanaryMonitor
from qcsearch.deployment.executors.base import Executor
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.training.model import TrainedModel

__all__ = ["open_program"]


def open_program(
    model: TrainedModel, backend: str | Executor, settings: MeasurementSettings
) -> BackendProgram:
    """The model's circuit on a backend; nothing is run.

    Args:
        model: the model whose circuit it is.
        backend: spec of an executor, or one that is open.
        settings: how it is measured.

    Raises:
        InputError: if canaries are asked of an executor that gives no bits.
        BackendError: if there is no such backend, or it cannot run the model's circuit.
    """
    executor = open_executor(backend, device=model.device, seed=settings.seed)
    monitor = CanaryMonitor() if settings.canaries or settings.mitigate else None
    plain = BackendProgram.of(model.transpiled, executor, settings.shots)
    program = replace(plain, monitor=monitor, mitigate=settings.mitigate)
    program.check()
    return program
