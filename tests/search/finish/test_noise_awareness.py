"""What noise in the training adds: against the same training without it, and with its head refitted under noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from qcsearch.candidate.choice import Choice
from qcsearch.search.finish.baselines.base import NOISELESS, Unmeasured
from qcsearch.search.finish.finalist import Finalist
from qcsearch.search.finish.noise_awareness import HeadRefitted, TrainedNoiseless, refitted
from qcsearch.search.finish.refit import refit
from qcsearch.search.run.result import SearchResult
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import rank
from qcsearch.training.heads.linear import Linear
from qcsearch.training.heads.mlp import MultiLayerPerceptron
from qcsearch.training.heads.none import NoHead
from qcsearch.training.loop.head import converged_head
from qcsearch.training.losses import LOSSES
from qcsearch.training.shots.perturbation import ShotNoise


@pytest.fixture(scope="module")
def winner(objective: Objective, finished: SearchResult) -> Finalist:
    return refit(objective, rank(finished.records), deadline=None, emit=lambda event: None)[0]


@pytest.mark.parametrize("head", [Linear(), MultiLayerPerceptron(hidden=3)])
@pytest.mark.parametrize("penalty", [1e-2, 1e-1])
def test_a_converged_head_has_no_slope_left(head: Linear | MultiLayerPerceptron, penalty: float) -> None:
    rng = np.random.default_rng(0)
    values, y = rng.uniform(-0.3, 0.3, (60, 4)), rng.integers(3, size=60)
    start = head.initial(4, 3, rng)
    found = converged_head(head, values, y, 3, loss="cross_entropy", start=start, penalty=penalty)

    def loss_and_slope(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        loss, dlogits = LOSSES.create("cross_entropy")(head.logits(values, parameters, 3), y, head.targets(3))
        strength = penalty * values.var(axis=0).mean()
        return (
            loss + strength / 2 * parameters @ parameters,
            head.backward(values, parameters, dlogits)[1] + strength * parameters,
        )

    assert np.abs(loss_and_slope(found)[1]).max() < 1e-4
    assert loss_and_slope(found)[0] < loss_and_slope(start)[0]


def test_a_linear_head_is_the_same_from_wherever_it_starts() -> None:
    rng = np.random.default_rng(1)
    values, y = rng.uniform(-0.3, 0.3, (60, 4)), rng.integers(3, size=60)
    heads = [
        converged_head(
            Linear(),
            values,
            y,
            3,
            loss="smoothed_cross_entropy",
            start=scale * rng.normal(size=15),
            penalty=3e-2,
        )
        for scale in (0.1, 3.0)
    ]
    assert heads[0] == pytest.approx(heads[1], abs=5e-3)


@pytest.mark.parametrize("size", [0.1, 1e-3])
def test_a_penalty_weighs_as_much_where_noise_has_shrunk_the_values(size: float) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    values = 0.2 * rng.normal(size=(120, 5)) + 0.25 * np.eye(3, 5)[y]
    said = []
    for shrunk in (values, size * values):
        start = np.zeros(18)
        found = converged_head(Linear(), shrunk, y, 3, loss="cross_entropy", start=start, penalty=0.1)
        said.append(softmax(Linear().logits(shrunk, found, 3), axis=1))
    assert np.mean(said[0].argmax(axis=1) == y) > 0.6
    np.testing.assert_allclose(said[0], said[1], atol=0.02)


def test_a_head_without_parameters_stays_without() -> None:
    found = converged_head(
        NoHead(), np.zeros((4, 1)), np.array([0, 1, 0, 1]), 2, loss="mse", start=np.zeros(0)
    )
    assert not len(found)


def test_the_training_without_noise_is_the_winners_own_but_for_the_noise(
    winner: Finalist, objective: Objective
) -> None:
    found = TrainedNoiseless().train(objective, winner, None)
    assert found.transpiled is winner.transpiled
    assert found.parameters != winner.chosen.parameters
    candidate = winner.transpiled.candidate
    silent = replace(candidate, training=replace(candidate.training, noise=False))
    alone = replace(winner, transpiled=replace(winner.transpiled, candidate=silent))
    with pytest.raises(Unmeasured, match="without noise itself"):
        TrainedNoiseless().train(objective, alone, None)


@pytest.mark.parametrize("shots", [None, 32])
def test_the_refitted_head_has_the_weights_and_a_lower_loss_under_noise(
    winner: Finalist, objective: Objective, shots: int | None
) -> None:
    before = TrainedNoiseless().train(objective, winner, None)
    found = HeadRefitted().train(replace(objective, shots=shots), winner, None, {NOISELESS: before})
    assert np.array_equal(found.parameters.weights, before.parameters.weights)
    circuit, data = (
        winner.transpiled,
        objective.features.prepare(winner.transpiled.candidate.preprocessing).data,
    )
    whole = data.whole().train
    values, y = circuit.compile().values(circuit.derive(whole.X), found.parameters.weights), whole.y
    if shots is not None:
        values, y = ShotNoise(shots).repeated(values, y)
    losses = [
        LOSSES.create("cross_entropy")(Linear().logits(values, one.parameters.head, 2), y, np.eye(2))[0]
        for one in (found, before)
    ]
    assert losses[0] < losses[1]


def test_without_the_training_there_is_nothing_to_refit(winner: Finalist, objective: Objective) -> None:
    with pytest.raises(Unmeasured, match="winner trained without noise"):
        HeadRefitted().train(objective, winner, None)


def test_a_fitted_head_is_fitted_again(winner: Finalist, objective: Objective) -> None:
    candidate = replace(winner.transpiled.candidate, head=Choice("kernel_ridge"))
    circuit = replace(winner.transpiled, candidate=candidate)
    data = objective.features.prepare(candidate.preprocessing).data
    found = refitted(circuit, winner.chosen.parameters, data, whole=True)
    assert len(found.head) > len(winner.chosen.parameters.head)
