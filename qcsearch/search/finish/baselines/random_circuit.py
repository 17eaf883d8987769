"""The winner's circuit with random weights and a trained head: what the training of the circuit adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qcsearch.search.finish.baselines.base import RANDOM, RandomFeatures, Samples, Unmeasured
from qcsearch.search.finish.baselines.tuning import decided, fitted
from qcsearch.storage import canonical
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
    convergence with a penalty that is tuned, not by the winner's steps, which were tuned for another circuit. A head
    that is fitted is the winner's own, fitted to this circuit.
    """

    name: str = RANDOM

    def predict(self, samples: Samples) -> Predictions:
        """See `Classical`."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.neural_network import MLPClassifier

        random = samples.random
        if random is None:
            raise Unmeasured("The winner's circuit has no weights to train.")
        if random.head:
            return _kernel(random, samples)
        model: Any = LogisticRegression(max_iter=2_000)
        grid: dict[str, tuple[float, ...]] = {"C": _STRENGTHS}
        if random.n_hidden:
            units = (random.n_hidden,)
            model = MLPClassifier(
                units, activation="tanh", solver="lbfgs", max_iter=2_000, random_state=samples.seed
            )
            grid = {"alpha": _PENALTIES}
        found = fitted(model, grid, random.values, samples)
        decide = decided(found, random.values, samples)
        classes = np.stack([decide(values) for values in random.values_test])
        exact = random.values_test[0]
        return Predictions(classes, found.predict_proba(exact) if samples.needs_probabilities else None)


def _kernel(random: RandomFeatures, samples: Samples) -> Predictions:
    """With a head of the winner's kind."""
    from scipy.special import softmax

    from qcsearch.candidate.choice import Choice
    from qcsearch.training.heads import HEADS, FittedHead

    choice = Choice.from_json(canonical.loads(random.head.encode()))
    head, n_classes = HEADS.create(choice.name, choice.settings), int(samples.y.max()) + 1
    assert isinstance(head, FittedHead)
    parameters = head.fit(
        random.values, samples.y, n_classes, *([] if samples.weight is None else [samples.weight])
    )
    logits = np.stack([head.logits(values, parameters, n_classes) for values in random.values_test])
    probabilities = softmax(logits[0], axis=1) if samples.needs_probabilities else None
    return Predictions(np.argmax(logits, axis=2), probabilities)


def random_features(objective: Objective, winner: Finalist, Z: Floats, Z_test: Floats) -> RandomFeatures:
    """What the winner's circuit says with the weights, and the input layer, that its training began with.

    Args:
        objective: of the search.
        winner: the finalist that won.
        Z: angles of the samples to learn from, `(n_train, n_components)`.
        Z_test: those of the test part.
    """
    # Here, so that the process which fits the heads imports no engine.
    from qcsearch.search.finish.baselines.training import alike
    from qcsearch.training.heads import FittedHead, make_head
    from qcsearch.training.heads.mlp import MultiLayerPerceptron
    from qcsearch.training.parameters import Parameters
    from qcsearch.training.shots.sampling import sampled_values
    from qcsearch.training.shots.score import DRAWS

    circuit = winner.transpiled
    _, rng = alike(objective, winner, circuit)
    weights, head = circuit.initial_weights(rng), make_head(circuit.candidate)
    trained = circuit.compile(circuit.candidate.training.noise)
    drawn = Parameters(weights, input_layer=circuit.initial_input_layer(rng))
    X_test = circuit.derive(Z_test, drawn)
    draws = np.random.default_rng([objective.seed, objective.told_shots])
    measured = sampled_values(circuit, weights, X_test, objective.told_shots, draws, DRAWS)
    X = circuit.derive(Z, drawn)
    if objective.shots is None:
        values = trained.values(X, weights)
    else:  # a head that is to read measured values learns from measured values
        values = next(sampled_values(circuit, weights, X, objective.shots, draws, 1))
    return RandomFeatures(
        values=values,
        values_test=np.stack([circuit.compile().values(X_test, weights), *measured]),
        n_hidden=head.hidden if isinstance(head, MultiLayerPerceptron) else 0,
        head=canonical.dumps(circuit.candidate.head.to_json()) if isinstance(head, FittedHead) else "",
    )
