"""Deployment: the last training steps on the backend itself, then inference there."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from qcsearch.data.split import Part
from qcsearch.deployment.canaries import Aviary
from qcsearch.deployment.checks import check_ceiling, check_number
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.executors.base import MAX_SHOTS, Billed, Calibrated, Executor
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.measurement import Estimates
from qcsearch.deployment.moving import Move, find_move
from qcsearch.deployment.plan import plan_deployment
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.progress import OnProgress, Progress
from qcsearch.deployment.score import exact_score, measured_score
from qcsearch.deployment.truth import NoiseTruth, noise_truth
from qcsearch.deployment.tuning import StepDone, Tuner, TuningOptions
from qcsearch.deployment.versions import library_versions
from qcsearch.devices.device import Device
from qcsearch.errors import InputError
from qcsearch.training.model import TrainedModel
from qcsearch.training.options import check_options

__all__ = ["Parts", "deploy", "prepare"]


class Parts(Protocol):
    """The three parts of a data set, as `data.split.Split` has them: raw features and class numbers."""

    @property
    def train(self) -> Part:
        """Steps are taken on this part."""
        ...

    @property
    def validation(self) -> Part:
        """What to keep is decided on this part."""
        ...

    @property
    def test(self) -> Part:
        """The scores are of this part."""
        ...


def deploy(
    model: TrainedModel,
    parts: Parts,
    backend: str | Executor = "local:fake_torino",
    *,
    steps: int = 10,
    shots: int = 4096,
    seed: int = 0,
    options: TuningOptions | None = None,
    max_validation: int = 200,
    max_test: int = 500,
    canaries: bool = False,
    mitigate: bool = False,
    move: Move | None = None,
    checkpoint: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Deployment:
    """Tune a model on a backend, keep the better of before and after, and measure it there on the test part.

    Args:
        model: trained under the noise of the device's snapshot; its weights are the start.
        parts: the data set that the model was made from, with the same split.
        backend: spec of an executor (`local:fake_torino`, `aer`), or one that is open.
        steps: training steps on the backend, ≥ 0.
        shots: runs of each circuit in each measurement basis, in [1, 1_000_000].
        seed: of batches, directions, subsets and of the executor's own randomness, ≥ 0.
        options: of the training steps.
        max_validation: samples of the validation part that are measured, at most.
        max_test: samples of the test part that are measured, at most.
        canaries: whether each job carries two circuits with a known answer, for a verdict on the readout.
        mitigate: whether the readout errors that they show are taken out of the results.
        move: to other qubits than those of `model`, see `find_move`.
        checkpoint: file of the training steps, written after each, and to go on from if it is there; the
            result is that of an unbroken run, but `usage` and `seconds` count the last part alone.
        on_progress: called as the work goes on.

    Returns:
        Scores, weights and what was asked of the backend. Noiseless, noisy and deployed scores are of the
        same weights on the same test samples.

    Raises:
        InputError: if a number is out of range, or a part has no samples or classes that the model does not
            know.
        BackendError: if there is no such backend, or it cannot run the model's circuit.
        CeilingError: if the jobs cost so much more than was estimated that no measurement is left.
    """
    started, candidate = time.monotonic(), model.candidate.digest
    model = model if move is None else move.apply(model)
    say = on_progress or (lambda _: None)
    tuner, test = prepare(
        model,
        parts,
        backend,
        steps=steps,
        shots=shots,
        seed=seed,
        options=options,
        max_validation=max_validation,
        max_test=max_test,
        canaries=canaries,
        mitigate=mitigate,
        step_done=lambda stage, done, total: say(Progress(stage, done, total)),
    )
    program, rng = tuner.program, tuner.rng
    executor = program.executor
    budget = executor.budget if isinstance(executor, Billed) else None
    plan = plan_deployment(tuner, steps, len(test))
    if budget is not None:
        check_ceiling(budget, plan.least, "a measurement without any step")
        budget.reserved = plan.after.seconds + plan.test.seconds
    tuning, tuned = tuner.run(
        steps, checkpoint, lambda step: budget is None or budget.allows(plan.steps[step].seconds)
    )
    say(Progress("test", 0, len(test)))
    found = program.measure(tuned.features(test.X), tuned.weights)
    say(Progress("test", len(test), len(test)))
    return Deployment(
        backend=executor.name,
        kind=executor.kind,
        device=model.device.name,
        device_digest=model.device.digest,
        candidate=candidate,
        qubits=model.candidate.qubits,
        shots=shots,
        seed=seed,
        tuning=tuning,
        noiseless=exact_score(tuned.decision(test.X, noise=False), test.y),
        noisy=exact_score(tuned.decision(test.X), test.y),
        deployed=measured_score(found, test.y, tuned.head, tuned.head_parameters, tuned.n_classes, rng),
        weights=tuple(map(float, tuned.weights)),
        head_parameters=tuple(map(float, tuned.head_parameters)),
        usage=program.usage,
        seconds=time.monotonic() - started,
        versions=library_versions(),
        qpu_seconds=None if budget is None else budget.bill(),
        truth=_truth(program, found, tuned, test),
        canaries=None if program.aviary is None else program.aviary.verdict(model.device, program.qubits),
        mitigated=program.mitigated,
        move=move,
        notices=_notices(parts, tuner, test, steps, len(tuning.losses), move),
    )


def prepare(
    model: TrainedModel,
    parts: Parts,
    backend: str | Executor,
    *,
    steps: int = 10,
    shots: int = 4096,
    seed: int = 0,
    options: TuningOptions | None = None,
    max_validation: int = 200,
    max_test: int = 500,
    canaries: bool = False,
    mitigate: bool = False,
    step_done: StepDone = lambda stage, done, total: None,
) -> tuple[Tuner, Part]:
    """What `deploy` starts from: who takes its steps, and the test samples; nothing is run.

    Raises:
        InputError: as `deploy`.
        BackendError: as `deploy`.
    """
    _check(model, parts, steps, shots, seed, max_validation, max_test)
    options = options or TuningOptions()
    check_options(options.training(model, steps))
    options.schedule.check(shots)
    executor = open_executor(backend, device=model.device, seed=seed)
    aviary = Aviary() if canaries or mitigate else None
    program = replace(BackendProgram.of(model.assembly, executor, shots), aviary=aviary, mitigate=mitigate)
    program.check()
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    validation = _subset(parts.validation, max_validation, rng)
    test = _subset(parts.test, max_test, rng)
    return Tuner(model, program, parts.train, validation, options, rng, step_done), test


def _check(
    model: TrainedModel, parts: Parts, steps: int, shots: int, seed: int, max_validation: int, max_test: int
) -> None:
    check_number("deploy", "steps", steps, 0, 1_000_000)
    check_number("deploy", "shots", shots, 1, MAX_SHOTS)
    check_number("deploy", "seed", seed, 0, 2**63 - 1)
    check_number("deploy", "max_validation", max_validation, 1, 1_000_000)
    check_number("deploy", "max_test", max_test, 1, 1_000_000)
    for name in ("train", "validation", "test"):
        part: Part = getattr(parts, name)
        if not len(part):
            raise InputError(f"The {name} part of deploy must have at least one sample. It has none.")
        if part.y.min() < 0 or part.y.max() >= model.n_classes:
            raise InputError(
                f"The class numbers of the {name} part must be the model's, in [0, {model.n_classes - 1}]."
            )


def _subset(part: Part, at_most: int, rng: np.random.Generator) -> Part:
    rows = np.sort(rng.permutation(len(part))[:at_most])
    return Part(part.X[rows], part.y[rows])


def _truth(program: BackendProgram, found: Estimates, model: TrainedModel, test: Part) -> NoiseTruth | None:
    """Against the prediction, which has the readout errors in it: not for results without them."""
    if program.mitigated:
        return None
    predicted = model.expectations(test.X)
    return noise_truth(found, predicted, program.observables, program.qubits, found.shots or program.shots)


def _notices(
    parts: Parts, tuner: Tuner, test: Part, steps: int, done: int, move: Move | None
) -> tuple[str, ...]:
    pairs = (("validation", parts.validation, tuner.validation), ("test", parts.test, test))
    found = [
        f"{len(used)} of the {len(whole)} {name} samples were measured."
        for name, whole, used in pairs
        if len(used) < len(whole)
    ]
    executor = tuner.program.executor
    if isinstance(executor, Billed) and done < steps:
        found.append(
            f"{done} of {steps} steps were taken: the next would have passed the ceiling of "
            f"{executor.budget.max_seconds:g} QPU seconds."
        )
    found += tuner.program.notices
    if isinstance(executor, Calibrated) and move is None:
        found += _offer(tuner.model, parts.validation, executor.latest)
    return tuple(found)


def _offer(model: TrainedModel, validation: Part, now: Device | None) -> list[str]:
    """A better place for the model, if its own qubits have decayed."""
    if now is None or now.digest == model.device.digest:
        return []
    better = find_move(model, validation, now)
    return [] if better is None else [f"--remap would have moved the model. {better.grounds}."]
