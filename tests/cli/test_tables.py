"""A real table, with names, text and gaps, goes all the way from check to deploy, on the command line and in Python."""

from __future__ import annotations

import csv
import warnings

import numpy as np
import pandas as pd
import pytest

from qcsearch import QuantumCircuitSearchClassifier, load_bundle
from qcsearch.bundle.card import model_card

RNG = np.random.default_rng(4)
N = 80
SEX = RNG.choice(["male", "female"], N)
FRAME = pd.DataFrame(
    {
        "PassengerId": np.arange(1, N + 1),
        "Name": [f"N{i}, Mr." for i in range(N)],
        "Sex": SEX,
        "Age": np.where(np.arange(N) % 7 == 0, np.nan, RNG.normal(40, 9, N).round(1)),
        "Port": np.where(np.arange(N) % 9 == 0, "", RNG.choice(["C", "Q", "S"], N)),
        "Survived": np.where(RNG.random(N) < 0.1, SEX == "male", SEX == "female").astype(int),
    }
)
DATA = (
    "--target",
    "Survived",
    "--drop",
    "Name",
    "--drop",
    "PassengerId",
    "--encode",
    "onehot",
    "--impute",
    "median",
)
SMALL = ("--device", "fake_manila", "--space", "tiny")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "passengers.csv"
    FRAME.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def searched(table, qcsearch):
    outcome = qcsearch("search", table, *DATA, *SMALL, "--trials", "2", "--run", table.parent / "run")
    assert outcome.code in (0, 4), outcome.err  # whether the winner is any good is not what is tried here
    return outcome


@pytest.fixture(scope="module")
def run(table, searched):
    return table.parent / "run"


def test_without_the_options_every_column_is_named_with_the_way_out(table, qcsearch):
    outcome = qcsearch("check", table, "--target", "Survived", *SMALL)
    assert outcome.code == 2
    for part in ("'Name' (another in every row", "'Sex' (2 different", "'Age' (12 of 80", "'Port' (9 of 80"):
        assert part in outcome.err
    assert "give --encode onehot" in outcome.err
    assert "give --impute median" in outcome.err
    assert "give --drop Name for" in outcome.err


def test_the_search_tells_what_becomes_of_the_columns(searched):
    for part in (
        "Note: 2 column(s) of text are encoded (onehot): 'Sex' (2 categories), 'Port' (3 categories).",
        "Note: 21 missing value(s) are filled in (median, of the training part): 'Age' (12), 'Port' (9).",
    ):
        assert part in searched.err


@pytest.mark.slow
def test_an_id_is_pointed_out_before_the_search(table, qcsearch):
    outcome = qcsearch("check", table, *DATA[:4], *DATA[6:], *SMALL)
    assert outcome.code == 0, outcome.err
    assert (
        "The column 'PassengerId' numbers the rows, which is no measurement; leave it out with --drop"
        in outcome.out
    )


def test_the_same_columns_are_taken_when_the_run_resumes(table, run, qcsearch):
    again = qcsearch("search", table, "--target", "Survived", "--run", run)
    assert again.code in (0, 4), again.err
    other = qcsearch("search", table, *DATA, "--drop", "Port", "--run", run)
    assert other.code == 2
    assert "was made with the data set" in other.err
    alone = qcsearch("search", "--run", run, "--drop", "Port")
    assert alone.code == 2
    assert "--drop must go with DATA" in alone.err


def test_run_and_bundle_predict_new_rows_of_the_raw_table_alike(run, tmp_path, qcsearch):
    new = FRAME.drop(columns=["Survived", "PassengerId"]).assign(Extra="z")[["Port", "Age", "Extra", "Sex"]]
    new.loc[0, "Sex"] = "other"
    new.to_csv(tmp_path / "new.csv", index=False)
    assert qcsearch("export", run, "-o", tmp_path / "model.zip", "--trained").code == 0
    found = [qcsearch("predict", model, tmp_path / "new.csv") for model in (run, tmp_path / "model.zip")]
    assert found[0].code == 0, found[0].err
    assert found[0].out == found[1].out
    assert (
        "Note: Missing values are filled in as in the training (median): 'Age' (12 of 80 rows)"
        in found[0].err
    )
    assert "taken for none of the known ones: 'Sex' (1 of 80 rows)" in found[0].err
    model = load_bundle(tmp_path / "model.zip")
    card = model_card(model, {}, None)
    assert "Input: 3 columns of a table (2 of text; gaps are filled in)" in card
    assert "Preprocessing: text encoded (onehot), gaps filled (median), " in card
    rows = list(csv.DictReader(found[0].out.splitlines()))
    np.testing.assert_allclose(model.predict_proba(new)[:, 1], [float(row["p_1"]) for row in rows], atol=1e-6)
    missing = qcsearch("predict", run, tmp_path / "new.csv", "--target", "Sex")
    assert missing.code == 0
    (tmp_path / "short.csv").write_text("Age,Sex\n3,male\n")
    assert "has no column 'Port'" in qcsearch("predict", run, tmp_path / "short.csv").err


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("board",),
        ("explain",),
        ("report", "-o", "{}/report.html"),
        ("cost", "--shots", "64"),
        ("deploy", "--backend", "local:fake_manila", "--shots", "64", "--steps", "1"),
        ("tune", "--device", "fake_lima", "--run", "{}/tuned"),
        ("tomography",),
    ],
    ids=lambda command: command[0],
)
def test_every_command_takes_the_run(run, command, tmp_path, qcsearch):
    name, *options = (part.format(tmp_path) for part in command)
    outcome = qcsearch(name, run, *options)
    assert outcome.code in ((0, 4) if name == "tune" else (0,)), outcome.err


def test_the_estimator_goes_the_same_way(tmp_path):
    X, y = FRAME[["Sex", "Age", "Port"]].replace("", None), FRAME["Survived"]
    clf = QuantumCircuitSearchClassifier(
        "fake_manila", "tiny", n_trials=1, encode="ordinal", impute="mean", random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # whether the winner is any good is not what is tried here
        clf.fit(X, y)
    probabilities = clf.predict_proba(X.head(9))
    clf.export(tmp_path / "model")
    assert load_bundle(tmp_path / "model").predict_proba(X.head(9)).tobytes() == probabilities.tobytes()
    assert clf.get_params()["encode"] == "ordinal"
