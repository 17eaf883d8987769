"""Ids and copies of the label are pointed out, measurements are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.tables.suspects import suspect_notices

RNG = np.random.default_rng(2)
N = 40
SORTED = np.repeat([0, 1], N // 2)
MIXED = RNG.permutation(SORTED)
NOISE = RNG.normal(size=N)


def said(y=MIXED, **columns):
    frame = pd.DataFrame({"noise": NOISE, **columns, "label": y})
    return load_dataset(frame, "label", encode="onehot").notices


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Id", np.arange(N)),
        ("x", RNG.permutation(N) + 5),
        ("customer_id", RNG.permutation(10_000)[:N]),
        ("PassengerId", RNG.permutation(10_000)[:N]),
        ("Unnamed: 0", 3 * np.arange(N)),
        ("index", np.arange(N) * 2),
    ],
)
def test_a_column_that_numbers_the_rows_is_named_with_the_way_to_drop_it(name, values):
    (notice,) = said(**{name: values})
    assert notice.startswith(
        f"The column '{name}' numbers the rows, which is no measurement; leave it out with --drop "
    )


def test_an_id_of_rows_in_the_order_of_the_classes_tells_them():
    (notice,) = said(SORTED, Id=np.arange(1, N + 1))
    assert "'Id' numbers the rows, and that alone tells the class; leave it out with --drop Id" in notice


@pytest.mark.parametrize(
    "leak",
    [
        MIXED,
        5 - 2 * MIXED,
        np.where(MIXED == 1, "yes", "no"),
        MIXED + 0.1 * RNG.random(N),
        np.where(np.arange(N) % 9, MIXED, 2 + MIXED),
    ],
    ids=["copy", "code", "text", "interval", "few values"],
)
def test_a_copy_of_the_label_is_named(leak):
    (notice,) = [sentence for sentence in said(leak=leak) if "encoded" not in sentence]
    assert notice.startswith(
        "The column 'leak' alone tells the class of every row, as a copy of the label or an id would"
    )


@pytest.mark.parametrize(
    "column",
    [
        NOISE + MIXED,
        RNG.integers(0, 100, N),
        RNG.permutation(1000)[:N],
        np.round(NOISE, 1),
        np.where(np.arange(N) == 3, 1 - MIXED, MIXED),
    ],
    ids=["informative", "counts", "different counts", "rounded", "one exception"],
)
def test_measurements_are_not_suspected(column):
    assert said(size=column) == ()


def test_of_few_rows_and_very_large_tables_nothing_is_said(monkeypatch):
    X, y = np.arange(N, dtype=float)[:, None], SORTED
    assert suspect_notices(X, y, ["Id"])
    assert suspect_notices(X[:10], y[:10], ["Id"]) == ()
    monkeypatch.setattr("qcsearch.data.tables.suspects._MOST_CELLS", N - 1)
    assert suspect_notices(X, y, ["Id"]) == ()
