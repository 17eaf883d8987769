from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.circuits.lowering import lower
from qcsearch.search.strategies import StrategyContext
from qcsearch.search.strategies.supernet import Architecture, ArchitectureSpace, SupernetSearch, _Search
from qcsearch.search.trial.objective import Objective

MakeContext = Callable[..., StrategyContext]

TEMPLATE = Candidate(Choice("angle"), Choice("gates"), (0, 1, 2), ("Z0",))
LINE = Topology(3, ((0, 1), (1, 2)))


@pytest.fixture
def circuits() -> ArchitectureSpace:
    return ArchitectureSpace(TEMPLATE, LINE, 3)


def test_a_circuit_holds_the_rotations_and_the_entanglers_of_its_layers(circuits: ArchitectureSpace) -> None:
    architecture = Architecture(
        ((0, 1, 2), (2, 2, 2), (1, 1, 0)), ((True, False), (False, False), (True, True))
    )
    gates = lower(circuits.candidate(architecture), LINE, 3).gates[3:]
    names = [gate.name for gate in gates]
    assert names == ["rx", "ry", "rz", "cx", "rz", "rz", "rz", "ry", "ry", "rx", "cx", "cx"]
    assert [g.qubits for g in gates if g.name == "cx"] == [(0, 1), (0, 1), (1, 2)]
    assert [g.angle.weight for g in gates if g.angle is not None] == list(range(9))


def test_circuits_share_the_angles_of_a_layer_with_the_same_axes_and_no_others(
    circuits: ArchitectureSpace,
) -> None:
    none = ((False, False),) * 3
    first = circuits.numbers(Architecture(((0, 1, 2), (0, 0, 0), (2, 2, 2)), none))
    second = circuits.numbers(Architecture(((0, 1, 2), (0, 0, 1), (2, 2, 2)), ((True, True),) * 3))
    assert first[:3].tolist() == second[:3].tolist()
    assert set(first[3:6]).isdisjoint(second[3:6])
    assert first[6:].tolist() == second[6:].tolist()


def test_every_angle_has_one_number(circuits: ArchitectureSpace) -> None:
    found: set[int] = set()
    for word in np.ndindex(3, 3, 3):
        numbers = circuits.numbers(Architecture((word,) * 3, ((True, True),) * 3))
        assert len(set(numbers)) == 9
        assert found.isdisjoint(numbers)
        found |= set(numbers.tolist())
    assert found == set(range(circuits.n_angles)) == set(range(3 * 27 * 3))


def test_random_circuits_go_over_all_axes_and_subsets(circuits: ArchitectureSpace) -> None:
    rng = np.random.default_rng(0)
    drawn = [circuits.random(rng) for _ in range(400)]
    assert len({one.axes[1] for one in drawn}) == 27
    assert len({one.entanglers[2] for one in drawn}) == 4


def test_first_any_supernet_is_trained_then_the_one_with_the_least_loss(
    context: MakeContext, layered_objective: Objective
) -> None:
    search = _Search(
        SupernetSearch(supernets=3, steps=20), context(on=layered_objective), np.random.default_rng(0)
    )
    space = search._space
    architecture = space.random(np.random.default_rng(1))
    program, numbers = search._program(space.candidate(architecture)), space.numbers(architecture)
    assert program is not None
    first = {id(search._chosen(0, program, numbers)) for _ in range(30)}
    assert len(first) == 3
    best = search._supernets[1]
    for step in range(60):
        best.train(program, numbers, 0.1, step)
    assert search._chosen(10, program, numbers) is best
    losses = [one.loss(program, numbers, 10) for one in search._supernets]
    assert losses.index(min(losses)) == 1


def test_the_circuit_ranked_first_is_proposed(context: MakeContext, layered_objective: Objective) -> None:
    settings = SupernetSearch(supernets=2, steps=6, ranked=5)
    given = context(on=layered_objective, seed=2)
    proposal = settings.propose(given)
    again = _Search(settings, given, given.rng())
    for step in range(6):
        again.train(step)
    ranked = [found for found in (again.rank() for _ in range(5)) if found is not None]
    best = max(ranked, key=lambda found: found[0])
    assert (proposal.predictors["inherited_score"], proposal.candidate) == best
