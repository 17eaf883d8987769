"""The objective: one candidate from its parameters to its record; a plain function that needs no study."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

import numpy as np

import qcsearch
from qcsearch.canonical import Json
from qcsearch.circuits.build import lower
from qcsearch.circuits.candidate import Candidate
from qcsearch.circuits.gate import GateList
from qcsearch.devices.device import Device
from qcsearch.devices.regions import topology
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.bound import BoundSpace
from qcsearch.search.budget import SETUP
from qcsearch.search.constraints import BUILDABLE, Infeasible, check, costs
from qcsearch.search.features import Features
from qcsearch.search.ladder import Ladder
from qcsearch.search.record import Costs, Outcome, TrialRecord
from qcsearch.search.space import SearchSpace
from qcsearch.stopwatch import Stopwatch
from qcsearch.training.assembly import Assembly, assemble
from qcsearch.training.expectations import Floats
from qcsearch.training.fit import Fit, Stop
from qcsearch.training.heads import HEADS
from qcsearch.training.train import accuracy, fit_candidate

if TYPE_CHECKING:
    from qcsearch.search.foresight import Foresight
    from qcsearch.search.predictors import Subject

__all__ = ["PRECISION", "Objective", "Rungs", "seed_words", "versions"]

PRECISION = "float32"
"""Of all trainings in a search, its refit too, which take about half as long; finalists are scored in double."""

_LENGTH_MARGIN = 1.5
_GATE_SECONDS = 2e-4
"""Of each gate, about: to build it, to map it, and to compile the three programs of a trial."""


class Rungs(Protocol):
    """Where a training reports on its way, and may be told to end."""

    def report(self, rung: int, validation_accuracy: float) -> float | None:
        """Report at rung 0, 1, …; the accuracy it needed if the trial is to end here, else None."""
        ...


class _NoRungs:
    """Nobody listens: the training goes to its end."""

    def report(self, rung: int, validation_accuracy: float) -> float | None:
        return None


def seed_words(seed: int, candidate: Candidate, index: int = 0) -> tuple[int, ...]:
    """Words of the seed sequence of one training: of the search's seed and the candidate's content.

    So a candidate trains the same whichever trial it is, and on whichever worker.

    Args:
        seed: of the search.
        candidate: what is trained.
        index: 0 in the search, 1, 2, … for the trainings of a refit.
    """
    return (seed, int(candidate.digest[:8], 16), int(candidate.digest[8:16], 16), index)


@cache
def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    names = ("numpy", "qiskit", "qiskit-aer", "scikit-learn", "optuna", "numba")
    return {"qcsearch": qcsearch.__version__} | {name: version(name) for name in names}


@dataclass(frozen=True, eq=False)
class Objective:
    """Evaluates candidates of one space on one device and one data set.

    Attributes:
        features: the data.
        space: the search space.
        bound: the same, bound to device and data.
        device: the calibration facts.
        seed: of the search.
        setup_seconds: what fitting a candidate's reduction and building its circuit may take, see
            `Budget.setup_seconds`; None for no limit.
    """

    features: Features
    space: SearchSpace
    bound: BoundSpace
    device: Device
    seed: int
    setup_seconds: float | None = None

    @classmethod
    def of(
        cls,
        features: Features,
        space: SearchSpace,
        device: Device,
        seed: int,
        setup_seconds: float | None = None,
    ) -> Objective:
        """Bind a space to data and device.

        Raises:
            SpaceError: if nothing is left of a family for them.
        """
        bound = space.bind(features.context(device))
        return cls(features, space, bound, device, seed, setup_seconds)

    def assemble(
        self, candidate: Candidate, watch: Stopwatch | None = None
    ) -> tuple[Assembly, Costs, dict[str, float]]:
        """Build and map a candidate and check its costs; nothing is simulated.

        Args:
            candidate: to be assembled.
            watch: takes the time of each stage, also of what follows with the assembly.

        Raises:
            Infeasible: if it cannot be built, or breaks a constraint.
        """
        watch = watch or Stopwatch()
        try:
            with watch.stage("build"):
                n_features = self.features.n_components(candidate.preprocessing)
                self._check_fit(candidate)
                gate_list = lower(candidate, topology(self.device, candidate.qubits), n_features)
                self._check_length(gate_list)
            assembly = assemble(candidate, self.device, n_features, gate_list=gate_list, watch=watch)
            head = HEADS.create(candidate.head.name, candidate.head.settings)
            head.n_parameters(len(candidate.observables), self.features.dataset.n_classes)
        except (CandidateError, DeviceError) as error:
            raise Infeasible(error.message, BUILDABLE, 1.0, {BUILDABLE: 1.0}) from error
        cost = costs(assembly.mapped, self.device, assembly.n_weights, candidate.observables)
        return assembly, cost, {BUILDABLE: 0.0} | check(cost, self.space.file.constraints)

    def subject(self, assembly: Assembly) -> Subject:
        """An assembled candidate with the training part, as predictors see it."""
        from qcsearch.search.predictors import Subject

        data = self.features.prepare(assembly.candidate.preprocessing)
        words = seed_words(self.seed, assembly.candidate)
        return Subject(assembly, assembly.derive(data.Z), data.y, words)

    def can_prepare(self, candidate: Candidate) -> bool:
        """Whether the candidate's reduction can be fitted in `setup_seconds`; nothing is fitted.

        Raises:
            CandidateError: if the reduction is wrong.
        """
        seconds = self.features.fit_seconds(candidate.preprocessing)
        return self.setup_seconds is None or seconds <= self.setup_seconds

    def _check_fit(self, candidate: Candidate) -> None:
        seconds = self.features.fit_seconds(candidate.preprocessing)
        self._check_seconds(seconds, f"fitting the reduction '{candidate.preprocessing.reduction.name}'")

    def _check_seconds(self, seconds: float, what: str) -> None:
        """Refuse what cannot be interrupted and takes too much of the search's time."""
        limit = self.setup_seconds
        if limit is not None and seconds > limit:
            reason = (
                f"{what.capitalize()} takes about {seconds:.2g} s, of which this search can give {limit:.2g}."
            )
            amount = (seconds - limit) / limit
            raise Infeasible(reason, SETUP, amount, {SETUP: amount})

    def _check_length(self, gate_list: GateList) -> None:
        """Refuse what is far too long before it is mapped, which for some long circuits takes minutes.

        Mapping may cancel some two-qubit gates, and translates one into up to three: so there is a margin.
        """
        gates = gate_list.gates
        self._check_seconds(_GATE_SECONDS * len(gates), f"building a circuit of {len(gates):,} gates")
        limit = self.space.file.constraints.max_two_qubit_gates
        if limit is None:
            return
        pairs = sum(len(gate.qubits) == 2 for gate in gates)
        if pairs > _LENGTH_MARGIN * limit:
            amount = (pairs - limit) / max(limit, 1)
            reason = f"{pairs} two-qubit gates before mapping are above the limit {limit}."
            raise Infeasible(reason, "two_qubit_gates", amount, {"two_qubit_gates": amount})

    def __call__(
        self,
        trial: int,
        candidate: Candidate,
        params: Mapping[str, Json],
        *,
        rungs: Rungs | None = None,
        deadline: float | None = None,
        max_seconds: float | None = None,
        worker: str = "",
        weights0: Floats | None = None,
        head0: Floats | None = None,
        rate: float = 1.0,
        watch: Stopwatch | None = None,
    ) -> TrialRecord:
        """Evaluate one candidate.

        Args:
            trial: its number.
            candidate: what to evaluate.
            params: what it was made of.
            rungs: asked on the way whether to go on; None never stops.
            deadline: in seconds of `time.monotonic`: the training ends there with its best weights.
            max_seconds: it ends so long after its first validation, too, in which kernels are compiled if
                they have to be.
            worker: who evaluates.
            weights0: circuit weights to start from; None draws them.
            head0: head parameters to start from; None asks the head.
            rate: step size of this training over the candidate's.
            watch: takes the time of each stage; None makes one.

        Returns:
            The record: kept, cut if a clock broke the training off, infeasible, pruned, or failed if it diverged.
        """
        started, watch = time.monotonic(), watch or Stopwatch()
        record = TrialRecord(
            trial, candidate, dict(params), Outcome("kept", ""), worker=worker, versions=dict(versions())
        )
        try:
            assembly, cost, amounts = self.assemble(candidate, watch)
        except Infeasible as broken:
            outcome = Outcome("infeasible", broken.reason, constraint=broken.constraint, amount=broken.amount)
            record = replace(record, outcome=outcome, constraints=broken.amounts)
        else:
            listener = _Listener(
                self.space.ladder, candidate.training.steps, rungs or _NoRungs(), max_seconds
            )
            record = replace(record, costs=cost, constraints=amounts)
            with watch.stage("prepare"):
                self.features.prepare(candidate.preprocessing)
            with watch.stage("predictors"):
                seen = self._foresee(assembly)
            if seen is not None:
                record = seen.noted(record)
            if record.outcome.kind == "kept":
                with watch.stage("train"):
                    record = self._train(record, assembly, listener, deadline, (weights0, head0), rate)
        return replace(record, seconds=time.monotonic() - started, times=dict(watch.seconds))

    def _foresee(self, assembly: Assembly) -> Foresight | None:
        """What the space's predictors say; None if it asks for none, which saves their imports."""
        if not self.space.file.predictors:
            return None
        from qcsearch.search.foresight import foresee

        return foresee(self.subject(assembly), self.space.file.predictors)

    def _train(
        self,
        record: TrialRecord,
        assembly: Assembly,
        listener: _Listener,
        deadline: float | None,
        start: tuple[Floats | None, Floats | None],
        rate: float,
    ) -> TrialRecord:
        options = assembly.candidate.training
        data = self.features.prepare(assembly.candidate.preprocessing)
        n_classes = self.features.dataset.n_classes
        seed = seed_words(self.seed, assembly.candidate)
        fit = fit_candidate(
            assembly,
            data.Z,
            data.y,
            data.Z_val,
            data.y_val,
            n_classes,
            np.random.default_rng(seed),
            options=replace(options, learning_rate=rate * options.learning_rate),
            weights0=start[0],
            head0=start[1],
            deadline=deadline,
            on_step=listener,
            dtype=PRECISION,
        )
        record = replace(
            record,
            outcome=listener.outcome(fit),
            history=tuple((r.step, r.validation_accuracy or 0.0) for r in fit.history),
            weights=tuple(fit.weights.tolist()),
            head_parameters=tuple(fit.head_parameters.tolist()),
            steps=fit.steps,
            validation_loss=fit.validation_loss,
            stopped=listener.sentence(fit),
            seed=seed,
        )
        if not record.trained:
            return record
        scored = partial(accuracy, assembly, fit, data.Z_val, data.y_val, n_classes)
        noisy = fit.validation_accuracy if options.noise else scored()
        noiseless = scored(noise=False)
        return replace(record, validation_accuracy=noisy, validation_accuracy_noiseless=noiseless)


