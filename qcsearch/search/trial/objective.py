"""The objective: one candidate from its parameters to its record; a plain function that needs no study."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.gate import GateList
from qcsearch.circuits.lowering import lower
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.budget import SETUP
from qcsearch.search.space.bound import BoundSpace
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.constraints import BUILDABLE, Infeasible, check, check_parameters, costs
from qcsearch.search.trial.control import TO_THE_END, RungReporter, TrialControl
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.search.trial.seeds import seed_words
from qcsearch.search.trial.versions import versions
from qcsearch.stopwatch import Stopwatch
from qcsearch.storage.canonical import Json
from qcsearch.training.heads import FittedHead, make_head, n_head_parameters
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.options import check_target, check_weighted
from qcsearch.training.parameters import DRAWN, ParameterCounts, Parameters
from qcsearch.training.scoring import validation_score
from qcsearch.training.shots.score import TOLD_SHOTS
from qcsearch.training.single import fit_candidate
from qcsearch.training.transpiled import TranspiledCandidate, transpile_candidate

if TYPE_CHECKING:
    from qcsearch.search.predictors import PredictorInput
    from qcsearch.search.trial.predictor_limits import PredictorResults

__all__ = ["PRECISION", "Objective"]

PRECISION = "float32"
"""Of all trainings in a search, its refit too, which take about half as long; finalists are scored in double."""

_LENGTH_MARGIN = 1.5
_GATE_SECONDS = 2e-4
"""Of each gate, about: to build it, to map it, and to compile the three programs of a trial."""


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
        shots: of each measurement basis of a prediction; None for infinitely many.
    """

    features: Features
    space: SearchSpace
    bound: BoundSpace
    device: Device
    seed: int
    setup_seconds: float | None = None
    shots: int | None = None

    @classmethod
    def of(
        cls,
        features: Features,
        space: SearchSpace,
        device: Device,
        seed: int,
        setup_seconds: float | None = None,
        shots: int | None = None,
    ) -> Objective:
        """Bind a space to data and device.

        Raises:
            SpaceError: if none of the alternatives of a part is possible for them.
        """
        bound = space.bind(features.context(device))
        return cls(features, space, bound, device, seed, setup_seconds, shots)

    @property
    def told_shots(self) -> int:
        """The finite number of shots that scores are told at."""
        return self.shots or TOLD_SHOTS

    def transpile(
        self, candidate: Candidate, watch: Stopwatch | None = None
    ) -> tuple[TranspiledCandidate, Costs, dict[str, float]]:
        """Build and map a candidate and check its costs; nothing is simulated.

        Args:
            candidate: to be transpiled.
            watch: takes the time of each stage, also of what follows with the transpiled.

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
                parameters = ParameterCounts.of(gate_list, self._check_head(candidate))
                check_parameters(parameters, self.space.file.constraints)
            transpiled = transpile_candidate(
                candidate, self.device, n_features, gate_list=gate_list, watch=watch
            )
        except (CandidateError, DeviceError) as error:
            raise Infeasible(error.message, BUILDABLE, 1.0, {BUILDABLE: 1.0}) from error
        cost = costs(transpiled.mapped, self.device, parameters, candidate.observables, self.shots)
        return transpiled, cost, {BUILDABLE: 0.0} | check(cost, self.space.file.constraints)

    def predictor_input(self, transpiled: TranspiledCandidate) -> PredictorInput:
        """A transpiled candidate with the training part, as predictors see it."""
        from qcsearch.search.predictors import PredictorInput

        train = self.features.prepare(transpiled.candidate.preprocessing).data.train
        words = seed_words(self.seed, transpiled.candidate)
        return PredictorInput(transpiled, transpiled.derive(train.X), train.y, words)

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

    def _check_head(self, candidate: Candidate) -> int:
        """How many parameters the head may have; refused if it takes too long to be fitted, or cannot be weighted."""
        check_target(candidate, self.features.target)
        if self.features.weighted:
            check_weighted(candidate)
        head, target, n_train = make_head(candidate), self.features.target, len(self.features.split.train)
        if isinstance(head, FittedHead):
            seconds = head.fit_seconds(n_train, len(candidate.observables), target.n_outputs)
            self._check_seconds(seconds, f"fitting the head '{candidate.head.name}'")
        return n_head_parameters(candidate, target)

    def _check_seconds(self, seconds: float, what: str) -> None:
        """Refuse what cannot be interrupted and takes too much of the search's time."""
        limit = self.setup_seconds
        if limit is not None and seconds > limit:
            reason = (
                f"{what.capitalize()} takes about {seconds:.2g} s, of which this search can give {limit:.2g}."
            )
            violation = (seconds - limit) / limit
            raise Infeasible(reason, SETUP, violation, {SETUP: violation})

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
            violation = (pairs - limit) / max(limit, 1)
            reason = f"{pairs} two-qubit gates before mapping are above the limit {limit}."
            raise Infeasible(reason, "two_qubit_gates", violation, {"two_qubit_gates": violation})

    def __call__(
        self,
        trial: int,
        candidate: Candidate,
        params: Mapping[str, Json],
        *,
        control: TrialControl = TO_THE_END,
        worker: str = "",
        start: Parameters = DRAWN,
        rate: float = 1.0,
        watch: Stopwatch | None = None,
    ) -> TrialRecord:
        """Evaluate one candidate.

        Args:
            trial: its number.
            candidate: what to evaluate.
            params: what it was made of.
            control: what may end its training early.
            worker: who evaluates.
            start: where its training starts; an empty part is drawn.
            rate: step size of this training over the candidate's.
            watch: takes the time of each stage; None makes one.

        Returns:
            The record: kept, cut if a deadline ended its training early, infeasible, pruned, or failed if it diverged.
        """
        started, watch = time.monotonic(), watch or Stopwatch()
        record = TrialRecord(
            trial, candidate, dict(params), Outcome("kept", ""), worker=worker, versions=dict(versions())
        )
        try:
            transpiled, cost, violations = self.transpile(candidate, watch)
        except Infeasible as broken:
            outcome = Outcome(
                "infeasible", broken.reason, constraint=broken.constraint, violation=broken.violation
            )
            record = replace(record, outcome=outcome, constraints=broken.violations)
        else:
            record = replace(record, costs=cost, constraints=violations)
            with watch.stage("prepare"):
                self.features.prepare(candidate.preprocessing)
            with watch.stage("predictors"):
                seen = self._ask_predictors(transpiled)
            if seen is not None:
                record = seen.noted(record)
            if record.outcome.kind == "kept":
                with watch.stage("train"):
                    record = self._train(record, transpiled, control, start, rate)
        return replace(record, seconds=time.monotonic() - started, times=dict(watch.seconds))

    def _ask_predictors(self, transpiled: TranspiledCandidate) -> PredictorResults | None:
        """What the space's predictors say; None if it asks for none, which saves their imports."""
        if not self.space.file.predictors:
            return None
        from qcsearch.search.trial.predictor_limits import ask_predictors

        return ask_predictors(self.predictor_input(transpiled), self.space.file.predictors)

    def _train(
        self,
        record: TrialRecord,
        transpiled: TranspiledCandidate,
        control: TrialControl,
        start: Parameters,
        rate: float,
    ) -> TrialRecord:
        options = transpiled.candidate.training
        data = self.features.prepare(transpiled.candidate.preprocessing).data
        seed = seed_words(self.seed, transpiled.candidate)
        reporter = RungReporter(self.space.ladder, options.steps, control, self.features.metric.name)
        fit = fit_candidate(
            transpiled,
            data,
            np.random.default_rng(seed),
            options=replace(options, learning_rate=rate * options.learning_rate),
            start=start,
            control=TrainingControl(control.deadline, reporter),
            dtype=PRECISION,
            shots=self.shots,
        )
        record = replace(
            record,
            outcome=reporter.outcome(fit),
            history=tuple(
                (r.step, r.validation_score) for r in fit.history if r.validation_score is not None
            ),
            parameters=fit.parameters,
            steps=fit.steps,
            metric=self.features.metric.name,
            validation_loss=fit.validation_loss,
            stopped=reporter.sentence(fit),
            seed=seed,
        )
        if not record.trained:
            return record
        scored = partial(validation_score, transpiled, fit.parameters, data)
        chosen_by = fit.validation_score if options.noise else scored(shots=self.shots)
        assert record.costs is not None
        return replace(
            record,
            costs=replace(record.costs, parameters=transpiled.counts(data.target, fit.parameters.head)),
            validation_score=chosen_by,
            validation_score_noisy=chosen_by if self.shots is None else scored(),
            validation_score_noiseless=scored(noise=False),
        )
