from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from qcsearch.candidate.choice import Choice
from qcsearch.devices.device import Device
from qcsearch.search.predictors import PREDICTORS
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import CircuitGenerator, StrategyContext
from qcsearch.search.strategies.elivagar import Elivagar, _Circuits
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.training.parameters import DRAWN

MakeContext = Callable[..., StrategyContext]

SMALL = Elivagar(pool=6, subgraphs=10)


def scores(settings: Elivagar, given: StrategyContext) -> dict[str, tuple[float, float]]:
    """CNR and RepCap of every circuit of a pool, by digest."""
    circuits = _Circuits(settings, given)
    found = {}
    for _ in range(settings.pool):
        transpiled, _, _ = given.objective.transpile(circuits.draw())
        inputs = given.objective.predictor_input(transpiled)
        figures = PREDICTORS.create("cnr")(inputs), PREDICTORS.create("repcap")(inputs)
        found[transpiled.candidate.digest] = figures
    return found


def test_it_makes_its_candidates() -> None:
    assert isinstance(SMALL, CircuitGenerator)


def test_the_circuit_with_the_best_score_of_the_pool_is_proposed(context: MakeContext) -> None:
    settings = replace(SMALL, keep=1.0, min_cnr=0.0)
    given = context(seed=4)
    expected = {digest: cnr**0.25 * repcap for digest, (cnr, repcap) in scores(settings, given).items()}
    proposal = settings.propose(given)
    assert expected[proposal.candidate.digest] == max(expected.values()) == proposal.predictors["score"]
    assert proposal.start == DRAWN


def test_the_less_resilient_half_is_rejected_before_the_second_figure(context: MakeContext) -> None:
    given = context(seed=4)
    found = scores(SMALL, given)
    better = sorted((cnr for cnr, _ in found.values()), reverse=True)[:3]
    assert SMALL.propose(given).predictors["cnr"] in better
    strict = replace(SMALL, min_cnr=better[0])
    assert strict.propose(given).predictors["cnr"] == better[0]
    impossible = replace(SMALL, min_cnr=1.1)
    assert impossible.propose(given).candidate == SMALL.propose(given).candidate


def test_the_same_brief_gives_the_same_candidate_and_another_seed_another(context: MakeContext) -> None:
    first, again, other = (SMALL.propose(context(seed=s)).candidate for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_circuit_has_the_weights_the_data_and_the_training_of_the_space(context: MakeContext) -> None:
    given = context(params={"n_layers": 3})
    candidate = SMALL.propose(given).candidate
    transpiled, cost, _ = given.objective.transpile(candidate)
    assert cost.parameters.circuit == 2 * 2 * 3
    used = {g.angle.feature for g in transpiled.gate_list.gates if g.angle is not None}
    assert used == {None, 0, 1}
    assert (candidate.preprocessing, candidate.training, candidate.head) == (
        given.template.preprocessing,
        given.template.training,
        given.template.head,
    )


def test_constraints_bound_what_is_drawn(context: MakeContext, objective: Objective, quick: str) -> None:
    text = quick.replace(
        "[ladder]", "[constraints]\nmax_two_qubit_gates = 2\nmax_circuit_parameters = 5\n[ladder]"
    )
    strict = replace(objective, space=SearchSpace.from_toml(text))
    candidate = SMALL.propose(context(on=strict, params={"n_layers": 3})).candidate
    _, cost, _ = strict.transpile(candidate)
    assert cost.parameters.circuit == 5
    assert cost.two_qubit_gates <= 2


def test_where_no_circuit_keeps_the_constraints_one_is_proposed_that_breaks_them(
    context: MakeContext, objective: Objective, quick: str
) -> None:
    text = quick.replace("[ladder]", "[constraints]\nmin_estimated_success_probability = 0.999999\n[ladder]")
    strict = replace(objective, space=SearchSpace.from_toml(text))
    proposal = SMALL.propose(context(on=strict))
    assert proposal.predictors == {}
    assert strict(0, proposal.candidate, {}).outcome.kind == "infeasible"


@pytest.mark.parametrize(("head", "n_measured"), [("linear", 2), ("none", 1)])
def test_bits_are_read_from_as_many_qubits_as_a_class_has(
    context: MakeContext, head: str, n_measured: int
) -> None:
    given = context(params={"observables": "Z", "measured": "all"})
    given = replace(given, template=replace(given.template, head=Choice(head)))
    assert len(SMALL.propose(given).candidate.observables) == n_measured


def test_no_more_qubits_are_measured_than_a_state_may_have(
    features: Features, quick: str, torino: Device, context: MakeContext
) -> None:
    wide = SearchSpace.from_toml(quick.replace("n_qubits = 2", "n_qubits = 6"), "wide")
    objective = Objective.of(features, wide, torino, 0)
    proposal = replace(SMALL, pool=2).propose(context(on=objective, params={"observables": "Z"}))
    assert proposal.candidate.n_qubits == 6
    assert len(proposal.candidate.observables) == 5
    assert "repcap" in proposal.predictors


def test_when_the_time_is_used_up_the_best_so_far_is_proposed(context: MakeContext) -> None:
    endless = replace(SMALL, pool=100_000)
    started = time.monotonic()
    proposal = endless.propose(context(until=started + 0.5))
    assert time.monotonic() - started < 3
    assert set(proposal.predictors) == {"cnr", "repcap", "score"}
