"""Labels say of a model what they can, and never what they cannot."""

from __future__ import annotations

import pytest

from qcsearch.data.known_labels import KnownLabels
from qcsearch.data.targets import Classes


@pytest.mark.parametrize(
    ("labels", "classes", "codes", "sentence"),
    [
        (["a", "b", "a"], ("a", "b"), [0, 1, 0], None),
        ([1, 0, 1], ("0", "1"), [1, 0, 1], None),
        (["1", "0", "1"], (0, 1), [1, 0, 1], None),
        (["1", "0", None], (0, 1), [1, 0, -1], "The labels of 2 of 3 samples are known: 1 have no label."),
        (None, (0, 1), [-1] * 3, "No label is known: the data hold no column of labels, so there is no score."),
        ([None] * 3, (0, 1), [-1] * 3, "No label is known: every label of the data is blank, so there is no score."),
        (
            ["setosa", "virginica", None],
            (0, 1, 2),
            [-1] * 3,
            "No label is known to the model: the data hold 'setosa', 'virginica', where the model knows 0, 1, 2, "
            "so there is no score.",
        ),
        (
            ["a", "x", None],
            ("a", "b"),
            [0, -1, -1],
            "The labels of 1 of 3 samples are known: 1 have no label, 1 have 'x', where the model knows 'a', 'b'.",
        ),
    ],
)  # fmt: skip
def test_what_is_known_and_what_is_said(labels, classes, codes, sentence):
    known = KnownLabels.of(labels, Classes(classes), 3)
    assert known.y.tolist() == codes
    assert known.rows.tolist() == [row for row, code in enumerate(codes) if code >= 0]
    assert known.sentence == sentence


def test_many_foreign_labels_are_counted_not_listed():
    sentence = KnownLabels.of([f"n{i}" for i in range(50)], Classes(tuple(range(20))), 50).sentence
    assert "'n0', 'n1', 'n2', … (50 in all), where the model knows 0, 1, 2, … (20 in all)" in sentence
