"""The objective: one candidate from its parameters to its record; a plain function that needs no study."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.input_layers import make_input_layer
from qcsearch.circuits.lowering import lower
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.space.bound import BoundSpace
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.constraints import BUILDABLE, Infeasible, check, check_parameters, costs
from qcsearch.search.trial.control import TO_THE_END, RungReporter, TrialControl
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.folds import FoldFit, fold_fit, train_fold
from qcsearch.search.trial.out_of_fold import out_of_fold
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.search.trial.seeds import PRECISION, seed_words
from qcsearch.search.trial.setup import check_length, check_seconds
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

__all__ = ["Objective"]


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
        n_folds: of small data, by how many folds each candidate is judged; 0 for the validation part alone.
    """

    features: Features
    space: SearchSpace
    bound: BoundSpace
    device: Device
    seed: int
    setup_seconds: float | None = None
    shots: int | None = None
    n_folds: int = 0

    @classmethod
    def of(
        cls,
        features: Features,
        space: SearchSpace,
        device: Device,
        seed: int,
        setup_seconds: float | None = None,
        shots: int | None = None,
        *,
        tuned: bool = False,
    ) -> Objective:
        """Bind a space to data and device.

        Data of classes are small if the split cut off fewer samples for validation than the space says; not in a
        tuning, whose candidates come with weights that have seen the whole training part.

        Raises:
            SpaceError: if none of the alternatives of a part is possible for them.
        """
        plan, few = space.file.small, len(features.split.validation)
        small = not tuned and features.foldable and few < plan.below
        bound = space.bind(replace(features.context(device), small=small))
        n_folds = plan.folds if small else 0
        return cls(features, space, bound, device, seed, setup_seconds, shots, n_folds)

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
                check_length(gate_list, self.space.file.constraints.max_two_qubit_gates, self.setup_seconds)
                n_layer = make_input_layer(candidate).n_parameters(n_features, candidate.n_qubits)
                parameters = ParameterCounts.of(gate_list, self._check_head(candidate), n_layer)
                check_parameters(parameters, self.space.file.constraints)
            transpiled = transpile_candidate(
                candidate, self.device, n_features, gate_list=gate_list, watch=watch
            )
        except (CandidateError, DeviceError) as error:
            raise Infeasible(error.message, BUILDABLE, 1.0, {BUILDABLE: 1.0}) from error
        cost = costs(transpiled.mapped, self.device, parameters, candidate.observables, self.shots)
        return transpiled, cost, {BUILDABLE: 0.0} | check(cost, self.space.file.constraints)

    def fold_fit(
        self, candidate: Candidate, number: int, *, repeat: int = 0, deadline: float | None = None
    ) -> FoldFit:
        """Train a candidate on one of the folds, from drawn weights.

        Args:
            candidate: what to train.
            number: of the fold.
            repeat: which folds, see `Features.folds`, and which start.
            deadline: in seconds of `time.monotonic`; None for no limit.

        Raises:
            Infeasible: if it cannot be built for the features that vary in this fold.
        """
        fold = self.features.folds(self.n_folds, repeat)[number]
        transpiled, _, _ = replace(self, features=fold.features, setup_seconds=None).transpile(candidate)
        words = (*seed_words(self.seed, candidate, repeat), number + 1)
        return train_fold(transpiled, fold, words, deadline, self.shots)

    def predictor_input(self, transpiled: TranspiledCandidate) -> PredictorInput:
        """A transpiled candidate with the training part, as predictors see it."""
        from qcsearch.search.predictors import PredictorInput

        train = self.features.prepare(transpiled.candidate.preprocessing).data.train
        words = seed_words(self.seed, transpiled.candidate)
        layer = transpiled.initial_input_layer(np.random.default_rng(words))
        features = transpiled.derive(train.X, Parameters(input_layer=layer))
        return PredictorInput(transpiled, features, train.y, words)

    def can_prepare(self, candidate: Candidate) -> bool:
        """Whether the candidate's reduction can be fitted in `setup_seconds`; nothing is fitted.

        Raises:
            CandidateError: if the reduction is wrong.
        """
        seconds = self.features.fit_seconds(candidate.preprocessing)
        return self.setup_seconds is None or seconds <= self.setup_seconds

    def _check_fit(self, candidate: Candidate) -> None:
        seconds = self.features.fit_seconds(candidate.preprocessing)
        check_seconds(
            self.setup_seconds, seconds, f"fitting the reduction '{candidate.preprocessing.reduction.name}'"
        )

    def _check_head(self, candidate: Candidate) -> int:
        """How many parameters the head may have; refused if it takes too long to be fitted, or cannot be weighted."""
        check_target(candidate, self.features.target)
        if self.features.weighted:
            check_weighted(candidate)
        head, target, n_train = make_head(candidate), self.features.target, len(self.features.split.train)
        if isinstance(head, FittedHead):
            seconds = head.fit_seconds(n_train, len(candidate.observables), target.n_outputs)
            check_seconds(self.setup_seconds, seconds, f"fitting the head '{candidate.head.name}'")
        return n_head_parameters(candidate, target)

    def __call__(
        self,
        trial: int,
        candidate: Candidate,
        params: Mapping[str, Json],
        *,
        control: TrialControl = TO_THE_END,
        worker: str = "",
        start: Parameters = DRAWN,
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
                    record = self._train(record, transpiled, control, start)
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
    ) -> TrialRecord:
        options, started = transpiled.candidate.training, time.monotonic()
        data = self.features.prepare(transpiled.candidate.preprocessing).data
        seed = seed_words(self.seed, transpiled.candidate)
        reporter = RungReporter(self.space.ladder, options.steps, control, self.features.metric.name)
        fit = fit_candidate(
            transpiled,
            data,
            np.random.default_rng(seed),
            start=start,
            control=TrainingControl(control.deadline, reporter, last=self.n_folds > 0),
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
        assert record.costs is not None
        costs = replace(record.costs, parameters=transpiled.counts(data.target, fit.parameters.head))
        record = replace(record, costs=costs)
        if self.n_folds and record.outcome.kind == "kept":
            folds, train = self.features.folds(self.n_folds), partial(self.fold_fit, transpiled.candidate)
            first = fold_fit(folds[0], transpiled, fit, self.shots)
            return out_of_fold(record, first, folds, train, control.since(started))
        scored = partial(validation_score, transpiled, fit.parameters, data)
        chosen_by = fit.validation_score if options.noise else scored(shots=self.shots)
        return replace(
            record,
            validation_score=chosen_by,
            validation_score_noisy=chosen_by if self.shots is None else scored(),
            validation_score_noiseless=scored(noise=False),
        )
