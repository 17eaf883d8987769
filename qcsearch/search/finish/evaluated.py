"""A winner that was tested, and how a baseline is scored against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.splitting import Part
from qcsearch.data.targets import Target
from qcsearch.search.finish.baselines.base import Samples
from qcsearch.search.finish.baselines.random_circuit import random_features
from qcsearch.search.finish.finalist import Finalist
from qcsearch.search.finish.local_observer import OBSERVED_SHOTS, observed
from qcsearch.search.finish.majority import majority
from qcsearch.search.run.scores import BaselineScore
from qcsearch.search.trial.objective import Objective
from qcsearch.training.expectations import Floats
from qcsearch.training.judging.residuals import absolute_errors
from qcsearch.training.judging.thresholds import chosen_thresholds
from qcsearch.training.metrics import ACCURACY
from qcsearch.training.parameters import Parameters
from qcsearch.training.predictions import Predictions
from qcsearch.training.scoring import logits
from qcsearch.training.shots.score import answers_at_shots, shot_score
from qcsearch.training.statistics import paired_difference, right, score_difference, score_interval
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["EvaluatedWinner"]

_OBSERVER = 11
"""Word of the seed of what a classical observer measures."""


@dataclass(frozen=True, eq=False)
class EvaluatedWinner:
    """A winner and what it said of the test part, against which every baseline is held.

    Attributes:
        objective: of the search.
        winner: the finalist that was chosen.
        test: the test part as `evaluate` transformed it.
        predicted: what it says of its samples under noise.
        predicted_at_shots: its answers with finitely many shots, `(n_draws, n_test, …)`.
        temperature: of its probabilities, which circuits that are trained alike have too.
        target: with the winner's decision thresholds; None if it has none.
    """

    objective: Objective
    winner: Finalist
    test: Part
    predicted: Predictions
    predicted_at_shots: NDArray[Any]
    temperature: float = 1.0
    target: Target | None = None

    def samples(self, random: bool = False) -> Samples:
        """What classical models learn from: the rows that the winner's kept weights are of.

        Of quantum states they see what `local_observer` measures.

        Args:
            random: whether what a random circuit says of them is asked for too.
        """
        features, candidate = self.objective.features, self.winner.transpiled.candidate
        data = features.prepare(candidate.preprocessing).data
        raw, raw_test = features.raw()
        if self.winner.whole is not None:
            data, raw = data.whole(), raw.whole()
        seen = [data.train.X, self.test.X, raw.train.X, raw_test]
        quantum, shots = features.dataset.quantum, self.objective.shots or OBSERVED_SHOTS
        if quantum is not None:
            rngs = np.random.default_rng([self.objective.seed, _OBSERVER]).spawn(4)
            seen = [
                observed(rows, quantum, width, shots, rng)
                for rows, width, rng in zip(seen, (2, 2, 3, 3), rngs, strict=True)
            ]
        found = self.winner.transpiled.counts(data.target, self.winner.chosen.parameters.head).total
        return Samples(
            Z=seen[0],
            Z_test=seen[1],
            X=seen[2],
            X_test=seen[3],
            y=data.train.y,
            n_parameters=found,
            seed=self.objective.seed,
            weight=data.weights(data.train),
            metric=features.metric.name,
            threshold_scoring="" if features.threshold_metric is None else features.threshold_metric.name,
            random=random_features(self.objective, self.winner, data.train.X, self.test.X)
            if random
            else None,
        )

    def score(
        self,
        name: str,
        predicted: Predictions,
        *,
        circuit: TranspiledCandidate | None = None,
        at_shots: NDArray[Any] | None = None,
    ) -> BaselineScore:
        """The score of what a baseline says of the test samples.

        Args:
            name: of the baseline.
            predicted: what it says of them.
            circuit: what said it, if it was one.
            at_shots: of a circuit, `(n_draws, n_test)`, with finitely many shots.
        """
        y, metric = self.test.y, self.objective.features.metric
        target = self.objective.features.target
        accurate = target.has_accuracy
        exact = self.objective.shots is None
        ours = self.predicted.answers if exact else self.predicted_at_shots
        theirs = predicted.answers if exact or at_shots is None else at_shots
        n_train = len(self.objective.features.split.train)
        if self.winner.whole is not None:
            n_train += len(self.objective.features.split.validation)
        return BaselineScore(
            name=name,
            quantum=circuit is not None,
            test_accuracy=ACCURACY(y, predicted) if accurate else None,
            test_interval=score_interval(ACCURACY, y, predicted) if accurate else None,
            difference=paired_difference(right(y, ours), right(y, theirs)) if accurate else None,
            test_score=metric(y, predicted),
            test_score_interval=score_interval(metric, y, predicted),
            score_difference=score_difference(metric, y, self.predicted, predicted),
            n_train=n_train,
            parameters=None if circuit is None else circuit.counts(target),
            two_qubit_gates=None if circuit is None else circuit.mapped.two_qubit_gates,
            test_at_shots=None
            if at_shots is None
            else shot_score(target, at_shots, y, self.objective.told_shots),
            test_absolute_errors=absolute_errors(target, y, predicted.answers),
        )

    def decided(self, transpiled: TranspiledCandidate, parameters: Parameters) -> Target:
        """The target as another circuit answers it: with thresholds of its own, where the winner has some.

        They are chosen by the validation part, which its weights may have learnt from.
        """
        features = self.objective.features
        if features.threshold_metric is None:
            return features.target
        part = features.prepare(transpiled.candidate.preprocessing).data.validation
        said = logits(transpiled, parameters, part.X, features.target)
        metric = features.threshold_metric
        return chosen_thresholds(features.target, said, part.y, metric, len(part), weight=part.weight)[0]

    def answers_at_shots(
        self, transpiled: TranspiledCandidate, parameters: Parameters, Z: Floats, target: Target
    ) -> NDArray[Any]:
        """Answers `(n_draws, n_samples, …)` of a circuit, as `training.shots.score` draws them."""
        seed = self.objective.seed
        return answers_at_shots(transpiled, parameters, Z, target, self.objective.told_shots, seed)

    def majority(self) -> BaselineScore:
        """That of the class that is most common in the training part."""
        y, target = self.objective.features.split.train.y, self.objective.features.target
        return replace(self.score(target.ignorant_name, majority(y, len(self.test), target)), n_train=len(y))
