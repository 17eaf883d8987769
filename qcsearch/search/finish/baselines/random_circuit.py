"""The winner's circuit with random weights and a trained head: what the training of the circuit adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qcsearch.search.finish.baselines.base import RANDOM, RandomFeatures, Samples
from qcsearch.search.finish.baselines.tuning import fitted
from qcsearch.training.expectations import Floats
from qcsearch.training.predictions import Predictions

if TYPE_CHECKING:
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective

__all__ = ["RandomCircuit", "random_features"]

_STRENGTHS = (1.0, 100.0, 1e4)
_PENALTIES = (1e-2, 1e-4)


@dataclass(frozen=True)
class RandomCircuit:
    """The winner's circuit with the weights that its training began with, and a head fitted to what it says.

    A fixed random circuit below a fitted linear layer is a quantum extreme learning machine (Mujal et al., Adv.
    Quantum Technol. 4, 2100027 (2021)), the quantum kin of random features (Rahimi and Recht, NeurIPS 2008). The head
    is logistic regression, or a perceptron with as many hidden units where the winner's is one; it is fitted to
    convergence with a penalty that is tuned, not by the winner's steps, which were tuned for another circuit.
    """

    name: str = RANDOM

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.neural_network import MLPClassifier

        random = samples.random
        assert random is not None
        model: Any = LogisticRegression(max_iter=2_000)
        grid: dict[str, tuple[float, ...]] = {"C": _STRENGTHS}
        if random.n_hidden:
            units = (random.n_hidden,)
            model = MLPClassifier(
                units, activation="tanh", solver="lbfgs", max_iter=2_000, random_state=samples.seed
            )
            grid = {"alpha": _PENALTIES}
        found = fitted(model, grid, random.values, samples)
        classes = np.stack([found.predict(values) for values in random.values_test])
        exact = random.values_test[0]
        return Predictions(classes, found.predict_proba(exact) if samples.needs_probabilities else None)


def random_features(objective: Objective, winner: Finalist, Z: Floats, Z_test: Floats) -> RandomFeatures:
    """What the winner's circuit says with the weights that its training began with.

    Args:
        objective: of the search.
        winner: the finalist that won.
        Z: angles of the samples to learn from, `(n_train, n_components)`.
        Z_test: those of the test part.
    """
    # Here, so that the process which fits the heads imports no engine.
    from qcsearch.search.finish.baselines.training import alike
    from qcsearch.training.heads import make_head
    from qcsearch.training.heads.mlp import MultiLayerPerceptron
    from qcsearch.training.shots.sampling import sampled_values
    from qcsearch.training.shots.score import DRAWS

    circuit = winner.transpiled
    _, rng = alike(objective, winner, circuit)
    weights, head = circuit.initial_weights(rng), make_head(circuit.candidate)
    trained = circuit.compile(circuit.candidate.training.noise)
    X_test = circuit.derive(Z_test)
    draws = np.random.default_rng([objective.seed, objective.told_shots])
    measured = sampled_values(circuit, weights, X_test, objective.told_shots, draws, DRAWS)
    X = circuit.derive(Z)
    if objective.shots is None:
        values = trained.values(X, weights)
    else:  # a head that is to read measured values learns from measured values
        values = next(sampled_values(circuit, weights, X, objective.shots, draws, 1))
    return RandomFeatures(
        values=values,
        values_test=np.stack([circuit.compile().values(X_test, weights), *measured]),
        n_hidden=head.hidden if isinstance(head, MultiLayerPerceptron) else 0,
    )
