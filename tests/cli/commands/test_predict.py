"""`qcsearch predict` on data whose labels are blank, absent, foreign or known in part."""

from __future__ import annotations

import csv

import pytest
from sklearn.datasets import load_iris

IRIS = load_iris()
NAMES = [IRIS.target_names[i] for i in IRIS.target]


@pytest.fixture
def predict(qcsearch, bundle, tmp_path):
    """Predict iris with other labels: the outcome."""

    def call(labels, column="label", *options):
        path = tmp_path / "new.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*IRIS.feature_names, *([] if labels is None else [column])])
            tails = [[]] * 150 if labels is None else [[label] for label in labels]
            writer.writerows([*row, *tail] for row, tail in zip(IRIS.data, tails, strict=True))
        return qcsearch("predict", bundle, path, *options)

    return call


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (None, "Note: No label is known: the data hold no column of labels"),
        ([""] * 150, "Note: No label is known: every label of the data is blank"),
        (["NA"] * 150, "Note: No label is known: every label of the data is blank"),
        (IRIS.target, "Note: No label is known to the model: the data hold 0, 1, 2, where the model knows"),
        ([0.5, 1.5] * 75, "Note: No label is known to the model: the data hold '0.5', '1.5'"),
        (range(150), "Note: No label is known to the model: the data hold 0, 1, 2, … (150 in all)"),
    ],
    ids=["absent", "blank", "NA", "numbers", "fractions", "ids"],
)
def test_where_no_label_is_known_there_are_predictions_and_no_accuracy(predict, labels, said):
    outcome = predict(labels)
    assert outcome.code == 0, outcome.err
    assert len(outcome.out.splitlines()) == 151
    assert said in outcome.err
    assert "Accuracy" not in outcome.err
    assert predict(labels, "label", "--json").json["accuracy"] is None


def test_the_accuracy_is_over_the_labels_that_are_known(predict):
    whole = predict(NAMES, "label", "--json").json
    mixed = ["", "x", *NAMES[2:]]
    outcome = predict(mixed, "label", "--json")
    found = outcome.json
    assert whole["labels"] == found["labels"]
    right = sum(a == b for a, b in zip(found["labels"], mixed, strict=True))
    assert found["n_labelled"] == 148
    assert found["accuracy"] == pytest.approx(right / 148)
    assert "The labels of 148 of 150 samples are known: 1 have no label, 1 have 'x'" in outcome.err


def test_a_column_that_is_not_there_is_refused_if_it_was_named(predict):
    outcome = predict(None, "label", "--target", "species")
    assert outcome.code == 2
    assert "no column 'species'" in outcome.err


def test_a_backend_is_judged_by_the_labels_that_are_known(predict):
    outcome = predict([NAMES[0], *[""] * 149], "label", "--backend", "aer", "--shots", "64")
    assert outcome.code == 0, outcome.err
    assert "on 1 labelled samples (aer" in outcome.err
    outcome = predict([""] * 150, "label", "--backend", "aer", "--shots", "64")
    assert "Accuracy" not in outcome.err
    assert "every label of the data is blank" in outcome.err
