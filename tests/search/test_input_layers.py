"""A search among circuits with and without a trained input layer: counted, limited, told and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qcsearch.bundle.card import model_card
from qcsearch.bundle.read import load_bundle
from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.errors import SpaceError
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import check_strategy
from qcsearch.search.trial.constraints import Infeasible
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective

DRESSED = """
description = "dressed"
[circuit]
n_qubits = 2
n_layers = 1
regions = 1
input_layers = ["tanh"]
encodings = ["angle"]
ansatze = ["hardware_efficient"]
observables = ["Z+ZZ"]
[training]
learning_rate = { min = 0.05, max = 0.1 }
steps = 80
validate_every = 20
[ladder]
rungs = 0
[refit]
top = 1
seeds = 1
"""
N_LAYER = 6


@pytest.fixture(scope="module")
def dressed() -> SearchSpace:
    return SearchSpace.from_toml(DRESSED, "dressed")


@pytest.fixture(scope="module")
def found(
    dressed: SearchSpace, dataset: Dataset, device: Device, tmp_path_factory: pytest.TempPathFactory
) -> SearchResult:
    run = tmp_path_factory.mktemp("dressed") / "run"
    settings = SearchSettings(n_trials=1, strategy="random", baselines="fast")
    return run_search(dataset, device, dressed, settings, run=run)


def test_the_layer_is_counted_wherever_parameters_are(found: SearchResult) -> None:
    assert found.best.parameters.input_layer == N_LAYER
    assert found.best.parameters.total == sum(
        (N_LAYER, found.best.parameters.weights, found.best.parameters.head)
    )
    for record in records(RunFolder.open(found.run)):
        assert record.costs is not None
        assert record.costs.parameters.input_layer == N_LAYER == len(record.parameters.input_layer)
    assert not found.missing, found.missing
    bare = next(row for row in found.baselines if row.name == "winner without two-qubit gates")
    assert bare.parameters is not None
    assert bare.parameters.input_layer == N_LAYER  # trained with its layer, as the winner was


def test_the_model_card_and_the_bundle_have_the_layer(found: SearchResult) -> None:
    model = load_bundle(Path(found.run) / "model")
    assert len(model.parameters.input_layer) == N_LAYER
    card = model_card(model, {}, None)
    assert "Input layer: tanh" in card
    assert f"({N_LAYER} input layer, " in card


def test_a_limit_of_the_layer_and_of_all_parameters_counts_it(dataset: Dataset, device: Device) -> None:
    for limit, said in (
        ("max_input_layer_parameters = 5", "6 parameters of the input layer are above the limit 5"),
        ("max_parameters = 15", "trained parameters are above the limit 15"),
    ):
        space = SearchSpace.from_toml(f"{DRESSED}[constraints]\n{limit}\n", "limited")
        objective = Objective.of(Features(dataset, 0), space, device, 0)
        with pytest.raises(Infeasible, match=said):
            objective.transpile(objective.bound.candidate(_first(objective)))


@pytest.mark.parametrize("strategy", ["supernet", "quantumdarts"])
def test_strategies_that_share_weights_refuse_it(dressed: SearchSpace, strategy: str) -> None:
    with pytest.raises(SpaceError, match=r"without trained input layers\. 'dressed' has 'tanh'"):
        check_strategy(strategy, dressed)


def test_a_bad_layer_is_refused_with_its_key(quick: str) -> None:
    with pytest.raises(SpaceError, match=r"wrong at 'circuit.input_layers': 'tan' is not one of"):
        SearchSpace.from_toml(quick.replace("[training]", 'input_layers = ["tan"]\n[training]'), "quick")


def _first(objective: Objective) -> dict[str, object]:
    parameters = objective.bound.parameters
    return {
        **{name: next(iter(values)) for name, values in parameters.choices.items()},
        **{name: one.min for name, one in parameters.ints.items()},
        **{name: one.min for name, one in parameters.logs.items()},
    }
