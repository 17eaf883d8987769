"""What one trial proposes: QuantumNAS, supernets, QuantumDARTS, the expressibility search."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import Operator

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.lowering import lower
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.search.predictors import PREDICTORS
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import CircuitGenerator, StrategyContext
from qcsearch.search.strategies.expressibility import ExpressibilitySearch
from qcsearch.search.strategies.ingredients.evolution import Evolution
from qcsearch.search.strategies.ingredients.genes import LayerSpace
from qcsearch.search.strategies.quantumdarts.quantumdarts import QuantumDARTSSearch
from qcsearch.search.strategies.quantumnas.pruning import smallest, train_and_prune, without
from qcsearch.search.strategies.quantumnas.quantumnas import QuantumNASSearch
from qcsearch.search.strategies.supernet import SupernetSearch
from qcsearch.search.trial.objective import Objective
from qcsearch.training.parameters import DRAWN

MakeContext = Callable[..., StrategyContext]

FEW = Evolution(population=4, parents=2, mutations=2, crossovers=1, generations=2)
SMALL = QuantumNASSearch(evolution=FEW, epochs=2, warm_up=1, pruned=(0.3, 0.6))
EXPRESSIVE = ExpressibilitySearch(evolution=FEW)
SUPERNETS = SupernetSearch(supernets=2, steps=4, ranked=4)
DARTS = QuantumDARTSSearch(steps=5)
SMALL_ONES = pytest.mark.parametrize(
    "strategy",
    [SMALL, EXPRESSIVE, SUPERNETS, DARTS],
    ids=["quantumnas", "expressibility", "supernet", "quantumdarts"],
)


@pytest.fixture
def given(context: MakeContext, layered_objective: Objective) -> StrategyContext:
    return context(on=layered_objective)


@SMALL_ONES
def test_it_makes_its_candidates_and_the_same_brief_gives_the_same(
    strategy: CircuitGenerator, context: MakeContext, layered_objective: Objective
) -> None:
    assert isinstance(strategy, CircuitGenerator)
    first, again, other = (strategy.propose(context(on=layered_objective, seed=s)) for s in (1, 1, 2))
    assert (first.candidate, first.predictors) == (again.candidate, again.predictors)
    assert (first.candidate, first.predictors) != (other.candidate, other.predictors)


@SMALL_ONES
def test_where_no_circuit_keeps_the_constraints_one_is_proposed_that_breaks_them(
    strategy: CircuitGenerator, context: MakeContext, layered_objective: Objective
) -> None:
    text = layered_objective.space.text.replace(
        "[ladder]", "[constraints]\nmin_estimated_success_probability = 0.999999\n[ladder]"
    )
    strict = replace(layered_objective, space=SearchSpace.from_toml(text))
    proposal = strategy.propose(context(on=strict))
    assert (proposal.predictors, proposal.start) == ({}, DRAWN)
    assert strict(0, proposal.candidate, {}).outcome.kind == "infeasible"


@SMALL_ONES
def test_when_the_time_is_used_up_something_is_proposed(
    strategy: CircuitGenerator, context: MakeContext, layered_objective: Objective
) -> None:
    endless = replace(
        strategy, **{name: 10**6 for name in ("epochs", "steps", "ranked") if hasattr(strategy, name)}
    )
    if hasattr(strategy, "evolution"):
        endless = replace(endless, evolution=Evolution(generations=10**6))
    started = time.monotonic()
    proposal = endless.propose(context(on=layered_objective, until=started + 1.0))
    assert time.monotonic() - started < 6
    assert layered_objective(0, proposal.candidate, {}).outcome.kind == "kept"


def test_the_expressibility_search_proposes_the_least_expressibility_it_scored(
    given: StrategyContext,
) -> None:
    proposal = EXPRESSIVE.propose(given)
    objective = given.objective
    expressibility = PREDICTORS.create("expressibility")

    def score(candidate: Candidate) -> float:
        return expressibility(objective.predictor_input(objective.transpile(candidate)[0]))

    space = LayerSpace(given.template, objective.device, objective.bound.regions[2])
    scored: list[float] = []

    def remember(gene: object) -> float:
        scored.append(score(space.candidate(gene)))
        return scored[-1]

    FEW.run(space, remember, lambda: False, given.rng())
    assert proposal.predictors["expressibility"] == min(scored) == score(proposal.candidate)
    assert len(scored) > 4


def test_quantumnas_hands_over_the_weights_it_trained(given: StrategyContext) -> None:
    proposal = SMALL.propose(given)
    record = given.objective(0, proposal.candidate, {}, start=proposal.start)
    cold = given.objective(0, proposal.candidate, {})
    assert record.costs is not None
    assert len(proposal.start.weights) == record.costs.parameters.weights
    assert record.history[0][1] > cold.history[0][1]
    assert set(proposal.predictors) == {"inherited_loss", "scored"}


def test_the_step_size_rises_over_the_warm_up_and_falls_like_a_cosine() -> None:
    search = QuantumNASSearch()
    rates = [search._rate(epoch) for epoch in range(200)]
    assert rates[:30] == sorted(rates[:30])
    assert max(rates) == rates[30] == search.learning_rate
    assert rates[115] == pytest.approx(search.learning_rate / 2)
    assert rates[30:] == sorted(rates[30:], reverse=True)
    assert rates[-1] < 1e-3 * search.learning_rate


# --- pruning -----------------------------------------------------------------------------------------------


def test_the_smallest_angles_are_those_nearest_to_a_whole_turn() -> None:
    angles = np.array([1.0, 2 * math.pi + 0.1, -0.2, math.pi, -2 * math.pi, 3.0])
    assert smallest(angles, 3).tolist() == [1, 2, 4]
    assert smallest(angles, 0).tolist() == smallest(angles, -1).tolist() == []


def test_what_is_pruned_is_what_an_angle_of_none_does(device: Device) -> None:
    ansatz = Choice("quantumnas_u3_cu3", {"n_layers": 2})
    candidate, couplings = Candidate(Choice("angle"), ansatz, (0, 1), ("Z0",)), topology(device, (0, 1))
    rng = np.random.default_rng(0)
    gone = np.array([0, 3, 7, 8, 12])

    def unitary(one: Candidate, weights: np.ndarray) -> Operator:
        circuit, features, parameters = to_circuit(lower(one, couplings, 2))
        values = dict(zip([*features, *parameters], [0.1, 0.2, *weights], strict=True))
        return Operator(circuit.assign_parameters(values))

    weights = rng.uniform(-3, 3, 18)
    weights[gone] = 0.0
    kept = np.delete(weights, gone)
    pruned = without(candidate, couplings, gone)
    assert unitary(pruned, kept).equiv(unitary(candidate, weights))
    again = without(pruned, couplings, np.array([2]))
    kept[2] = 0.0
    assert unitary(again, np.delete(kept, 2)).equiv(unitary(pruned, kept))


def test_pruning_keeps_the_stage_that_validates_best_with_the_fewest_angles(given: StrategyContext) -> None:
    candidate = given.template
    n_weights = given.objective.transpile(candidate)[1].parameters.weights

    def run(*shares: float) -> tuple[float, int]:
        found = train_and_prune(given, candidate, shares, 0.01, 0.5, np.random.default_rng(0))
        record = given.objective(0, found.candidate, {}, start=found.parameters)
        assert record.history[0][1] == pytest.approx(found.validation_score)
        return found.validation_score, len(found.parameters.weights)

    plain, pruned = run(), run(0.2, 0.5)
    assert plain[1] == n_weights
    assert pruned[0] >= plain[0]
    assert pruned[1] <= plain[1]
    assert run(1.0) == plain


def test_a_circuit_whose_encoding_takes_turns_with_its_layers_is_not_pruned(given: StrategyContext) -> None:
    repeated = replace(given.template, encoding=Choice("reuploading", {"trainable": False}))
    found = train_and_prune(given, repeated, (0.5,), 0.01, 0.5, np.random.default_rng(0))
    assert found.candidate == repeated
