"""A search among quantum kernels: what is fitted, compared, told and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from qcsearch.bundle.card import model_card
from qcsearch.bundle.read import load_bundle
from qcsearch.data.dataset import Dataset
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.settings import DeploymentSettings
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


def test_numbers_are_searched_with_the_heads_for_them_and_deployed(
    device: Device, tmp_path_factory: pytest.TempPathFactory
) -> None:
    X, y = load_diabetes(return_X_y=True)
    heads = '"svc", "kernel_ridge_regression", "gaussian_process_regression"'
    text = KERNELS.replace('"svc", "kernel_ridge"', heads).replace('"iqp", "angle"', '"reuploading"')
    space = SearchSpace.from_toml(text.replace("n_qubits = 2", "n_qubits = 3"), "kernels")
    data = load_dataset((X[:200, [2, 3, 8]], y[:200]), task="regression")
    run = tmp_path_factory.mktemp("numbers") / "run"
    settings = SearchSettings(n_trials=4, strategy="random", baselines="none")
    found = run_search(data, device, space, settings, run=run)
    tried = {record.candidate.head.name for record in records(RunFolder.open(run)) if record.candidate}
    assert tried <= {"kernel_ridge_regression", "gaussian_process_regression"}
    assert found.best.test_score > 0.15
    kept, parts = load_bundle(run / "model"), split(data, 0)
    np.testing.assert_array_equal(kept.predict(parts.test.X), found.model.predict(parts.test.X))
    assert "a projected kernel with" in model_card(kept, {}, None)
    measured = DeploymentSettings(steps=5, shots=4096, max_validation=2)
    deployed = deploy(kept, parts.learned(kept.target), "aer", measured)
    assert deployed.deployed.accuracy == pytest.approx(found.best.test_score, abs=0.1)
    assert "is fitted, not trained in steps" in " ".join(deployed.notices)


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
