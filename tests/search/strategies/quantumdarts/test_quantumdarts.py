from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from qcsearch.candidate.choice import Choice
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import StrategyContext
from qcsearch.search.strategies.quantumdarts.differentiable import DifferentiableSearch, straight_through
from qcsearch.search.strategies.quantumdarts.quantumdarts import QuantumDARTSSearch
from qcsearch.search.trial.objective import Objective

MakeContext = Callable[..., StrategyContext]


@pytest.fixture
def search(context: MakeContext, layered_objective: Objective) -> DifferentiableSearch:
    return DifferentiableSearch(QuantumDARTSSearch(), context(on=layered_objective))


def test_a_sample_is_drawn_by_the_softmax_of_the_logits_whatever_the_temperature() -> None:
    logits = np.array([0.0, 1.0, -1.0])
    rng = np.random.default_rng(0)
    for temperature in (0.1, 3.0):
        drawn = [straight_through(logits, temperature, rng)[0] for _ in range(4000)]
        assert np.unique(drawn).tolist() == [0.0, 1.0]
        np.testing.assert_allclose(np.mean(drawn, axis=0), softmax(logits), atol=0.03)


def test_the_gradient_by_logits_is_that_of_the_relaxed_choice() -> None:
    logits, weights = np.random.default_rng(1).normal(size=(2, 3, 4))
    _, back = straight_through(logits, 0.7, np.random.default_rng(2))
    noise = np.random.default_rng(2).gumbel(size=logits.shape)

    def relaxed(given: np.ndarray) -> float:
        return float(np.sum(weights * softmax((given + noise) / 0.7, axis=-1)))

    found = back(weights)
    for place in np.ndindex(3, 4):
        step = np.zeros((3, 4))
        step[place] = 1e-6
        slope = (relaxed(logits + step) - relaxed(logits - step)) / 2e-6
        assert found[place] == pytest.approx(slope, abs=1e-7)


def test_the_circuit_of_all_gates_at_a_choice_is_the_circuit_of_the_chosen_gates(
    search: DifferentiableSearch,
) -> None:
    placeholders, rng = search.placeholders, np.random.default_rng(0)
    for _ in range(10):
        singles = rng.integers(4, size=(placeholders.n_layers, placeholders.n_qubits))
        entangled = rng.integers(2, size=(placeholders.n_layers, len(placeholders.couplings)))
        gates, numbers = placeholders.chosen(singles, entangled)
        if not numbers:
            continue
        there = np.eye(4)[singles][..., :3].ravel()
        whole = np.concatenate([there * search.parts["angles"], np.pi * (1 - entangled.ravel())])
        X = rng.uniform(-1, 1, (5, 2))
        part = search._task.program(search._candidate(gates)).values(X, search.parts["angles"][numbers])
        np.testing.assert_allclose(search._program.values(X, whole), part, atol=1e-12)


@pytest.mark.parametrize("micro", [False, True])
def test_slopes_are_those_of_finite_differences_by_angles_choices_and_head(
    context: MakeContext, layered_objective: Objective, micro: bool
) -> None:
    search = DifferentiableSearch(QuantumDARTSSearch(micro=micro), context(on=layered_objective))
    placeholders, rng = search.placeholders, np.random.default_rng(0)
    singles = rng.random(search.parts["singles"].shape)
    entangled = rng.random(search.parts["pairs"].shape)

    def loss() -> float:
        there = np.broadcast_to(singles[..., :3], (placeholders.n_layers, placeholders.n_qubits, 3)).ravel()
        present = np.broadcast_to(
            entangled[..., 0], (placeholders.n_layers, len(placeholders.couplings))
        ).ravel()
        theta = np.concatenate([there * search.parts["angles"], np.pi * present, search.parts["head"]])
        return search._task.loss(search._program, theta, 2)

    found = search.slopes(singles, entangled, 2)
    for name, part in (
        ("angles", search.parts["angles"]),
        ("head", search.parts["head"]),
        ("singles", singles),
        ("pairs", entangled),
    ):
        flat, slopes = part.reshape(-1), found[name].reshape(-1)
        assert np.shares_memory(flat, part)
        for number in range(0, len(flat), 3):
            kept = flat[number]
            flat[number] = kept + 1e-5
            above = loss()
            flat[number] = kept - 1e-5
            below = loss()
            flat[number] = kept
            assert slopes[number] == pytest.approx((above - below) / 2e-5, abs=1e-7)


def test_a_search_learns_a_circuit_that_starts_well_without_training(
    context: MakeContext, layered_objective: Objective
) -> None:
    proposal = QuantumDARTSSearch(steps=150).propose(context(on=layered_objective))
    record = layered_objective(0, proposal.candidate, {}, start=proposal.start)
    cold = layered_objective(0, proposal.candidate, {})
    assert record.history[0][1] > 0.7
    assert record.history[0][1] > cold.history[0][1]
    assert 0.5 < proposal.predictors["certainty"] <= 1.0


def test_a_micro_search_repeats_one_cell(context: MakeContext, layered_objective: Objective) -> None:
    settings = QuantumDARTSSearch(steps=20, micro=True)
    candidate = settings.propose(context(on=layered_objective, params={"n_layers": 2})).candidate
    gates = [(gate["name"], gate["qubits"]) for gate in candidate.ansatz.settings["gates"]]
    half = len(gates) // 2
    assert gates[:half] == gates[half:]
    assert gates


def test_the_likeliest_circuit_gives_way_to_one_that_keeps_the_constraints(
    context: MakeContext, layered_objective: Objective
) -> None:
    text = layered_objective.space.text.replace(
        "[ladder]", "[constraints]\nmax_two_qubit_gates = 0\n[ladder]"
    )
    strict = replace(layered_objective, space=SearchSpace.from_toml(text))
    search = DifferentiableSearch(QuantumDARTSSearch(), context(on=strict))
    search.parts["pairs"][..., 0] = 0.1
    assert {"name": "cz", "qubits": [0, 1]} in _gates(search, [[0, 0]] * 2, [[0]] * 2)
    candidate = search.proposal().candidate
    assert not any(gate["name"] == "cz" for gate in candidate.ansatz.settings["gates"])
    assert candidate.ansatz != Choice("gates")


def _gates(
    search: DifferentiableSearch, singles: list[list[int]], entangled: list[list[int]]
) -> list[object]:
    gates, _ = search.placeholders.chosen(np.array(singles), np.array(entangled))
    return [gate.to_json() for gate in gates]
