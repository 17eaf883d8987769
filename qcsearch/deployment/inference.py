"""Inference on a backend: what it says of new samples, with the error bars that the shots leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qcsearch.data.known_labels import KnownLabels
from qcsearch.deployment.cost.checks import check_ceiling
from qcsearch.deployment.cost.plan import measuring
from qcsearch.deployment.diagnostics.canaries import CanaryVerdict
from qcsearch.deployment.diagnostics.score import Score, figure_errors, measured_score
from qcsearch.deployment.executors.base import Billed, Executor
from qcsearch.deployment.preparation import open_program
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.progress import OnProgress, Progress
from qcsearch.deployment.settings import MeasurementSettings
from qcsearch.deployment.values import Estimates, Kind, Usage
from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel

__all__ = ["Inference", "infer"]


@dataclass(frozen=True, eq=False)
class Inference:
    """What a backend says of some samples.

    Attributes:
        model: the model that was run.
        backend: the executor's name.
        kind: `simulated`, `fake-backend` or `hardware`: what stands behind the numbers.
        shots: runs of each circuit in each measurement basis that came, the fewest of all.
        seed: seed of everything random.
        found: measured expectation values and their standard errors.
        figures: `(n_samples, n_outputs)`: probabilities, or numbers in their own units; see `Target.figures`.
        errors: their standard deviations from the finite number of shots, of the same shape.
        usage: jobs, circuits and shots that were asked of the backend.
        qpu_seconds: QPU seconds that all jobs cost; None on a backend that is not billed.
        canaries: verdict of the circuits with a known answer; None if there were none.
        mitigated: whether readout errors were taken out.
        notices: what a reader should know, a sentence each.
    """

    model: TrainedModel
    backend: str
    kind: Kind
    shots: int
    seed: int
    found: Estimates
    figures: Floats
    errors: Floats
    usage: Usage
    qpu_seconds: float | None = None
    canaries: CanaryVerdict | None = None
    mitigated: bool = False
    notices: tuple[str, ...] = ()

    @property
    def labels(self) -> NDArray[Any]:
        """What is predicted of each sample, as `TrainedModel.predict` has it."""
        return self.model.target.decode(self.model.head.answers(self.found.values))

    def score(self, known: KnownLabels) -> Score | None:
        """Score over the samples whose label is known; None if none is."""
        rows, model = known.rows, self.model
        if not len(rows):
            return None
        found = Estimates(self.found.values[rows], self.found.errors[rows])
        return measured_score(found, model.target.learned(known.y[rows]), model.head, _rng(self.seed))


def infer(
    model: TrainedModel,
    X: ArrayLike,
    backend: str | Executor = "local:fake_torino",
    settings: MeasurementSettings | None = None,
    *,
    on_progress: OnProgress = lambda _: None,
) -> Inference:
    """Run a model's circuit on a backend, as many samples a job as fit.

    Args:
        model: the model to be run.
        X: raw samples `(n_samples, n_features)`, or images.
        backend: spec of an executor, or one that is open.
        settings: shots, canaries and seed.
        on_progress: called after each job.

    Raises:
        InputError: if `X` does not fit the model, or the ceiling of a billed backend is below the cost.
        BackendError: if there is no such backend, or it cannot run the model's circuit.
        CeilingError: if the jobs cost more than was estimated; the same call again resumes where it stopped.
    """
    settings = settings or MeasurementSettings()
    program = open_program(model, backend, settings)
    features, executor = model.features(X), program.executor
    budget = executor.budget if isinstance(executor, Billed) else None
    if budget is not None:
        check_ceiling(budget, measuring(program, len(features)), "all predictions")
    found = _measure(program, features, model.parameters.weights, on_progress)
    figures, errors = figure_errors(found, model.head, _rng(settings.seed))
    return Inference(
        model=model,
        backend=executor.name,
        kind=executor.kind,
        shots=found.shots or settings.shots,
        seed=settings.seed,
        found=found,
        figures=figures,
        errors=errors,
        usage=program.usage,
        qpu_seconds=None if budget is None else budget.bill(),
        canaries=None if program.monitor is None else program.monitor.verdict(model.device, program.qubits),
        mitigated=program.mitigated,
        notices=program.notices,
    )


def _measure(
    program: BackendProgram, features: Floats, weights: Floats, on_progress: OnProgress
) -> Estimates:
    """Job by job, so that a long prediction says how far it is."""
    total, parts = len(features), []
    on_progress(Progress("predict", 0, total))
    for start in range(0, total, program.rows_a_job):
        rows = features[start : start + program.rows_a_job]
        parts.append(program.measure(rows, weights))
        on_progress(Progress("predict", start + len(rows), total))
    return Estimates.joined(parts, program.n_observables)


def _rng(seed: int) -> np.random.Generator:
    """Of the draws behind the error bars."""
    return np.random.default_rng(np.random.SeedSequence([seed, 2]))
