"""The backend of a service's jobs: models on one executor, and what a batch costs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qcsearch.deployment.cost.plan import measuring
from qcsearch.deployment.diagnostics.score import figure_errors
from qcsearch.deployment.executors.base import Executor
from qcsearch.deployment.executors.ibm import IbmExecutor
from qcsearch.deployment.executors.ibm_estimator import IbmEstimator
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.preparation import open_program
from qcsearch.deployment.program import BackendProgram
from qcsearch.errors import QCSearchError
from qcsearch.serving.jobs.settings import QpuSettings
from qcsearch.serving.models.served import ServedModel
from qcsearch.training.expectations import Floats

__all__ = ["Facts", "Measured", "Processor"]


@dataclass(frozen=True)
class Facts:
    """What a model's samples take on the backend.

    Attributes:
        backend: the executor's name.
        kind: what stands behind its numbers.
        most_rows: samples of one of its jobs.
        job_seconds: QPU seconds of a job, whatever is in it; 0 where nothing is billed.
        row_seconds: QPU seconds of one sample; 0 where nothing is billed.
    """

    backend: str
    kind: str
    most_rows: int
    job_seconds: float
    row_seconds: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Measured:
    """What the backend says of the samples of a batch.

    Attributes:
        kind: what stands behind the numbers.
        source: the executor's name.
        shots: runs of each circuit that came, the fewest of all.
        predictions: one a sample, see `ServedModel.predictions`.
    """

    kind: str
    source: str
    shots: int
    predictions: list[dict[str, Any]]


class Processor:
    """Runs batches, each as one job of the backend.

    Args:
        models: what is served.
        settings: see `QpuSettings`.
        journal: folder of the journal of jobs, for a backend that is billed.

    Raises:
        BackendError: if there is no such backend, or it cannot run a model.
        InputError: if it cannot be asked so.
    """

    def __init__(self, models: Sequence[ServedModel], settings: QpuSettings, journal: Path) -> None:
        self._measurement = settings.measurement
        self._billed: IbmExecutor | None = None
        self.last_bill = 0.0
        self.executor: Executor
        if settings.ibm is None:
            self.executor = open_executor(
                settings.backend, device=models[0].model.device, seed=self._measurement.seed
            )
        else:
            kind = IbmEstimator if settings.ibm.primitive == "estimator" else IbmExecutor
            name = settings.backend.partition(":")[2]
            device, seed = models[0].model.device, self._measurement.seed
            self.executor = self._billed = kind(name, journal, settings.ibm, device, seed)
        try:
            self._programs: dict[str, BackendProgram] = {}
            for model in models:
                self.add(model)
        except QCSearchError:
            self.close()
            raise

    def add(self, model: ServedModel) -> None:
        """Run batches of a further model.

        Raises:
            BackendError: if the backend cannot.
        """
        self._programs[model.digest] = open_program(model.model, self.executor, self._measurement)

    @property
    def slowness(self) -> float:
        """By what factor jobs cost more than was estimated, ≥ 1."""
        return 1.0 if self._billed is None else self._billed.budget.slowness()

    def facts(self, model: ServedModel) -> Facts:
        """What its samples take."""
        program = self._programs[model.digest]
        most, job, row = program.rows_a_job, 0.0, 0.0
        if self._billed is not None:
            one, all_ = measuring(program, 1).seconds, measuring(program, most).seconds
            row = (all_ - one) / (most - 1) if most > 1 else 0.0
            job = one - row
        return Facts(self.executor.name, self.executor.kind, most, job, row)

    def run(self, batch: str, model: ServedModel, rows: Floats) -> Measured:
        """What the backend says of samples; the same batch again gives the same job.

        Args:
            batch: name of the batch.
            model: the model.
            rows: what its `read` returned, as many as fit one job.

        Raises:
            BackendError: if there is no answer; see `deployment.ibm.jobs`.
            CeilingError: if the job does not fit under the ceiling.
        """
        if self._billed is not None:
            self._billed.begin(batch)
            self._billed.compare_with(model.model.device)
        program, head = self._programs[model.digest], model.model.head
        found = program.measure(model.model.features(rows), model.model.parameters.weights)
        rng = np.random.default_rng(np.random.SeedSequence([self._measurement.seed, 2]))
        figures, errors = figure_errors(found, head, rng)
        labels = model.model.target.decode(head.answers(found.values))
        shots = found.shots or self._measurement.shots
        said = model.predictions(labels, figures, errors)
        return Measured(self.executor.kind, self.executor.name, shots, said)

    def bill(self) -> float:
        """QPU seconds of the last batch, jobs of it that failed included; half a minute is waited for the last word."""
        if self._billed is not None:
            self._billed.budget.settle()
            self.last_bill = self._billed.cost
        return self.last_bill

    def discard(self) -> None:
        """Remove what the backend gave for the last batch, once that has ended: answers are kept, encrypted."""
        if self._billed is not None:
            self._billed.discard()

    def close(self) -> None:
        """Let go of the journal."""
        if self._billed is not None:
            self._billed.close(wait=False)