class _Listener:
    """Turns the validations of a training into reports at its rungs."""

    def __init__(self, ladder: Ladder, steps: int, rungs: Rungs, max_seconds: float | None) -> None:
        self._steps, self._last = ladder.steps(steps), steps
        self._rungs, self._max_seconds = rungs, max_seconds
        self._started: float | None = None
        self._next = 0
        self._step: int | None = None
        self._threshold: float | None = None
        self._reached = 0.0

    def __call__(self, step: int, validation_accuracy: float | None) -> bool:
        self._reached = max(self._reached, validation_accuracy or 0.0)
        while self._next < len(self._steps) and step >= self._steps[self._next]:
            self._threshold = self._rungs.report(self._next, self._reached)
            self._next += 1
            if self._threshold is not None:
                self._step = step
                return True
        now = time.monotonic()
        self._started = self._started or now
        if step >= self._last:  # a training that is done is not broken off
            return False
        return self._max_seconds is not None and now - self._started >= self._max_seconds

    def outcome(self, fit: Fit) -> Outcome:
        """What the end of the training means for the trial."""
        if fit.stopped == Stop.PRUNED and self._step is not None and self._threshold is not None:
            text = (
                f"Stopped at step {self._step}: validation accuracy {self._reached:.3f}, "
                f"{self._threshold:.3f} was needed."
            )
            return Outcome("pruned", text, step=self._step, threshold=self._threshold)
        if fit.stopped == Stop.DIVERGED and fit.steps == 0:
            return Outcome("failed", fit.stopped.sentence, error="Diverged")
        if fit.stopped in (Stop.BUDGET, Stop.PRUNED):
            return Outcome("cut", f"Cut short at step {fit.steps}: {self.sentence(fit)}", step=fit.steps)
        return Outcome("kept", self.sentence(fit))

    def sentence(self, fit: Fit) -> str:
        """Why the training ended."""
        if fit.stopped == Stop.PRUNED and self._threshold is None:
            return f"The {self._max_seconds:.3g} s of one trial were used up."
        return fit.stopped.sentence
