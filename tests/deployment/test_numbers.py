"""A regressor on a backend: its R² deployed beside that simulated, in card and report as what it is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error
from typer.testing import CliRunner

from qcsearch.bundle.card import model_card
from qcsearch.cli.app import app
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import Split, split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.deployment import Deployment
from qcsearch.deployment.settings import DeploymentSettings
from qcsearch.search.finish.leaderboard import leaderboard
from qcsearch.search.run.folder import RunFolder
from qcsearch.training.model import TrainedModel
from qcsearch.training.single import train

CANDIDATE = {
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [1, 2],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 20, "loss": "squared_error"},
}
X, Y = load_diabetes(return_X_y=True)


@pytest.fixture(scope="module")
def parts() -> Split:
    return split(load_dataset((X[:90], Y[:90]), task="regression"), seed=0)


@pytest.fixture(scope="module")
def regressor(parts: Split) -> TrainedModel:
    validation = (parts.validation.X, parts.validation.y)
    return train(CANDIDATE, parts.train.X, parts.train.y, device="fake_manila", validation=validation)


def test_the_card_of_a_deployed_regressor_has_r2_with_its_own_interval(
    regressor: TrainedModel, parts: Split
) -> None:
    """R² may be below 0, of which there is no interval of a share."""
    settings = DeploymentSettings(steps=1, shots=32, max_validation=3, max_test=18)
    found = deploy(regressor, parts.learned(regressor.target), "aer", settings)
    card = model_card(regressor, regressor.metrics, found)
    assert "| on the test part | R² | 95 % interval | samples |" in card
    said = re.search(r"\| noisy \(simulated\) \| (\S+) \| (\S+) to (\S+) \| 18 \|", card)
    assert said is not None
    value, low, high = map(float, said.groups())
    assert value == pytest.approx(found.noisy.accuracy, abs=1e-4)
    assert high - low == pytest.approx(2 * 1.96 * found.noisy.sampling_error, rel=1e-3)
    assert "far from the samples that it was trained on" in card


def test_how_far_off_a_deployed_number_is_stands_in_its_own_units(
    regressor: TrainedModel, parts: Split
) -> None:
    """Measured on a backend of as many shots as make it nearly exact: as scikit-learn says of the model's numbers."""
    settings = DeploymentSettings(steps=0, shots=100_000, max_validation=2)
    found = deploy(regressor, parts.learned(regressor.target), "aer", settings)
    (error,) = found.absolute_errors
    said = mean_absolute_error(parts.test.y, regressor.predict(parts.test.X))
    assert error.value == pytest.approx(said, rel=0.01)
    assert error.value > 20
    assert error.interval[0] < error.value < error.interval[1]
    assert Deployment.from_json(found.to_json()) == found
    row = f"| {error.name} | {error.value:.4g} | {error.interval[0]:.4f} to {error.interval[1]:.4f} |"
    assert row in model_card(regressor, regressor.metrics, found).split("## Deployment")[1]


@pytest.mark.slow
def test_a_regressor_is_searched_deployed_and_told_of_to_the_end(tmp_path: Path) -> None:
    data, run = tmp_path / "data.csv", tmp_path / "run"
    np.savetxt(data, np.column_stack([X, Y]), "%.8g", ",", header=",".join("abcdefghijy"), comments="")
    search = ("search", data, "--target", "y", "--task", "regression", "--space", "tiny", "--trials", 2)
    for words in (
        (*search, "--device", "fake_manila", "--baselines", "none", "--run", run),
        ("deploy", run, "--backend", "local:fake_manila", "--steps", 2, "--shots", 4096),
        ("report", run),
    ):
        done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        if words[0] == "deploy":
            assert "Mean absolute error there" in done.output
            assert "R² on the test split" in done.output
            assert "ccuracy" not in done.output
    folder = RunFolder.open(run)
    deployed = next(row for row in leaderboard(folder) if row.kind == "deployed")
    assert deployed.measure == "r2"
    assert deployed.accuracy is not None
    assert deployed.accuracy > 0.2
    assert deployed.accuracy_deployed == pytest.approx(deployed.accuracy, abs=0.06)
    assert deployed.interval is not None
    assert deployed.interval[0] < deployed.accuracy_deployed < deployed.interval[1]
    (error,) = deployed.absolute_errors
    assert error == Deployment.load(run / "deployment.json").absolute_errors[0]
    board = CliRunner().invoke(app, ["board", str(run)], catch_exceptions=False).output
    assert error.text in board
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Predicted against true values" in page
    assert error.text in page
    assert "mean squared error, standardised, lower by" in page
    assert (run / "plots" / "residuals.svg").exists()
