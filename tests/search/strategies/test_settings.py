from __future__ import annotations

from dataclasses import dataclass

import pytest

from qcsearch.errors import SpaceError
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import STRATEGIES, check_strategy, create_strategy
from qcsearch.search.strategies.elivagar import Elivagar
from qcsearch.search.strategies.ingredients.evolution import Evolution
from qcsearch.search.strategies.nsga2 import NSGA2
from qcsearch.search.strategies.quantumnas.quantumnas import QuantumNASSearch


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_without_options_a_strategy_has_its_own_defaults(name: str) -> None:
    assert vars(create_strategy(name)).keys() == vars(STRATEGIES.create(name)).keys()
    assert create_strategy(name, {}).objectives == STRATEGIES.create(name).objectives


def test_options_are_parameters_and_fields_of_parameters() -> None:
    assert create_strategy("elivagar", {"pool": 50, "keep": 1}) == Elivagar(pool=50, keep=1.0)
    evolved = create_strategy("quantumnas", {"evolution.population": 8, "pruned": [0.1, 0.2], "epochs": 3})
    assert evolved == QuantumNASSearch(evolution=Evolution(population=8), pruned=(0.1, 0.2), epochs=3)
    chosen = create_strategy("nsga2", {"objectives": ["validation_score", "depth"]})
    assert isinstance(chosen, NSGA2)
    assert chosen.objectives == ("validation_score", "depth")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("elivagar", {"pol": 3}, "'elivagar' has no option 'pol'. It has pool, subgraphs, "),
        ("random", {"seed": 3}, "'random' has no option 'seed'. It has none."),
        ("elivagar", {"pool": "many"}, "'pool' of the strategy 'elivagar' must be of type int. Got 'many'."),
        ("elivagar", {"pool": 2.5}, "must be of type int. Got 2.5."),
        ("elivagar", {"pool": True}, "must be of type int. Got True."),
        ("elivagar", {"pool": 0}, "'pool' of the strategy 'elivagar' must be > 0. Got 0."),
        ("elivagar", {"keep": 0}, "'keep' of the strategy 'elivagar' must be > 0. Got 0."),
        ("elivagar", {"keep": 1.5}, "must be ≤ 1. Got 1.5."),
        ("elivagar", {"temperature": 0}, "must be > 0. Got 0."),
        ("auto", {"parents": -1}, "'parents' of the strategy 'auto' must be ≥ 0. Got -1."),
        ("auto", {"at_random": 1.5}, "must be ≤ 1. Got 1.5."),
        ("tpe", {"n_ei_candidates": 0}, "must be > 0. Got 0."),
        ("nsga2", {"swapping_prob": 2}, "must be ≤ 1. Got 2."),
        ("quantumdarts", {"temperatures": [2.0, 0.0]}, "must be > 0. Got [2.0, 0.0]."),
        ("supernet", {"supernets": 0}, "must be > 0. Got 0."),
        (
            "quantumnas",
            {"evolution.parents": 0},
            "'evolution.parents' of the strategy 'quantumnas' must be > 0.",
        ),
        ("quantumnas", {"pruned": [1.0]}, "must be < 1. Got [1.0]."),
        ("quantumnas", {"evolution": 3}, "has no option 'evolution'. It has evolution.population, "),
        ("quantumnas", {"evolution.size": 3}, "has no option 'evolution.size'"),
        ("quantumnas", {"pruned": 0.1}, "must be of type tuple[float, ...]. Got 0.1."),
        ("nsga2", {"objectives": "depth"}, "must be of type Sequence[str]. Got 'depth'."),
        ("nsga2", {"objectives": ["depth"]}, "The 'objectives' of nsga2 must be"),
        ("nsga2", {"population_size": 1}, "The strategy 'nsga2' cannot work with its options"),
        ("luck", {}, "'luck' is not one of the strategies"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    name: str, options: dict[str, object], sentence: str, space: SearchSpace
) -> None:
    with pytest.raises(SpaceError) as caught:
        check_strategy(name, space, options)
    assert sentence in str(caught.value)


class Opaque:
    """A type that no JSON value can be."""


@dataclass
class Foreign(STRATEGIES.get("random")):
    """A strategy of somebody else."""

    thing: Opaque | None = None
    size: int = 1


def test_what_no_text_can_say_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STRATEGIES._classes, "foreign", Foreign)
    with pytest.raises(SpaceError, match="'thing' of the strategy 'foreign' cannot be given by name"):
        create_strategy("foreign", {"thing": 1})
    assert create_strategy("foreign", {"size": 2}) == Foreign(size=2)
