"""Deployment: the last training steps on the backend itself, then inference there."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from qcsearch.data.splitting import Part, Split
from qcsearch.deployment.cost.checks import check_ceiling
from qcsearch.deployment.cost.plan import plan_deployment
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.diagnostics.noise_model_check import NoiseModelCheck, check_noise_model
from qcsearch.deployment.diagnostics.remap import Remap, find_remap
from qcsearch.deployment.diagnostics.score import exact_score, measured_score
from qcsearch.deployment.executors.base import Billed, Calibrated, Executor
from qcsearch.deployment.finetune.tuning import StepDone, Tuner
from qcsearch.deployment.preparation import open_program
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.progress import OnProgress, Progress
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.deployment.values import Estimates
from qcsearch.deployment.versions import library_versions
from qcsearch.devices.device import Device
from qcsearch.errors import InputError
from qcsearch.training.heads import FittedHead
from qcsearch.training.judging.residuals import absolute_errors
from qcsearch.training.model import TrainedModel
from qcsearch.training.options import check_options

__all__ = ["deploy", "prepare"]


def deploy(
    model: TrainedModel,
    parts: Split,
    backend: str | Executor = "local:fake_torino",
    settings: DeploymentSettings | None = None,
    *,
    remap: Remap | None = None,
    checkpoint: Path | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Deployment:
    """Tune a model on a backend, keep the better of before and after, and measure it there on the test part.

    Args:
        model: trained under the noise of the device's snapshot; its weights are the start.
        parts: the data set that the model was made from, with the same split.
        backend: spec of an executor (`local:fake_torino`, `aer`), or one that is open.
        settings: steps, shots, samples and seed.
        remap: other qubits than those of `model`, see `find_remap`.
        checkpoint: file of the training steps, written after each, and resumed from if it is there; the
            result is that of an unbroken run, but `usage` and `seconds` count the last part alone.
        on_progress: called as the work goes on.

    Returns:
        Scores, weights and what was asked of the backend. Noiseless, noisy and deployed scores are of the
        same weights on the same test samples.

    Raises:
        InputError: if a part has no samples, or classes that the model does not know.
        BackendError: if there is no such backend, or it cannot run the model's circuit.
        CeilingError: if the jobs cost so much more than was estimated that no measurement is left.
    """
    started, candidate = time.monotonic(), model.candidate.digest
    settings = settings or DeploymentSettings()
    model = model if remap is None else remap.apply(model)
    tuner, test = prepare(
        model,
        parts,
        backend,
        settings,
        step_done=lambda stage, done, total: on_progress(Progress(stage, done, total)),
    )
    program, rng = tuner.program, tuner.rng
    executor = program.executor
    budget = executor.budget if isinstance(executor, Billed) else None
    plan = plan_deployment(tuner, len(test))
    if budget is not None:
        check_ceiling(budget, plan.least, "a measurement without any step")
        budget.reserved = plan.after.seconds + plan.test.seconds
    tuning, tuned = tuner.run(
        checkpoint, lambda step: budget is None or budget.allows(plan.steps[step].seconds)
    )
    on_progress(Progress("test", 0, len(test)))
    found = program.measure(tuned.features(test.X), tuned.parameters.weights)
    on_progress(Progress("test", len(test), len(test)))
    return Deployment(
        backend=executor.name,
        kind=executor.kind,
        device=model.device.name,
        device_digest=model.device.digest,
        candidate=candidate,
        qubits=model.candidate.qubits,
        shots=settings.shots,
        seed=settings.seed,
        tuning=tuning,
        noiseless=exact_score(tuned.target, tuned.answers(test.X, noise=False), test.y),
        noisy=exact_score(tuned.target, tuned.answers(test.X), test.y),
        deployed=measured_score(found, test.y, tuned.head, rng),
        parameters=tuned.parameters,
        usage=program.usage,
        seconds=time.monotonic() - started,
        versions=library_versions(),
        qpu_seconds=None if budget is None else budget.bill(),
        noise_model_check=_noise_model_check(program, found, tuned, test),
        canaries=None if program.monitor is None else program.monitor.verdict(model.device, program.qubits),
        mitigated=program.mitigated,
        remap=remap,
        notices=_notices(parts, tuner, test, settings.steps, len(tuning.losses), remap),
        absolute_errors=absolute_errors(tuned.target, test.y, tuned.head.answers(found.values)),
    )


def prepare(
    model: TrainedModel,
    parts: Split,
    backend: str | Executor,
    settings: DeploymentSettings,
    step_done: StepDone = lambda stage, done, total: None,
) -> tuple[Tuner, Part]:
    """What `deploy` starts from: who takes its steps, and the test samples; nothing is run.

    Args:
        model: the model, on the qubits that it is to run on.
        parts: the data set.
        backend: spec of an executor, or one that is open.
        settings: steps, shots, samples and seed.
        step_done: called as the steps are taken.

    Raises:
        InputError: as `deploy`.
        BackendError: as `deploy`.
    """
    _check(model, parts)
    check_options(settings.tuning.training(model, settings.steps))
    program = open_program(model, backend, settings)
    rng = np.random.default_rng(np.random.SeedSequence([settings.seed, 1]))
    validation = _subset(parts.validation, settings.max_validation, rng)
    test = _subset(parts.test, settings.max_test, rng)
    # A head that is fitted is not trained in steps, and without it there is no loss to train the circuit's weights by.
    steps = 0 if isinstance(model.head.head, FittedHead) else settings.steps
    return Tuner(model, program, parts.train, validation, settings.tuning, steps, rng, step_done), test


def _check(model: TrainedModel, parts: Split) -> None:
    for name in ("train", "validation", "test"):
        part: Part = getattr(parts, name)
        if not len(part):
            raise InputError(f"The {name} part of deploy must have at least one sample. It has none.")
        if not model.target.knows(part.y):
            raise InputError(
                f"The {name} part of deploy must be labelled as the model's: {model.target.told}."
            )


def _subset(part: Part, at_most: int, rng: np.random.Generator) -> Part:
    rows = np.sort(rng.permutation(len(part))[:at_most])
    return Part(part.X[rows], part.y[rows])


def _noise_model_check(
    program: BackendProgram, found: Estimates, model: TrainedModel, test: Part
) -> NoiseModelCheck | None:
    """Against the prediction, which has the readout errors in it: not for results without them."""
    if program.mitigated:
        return None
    predicted = model.expectations(test.X)
    return check_noise_model(
        found, predicted, program.observables, program.qubits, found.shots or program.shots
    )


def _notices(
    parts: Split, tuner: Tuner, test: Part, steps: int, done: int, remap: Remap | None
) -> tuple[str, ...]:
    pairs = (("validation", parts.validation, tuner.validation), ("test", parts.test, test))
    found = [
        f"{len(used)} of the {len(whole)} {name} samples were measured."
        for name, whole, used in pairs
        if len(used) < len(whole)
    ]
    executor = tuner.program.executor
    if tuner.steps < steps:
        found.append(
            f"No training step was taken: the head '{tuner.model.candidate.head.name}' is fitted, not trained in steps."
        )
    elif isinstance(executor, Billed) and done < steps:
        found.append(
            f"{done} of {steps} steps were taken: the next would have passed the ceiling of "
            f"{executor.budget.max_seconds:g} QPU seconds."
        )
    if done and tuner.model.counts.input_layer:
        found.append("The input layer stayed as it was: circuit and head alone were trained on the backend.")
    found += tuner.program.notices
    if isinstance(executor, Calibrated) and remap is None:
        found += _offer(tuner.model, parts.validation, executor.latest)
    return tuple(found)


def _offer(model: TrainedModel, validation: Part, now: Device | None) -> list[str]:
    """Better qubits for the model, if its own have decayed."""
    if now is None or now.digest == model.device.digest:
        return []
    better = find_remap(model, validation, now)
    return [] if better is None else [f"--remap would have remapped the model. {better.grounds}."]
