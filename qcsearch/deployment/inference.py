"""Inference on a backend: what it says of new samples, with the error bars that the shots leave."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from qcsearch.data.dataset import Label
from qcsearch.data.truth import Truth
from qcsearch.deployment.canaries import Aviary, CanaryVerdict
from qcsearch.deployment.checks import check_ceiling, check_number
from qcsearch.deployment.executors.base import MAX_SHOTS, Billed, Executor, Kind
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.measurement import Estimates
from qcsearch.deployment.plan import measuring
from qcsearch.deployment.program import BackendProgram, Usage
from qcsearch.deployment.progress import OnProgress, Progress
from qcsearch.deployment.score import Score, measured_score, probability_errors
from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel

__all__ = ["Inference", "infer", "prepare_inference"]


@dataclass(frozen=True, eq=False)
class Inference:
    """What a backend says of some samples.

    Attributes:
        model: that was run.
        backend: the executor's name.
        kind: what stands behind the numbers.
        shots: runs of each circuit in each measurement basis that came, the fewest of all.
        seed: of everything random.
        found: measured expectation values and their standard errors.
        probabilities: `(n_samples, n_classes)`, ordered as `model.classes`.
        errors: their standard deviations from the finite number of shots, of the same shape.
        usage: what was asked of the backend.
        qpu_seconds: that all jobs cost, if they cost any.
        canaries: what circuits with a known answer said; None if there were none.
        mitigated: whether readout errors were taken out.
        notices: what a reader should know, a sentence each.
    """

    model: TrainedModel
    backend: str
    kind: Kind
    shots: int
    seed: int
    found: Estimates
    probabilities: Floats
    errors: Floats
    usage: Usage
    qpu_seconds: float | None = None
    canaries: CanaryVerdict | None = None
    mitigated: bool = False
    notices: tuple[str, ...] = ()

    @property
    def labels(self) -> list[Label]:
        """The most probable label of each sample."""
        return [self.model.classes[i] for i in self.probabilities.argmax(axis=1)]

    def score(self, truth: Truth) -> Score | None:
        """Accuracy over the samples whose class is known; None if none is."""
        rows, model = truth.known, self.model
        if not len(rows):
            return None
        found = Estimates(self.found.values[rows], self.found.errors[rows])
        parameters, rng = model.head_parameters, _rng(self.seed)
        return measured_score(found, truth.codes[rows], model.head, parameters, model.n_classes, rng)


def infer(
    model: TrainedModel,
    X: ArrayLike,
    backend: str | Executor = "local:fake_torino",
    *,
    shots: int = 4096,
    seed: int = 0,
    canaries: bool = False,
    mitigate: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> Inference:
    """Run a model's circuit on a backend, as many samples a job as fit.

    Args:
        model: what to run.
        X: raw samples `(n_samples, n_features)`, or images.
        backend: spec of an executor, or one that is open.
        shots: runs of each circuit in each measurement basis, in [1, 1_000_000].
        seed: of the executor's own randomness, ≥ 0.
        canaries: whether each job carries two circuits with a known answer, for a verdict on the readout.
        mitigate: whether the readout errors that they show are taken out of the results.
        on_progress: called after each job.

    Raises:
        InputError: if `shots` or `seed` is out of range, `X` does not fit the model, or the ceiling of a billed
            backend is below the cost.
        BackendError: if there is no such backend, or it cannot run the model's circuit.
        CeilingError: if the jobs cost more than was estimated; the same call again goes on where it stopped.
    """
    program = prepare_inference(model, backend, shots=shots, seed=seed, canaries=canaries, mitigate=mitigate)
    features, executor = model.features(X), program.executor
    budget = executor.budget if isinstance(executor, Billed) else None
    if budget is not None:
        check_ceiling(budget, measuring(program, len(features)), "all predictions")
    found = _measure(program, features, model.weights, on_progress)
    head, parameters = model.head, model.head_parameters
    probabilities, errors = probability_errors(found, head, parameters, model.n_classes, _rng(seed))
    return Inference(
        model=model,
        backend=executor.name,
        kind=executor.kind,
        shots=found.shots or shots,
        seed=seed,
        found=found,
        probabilities=probabilities,
        errors=errors,
        usage=program.usage,
        qpu_seconds=None if budget is None else budget.bill(),
        canaries=None if program.aviary is None else program.aviary.verdict(model.device, program.qubits),
        mitigated=program.mitigated,
        notices=program.notices,
    )


def prepare_inference(
    model: TrainedModel,
    backend: str | Executor,
    *,
    shots: int = 4096,
    seed: int = 0,
    canaries: bool = False,
    mitigate: bool = False,
) -> BackendProgram:
    """What `infer` measures with; nothing is run.

    Raises:
        InputError: as `infer`.
        BackendError: as `infer`.
    """
    check_number("infer", "shots", shots, 1, MAX_SHOTS)
    check_number("infer", "seed", seed, 0, 2**63 - 1)
    executor = open_executor(backend, device=model.device, seed=seed)
    aviary = Aviary() if canaries or mitigate else None
    program = replace(BackendProgram.of(model.assembly, executor, shots), aviary=aviary, mitigate=mitigate)
    program.check()
    return program


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
