"""A search among quantum kernels: what is fitted, compared, told and refused."""

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

KERNELS = """
description = "kernels"
[circuit]
n_qubits = 2
n_layers = 1
regions = 1
encodings = ["iqp", "angle"]
ansatze = ["entanglers"]
observables = ["X+Y+Z"]
heads = ["svc", "kernel_ridge"]
[training]
steps = 50
[refit]
top = 1
seeds = 1
"""


@pytest.fixture(scope="module")
def kernels() -> SearchSpace:
    return SearchSpace.from_toml(KERNELS, "kernels")


@pytest.fixture(scope="module")
def found(
    kernels: SearchSpace, dataset: Dataset, device: Device, tmp_path_factory: pytest.TempPathFactory
) -> SearchResult:
    run = tmp_path_factory.mktemp("kernels") / "run"
    return run_search(dataset, device, kernels, SearchSettings(n_trials=3, strategy="random"), run=run)


def test_a_trial_is_one_fit_and_the_winner_is_fitted_to_all_that_is_not_test(found: SearchResult) -> None:
    kept = [record for record in records(RunFolder.open(found.run)) if record.outcome.kind == "kept"]
    assert kept
    for record in kept:
        assert (record.steps, len(record.history)) == (0, 1)
        assert record.costs is not None
        assert record.costs.parameters.head > 2
    assert found.best.test_accuracy_noisy > 0.9
    assert found.best.parameters.weights == 0
    assert not found.cut


def test_the_model_card_says_what_a_prediction_takes_and_what_the_model_holds(found: SearchResult) -> None:
    card = model_card(load_bundle(Path(found.run) / "model"), {}, None)
    assert "Circuits a prediction: 3" in card
    assert "a projected kernel with" in card
    assert "It holds what the circuit says of training samples" in card


def test_a_fit_that_there_is_no_time_for_is_foretold(
    kernels: SearchSpace, dataset: Dataset, device: Device
) -> None:
    objective = Objective.of(Features(dataset, 0), kernels, device, 0, setup_seconds=0.03)
    point = {"encoding": "iqp", "ansatz": "entanglers", "head": "svc"}
    params = {**{k: next(iter(v)) for k, v in objective.bound.parameters.choices.items()}, **point}
    numbers = {"n_qubits": 2, "n_layers": 1, "region": 0, "steps": 50, "learning_rate": 0.1, "head_rate": 1.0}
    with pytest.raises(
        Infeasible, match=r"Fitting the head 'svc' takes about .* s, of which this search can give 0\.03"
    ):
        objective.transpile(objective.bound.candidate({**params, **numbers}))


@pytest.mark.parametrize("strategy", ["quantumdarts", "supernet"])
def test_a_strategy_that_shares_weights_by_gradients_refuses_a_fitted_head(
    kernels: SearchSpace, strategy: str
) -> None:
    with pytest.raises(
        SpaceError, match=r"heads are trained in steps\. 'kernels' has 'svc', which is fitted"
    ):
        check_strategy(strategy, kernels)
