from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from qcsearch.circuits.candidate import Choice
from qcsearch.devices.device import Device
from qcsearch.search.features import Features
from qcsearch.search.objective import Objective
from qcsearch.search.predictors import PREDICTORS
from qcsearch.search.space import SearchSpace
from qcsearch.search.strategies import Brief, Maker
from qcsearch.search.strategies.elivagar import Elivagar, _Circuits

MakeBrief = Callable[..., Brief]

SMALL = Elivagar(pool=6, subgraphs=10)


def scores(settings: Elivagar, given: Brief) -> dict[str, tuple[float, float]]:
    """CNR and RepCap of every circuit of a pool, by digest."""
    circuits = _Circuits(settings, given)
    found = {}
    for _ in range(settings.pool):
        assembly, _, _ = given.objective.assemble(circuits.draw())
        subject = given.objective.subject(assembly)
        figures = PREDICTORS.create("cnr")(subject), PREDICTORS.create("repcap")(subject)
        found[assembly.candidate.digest] = figures
    return found


def test_it_makes_its_candidates() -> None:
    assert isinstance(SMALL, Maker)


def test_the_circuit_with_the_best_score_of_the_pool_is_proposed(brief: MakeBrief) -> None:
    settings = replace(SMALL, keep=1.0, min_cnr=0.0)
    given = brief(seed=4)
    expected = {digest: cnr**0.25 * repcap for digest, (cnr, repcap) in scores(settings, given).items()}
    proposal = settings.propose(given)
    assert expected[proposal.candidate.digest] == max(expected.values()) == proposal.predictors["score"]
    assert proposal.weights0 is None


def test_the_less_resilient_half_is_rejected_before_the_second_figure(brief: MakeBrief) -> None:
    given = brief(seed=4)
    found = scores(SMALL, given)
    better = sorted((cnr for cnr, _ in found.values()), reverse=True)[:3]
    assert SMALL.propose(given).predictors["cnr"] in better
    strict = replace(SMALL, min_cnr=better[0])
    assert strict.propose(given).predictors["cnr"] == better[0]
    impossible = replace(SMALL, min_cnr=1.1)
    assert impossible.propose(given).candidate == SMALL.propose(given).candidate


def test_the_same_brief_gives_the_same_candidate_and_another_seed_another(brief: MakeBrief) -> None:
    first, again, other = (SMALL.propose(brief(seed=s)).candidate for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_circuit_has_the_weights_the_data_and_the_training_of_the_space(brief: MakeBrief) -> None:
    given = brief(params={"n_layers": 3})
    candidate = SMALL.propose(given).candidate
    assembly, cost, _ = given.objective.assemble(candidate)
    assert cost.n_weights == 2 * 2 * 3
    used = {g.angle.feature for g in assembly.gate_list.gates if g.angle is not None}
    assert used == {None, 0, 1}
    assert (candidate.preprocessing, candidate.training, candidate.head) == (
        given.template.preprocessing,
        given.template.training,
        given.template.head,
    )


def test_constraints_bound_what_is_drawn(brief: MakeBrief, objective: Objective, quick: str) -> None:
    text = quick.replace("[ladder]", "[constraints]\nmax_two_qubit_gates = 2\nmax_weights = 5\n[ladder]")
    strict = replace(objective, space=SearchSpace.from_toml(text))
    candidate = SMALL.propose(brief(on=strict, params={"n_layers": 3})).candidate
    _, cost, _ = strict.assemble(candidate)
    assert cost.n_weights == 5
    assert cost.two_qubit_gates <= 2


def test_where_no_circuit_keeps_the_constraints_one_is_proposed_that_breaks_them(
    brief: MakeBrief, objective: Objective, quick: str
) -> None:
    text = quick.replace("[ladder]", "[constraints]\nmin_predicted_success = 0.999999\n[ladder]")
    strict = replace(objective, space=SearchSpace.from_toml(text))
    proposal = SMALL.propose(brief(on=strict))
    assert proposal.predictors == {}
    assert strict(0, proposal.candidate, {}).outcome.kind == "infeasible"


@pytest.mark.parametrize(("head", "n_measured"), [("linear", 2), ("none", 1)])
def test_bits_are_read_from_as_many_qubits_as_a_class_has(
    brief: MakeBrief, head: str, n_measured: int
) -> None:
    given = brief(params={"observables": "Z", "measured": "all"})
    given = replace(given, template=replace(given.template, head=Choice(head)))
    assert len(SMALL.propose(given).candidate.observables) == n_measured


def test_no_more_qubits_are_measured_than_a_state_may_have(
    features: Features, quick: str, torino: Device, brief: MakeBrief
) -> None:
    wide = SearchSpace.from_toml(quick.replace("n_qubits = 2", "n_qubits = 6"), "wide")
    objective = Objective.of(features, wide, torino, 0)
    proposal = replace(SMALL, pool=2).propose(brief(on=objective, params={"observables": "Z"}))
    assert proposal.candidate.n_qubits == 6
    assert len(proposal.candidate.observables) == 5
    assert "repcap" in proposal.predictors


def test_when_the_time_is_used_up_the_best_so_far_is_proposed(brief: MakeBrief) -> None:
    endless = replace(SMALL, pool=100_000)
    started = time.monotonic()
    proposal = endless.propose(brief(until=started + 0.5))
    assert time.monotonic() - started < 3
    assert set(proposal.predictors) == {"cnr", "repcap", "score"}
