"""A search for numbers and for several labels: found, compared, told and predicted by the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_multilabel_classification
from sklearn.metrics import r2_score
from typer.testing import CliRunner

from qcsearch.bundle.read import load_bundle
from qcsearch.cli.app import app
from qcsearch.data.splitting import split
from qcsearch.search.run.folder import RunFolder


def _qcsearch(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    run = tmp_path_factory.mktemp("numbers") / "run"
    told = _qcsearch(
        "search", "diabetes", "--space", "tiny", "--device", "fake_manila", "--trials", 2, "--run", run
    )
    return run, told


@pytest.mark.slow
def test_a_regression_is_told_in_r2_beside_regressors_with_intervals(numbers: tuple[Path, str]) -> None:
    run, told = numbers
    result = RunFolder.open(run).result()
    assert result is not None
    assert (result.best.metric, result.best.test_accuracy_noisy, result.best.n_test) == ("r2", None, 88)
    names = {one.name for one in result.baselines}
    assert {"mean", "ridge regression", "RBF-SVR", "winner without two-qubit gates"} <= names
    assert "R² on the test split" in told
    assert "ccuracy" not in told
    low, high = result.best.test_score_interval
    assert low < result.best.test_score < high
    ridge = next(one for one in result.baselines if one.name == "ridge regression, raw features")
    assert 0.3 < ridge.test_score < 0.6
    assert ridge.score_difference.value == pytest.approx(result.best.test_score - ridge.test_score)


@pytest.mark.slow
def test_the_score_of_a_regression_is_that_of_the_model_it_hands_over(numbers: tuple[Path, str]) -> None:
    folder = RunFolder.open(numbers[0])
    model, test = load_bundle(folder.model), split(folder.dataset, 0).test
    result = folder.result()
    assert result is not None
    assert r2_score(test.y[:, 0], model.predict(test.X)) == pytest.approx(result.best.test_score)


@pytest.mark.slow
def test_a_regression_has_a_report_and_predicts_numbers_in_their_units(
    numbers: tuple[Path, str], tmp_path: Path
) -> None:
    run = numbers[0]
    page = Path(_qcsearch("report", run).strip().splitlines()[-1]).read_text(encoding="utf-8")
    assert "1 number" in page
    out = tmp_path / "out.csv"
    _qcsearch("predict", run, "diabetes", "-o", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    y = load_diabetes(return_X_y=True)[1]
    assert r2_score(y, [float(row["y"]) for row in rows]) > 0.2


def test_several_label_columns_are_learnt_together(tmp_path: Path) -> None:
    X, Y = make_multilabel_classification(150, n_features=4, n_classes=3, n_labels=2, random_state=1)
    table = np.column_stack([X, Y])
    data, run = tmp_path / "data.csv", tmp_path / "run"
    np.savetxt(data, table, "%g", ",", header="a,b,c,d,red,green,blue", comments="")
    targets = [word for name in ("red", "green", "blue") for word in ("--target", name)]
    where = ("--device", "fake_manila", "--space", "tiny", "--trials", 1)
    told = _qcsearch("search", data, *targets, *where, "--run", run, "--json")
    found = json.loads(told.strip().splitlines()[-1])
    assert found["best"]["metric"] == "accuracy"
    assert {"majority of each label", "logistic regression"} <= {one["name"] for one in found["baselines"]}
    out = tmp_path / "out.csv"
    _qcsearch("predict", run, data, "-o", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert list(rows[0]) == ["red", "green", "blue", "p_red", "p_green", "p_blue"]
    assert all((float(row["p_red"]) > 0.5) == (row["red"] == "1") for row in rows)


def test_a_column_of_numbers_is_refused_with_the_way_to_learn_it(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    np.savetxt(data, np.random.default_rng(0).normal(size=(40, 3)), "%g", ",", header="a,b,y", comments="")
    done = CliRunner().invoke(app, ["check", str(data)])
    assert done.exit_code == 2 or done.exception is not None
    assert "--task regression" in (
        done.output + str(done.exception) + str(getattr(done.exception, "fix", ""))
    )
