"""Truth values as labels: every command that follows a search takes them."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from sklearn.datasets import make_moons


@pytest.fixture(scope="module")
def moons(tmp_path_factory):
    X, y = make_moons(60, noise=0.1, random_state=0)
    folder = tmp_path_factory.mktemp("moons")
    np.savez(folder / "moons.npz", X=X, y=y > 0)
    rows = [[*row, label] for row, label in zip(X.tolist(), (y > 0).tolist(), strict=True)]
    with (folder / "moons.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["x0", "x1", "label"], *rows])
    return folder


@pytest.fixture(scope="module")
def run(moons, qcsearch):
    arguments = ("--device", "fake_manila", "--space", "tiny", "--trials", "1", "--run", moons / "run")
    outcome = qcsearch("search", moons / "moons.npz", *arguments, "--baselines", "none")
    assert outcome.code == 0, outcome.err
    return moons / "run"


def test_a_model_of_truth_values_predicts_and_is_judged_on_a_table_of_text(run, moons, qcsearch):
    assert qcsearch("export", run, "-o", moons / "model").code == 0
    assert qcsearch("verify", moons / "model").code == 0
    found = [
        qcsearch("predict", moons / "model", moons / f"moons.{kind}", "--json").json
        for kind in ("npz", "csv")
    ]
    assert found[0]["target"]["classes"] == [False, True]
    assert found[0]["labels"] == found[1]["labels"]
    assert set(found[0]["labels"]) == {False, True}
    assert found[0]["accuracy"] == found[1]["accuracy"] > 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("board",),
        ("explain",),
        ("report", "-o", "{}/report.html"),
        ("cost", "--shots", "64"),
        ("deploy", "--backend", "local:fake_manila", "--shots", "64"),
        ("tune", "--device", "fake_lima", "--run", "{}/tuned"),
        ("tomography",),
    ],
    ids=lambda command: command[0],
)
def test_every_command_takes_a_run_of_truth_values(run, command, tmp_path, qcsearch):
    name, *options = (part.format(tmp_path) for part in command)
    outcome = qcsearch(name, run, *options)
    assert outcome.code == 0, outcome.err


@pytest.mark.slow
def test_a_backend_predicts_truth_values(run, moons, tmp_path, qcsearch):
    options = ("--backend", "local:fake_manila", "--shots", "64", "-o", tmp_path / "labels.csv")
    assert qcsearch("predict", run, moons / "moons.csv", *options).code == 0
    with (tmp_path / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == {"False", "True"}
    assert set(rows[0]) == {"label", "p_False", "p_True", "error_False", "error_True"}
