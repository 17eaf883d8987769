"""A table in memory of any library is read by a way that is maintained, or refused in one sentence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.sources.samples import load_features
from qcsearch.errors import DataError

FRAME = pd.DataFrame({"a": [1.5, 2.5] * 6, "b": [True, False] * 6, "kind": ["u", "v"] * 6})
ARROW = pa.Table.from_pandas(FRAME)


class Stream:
    """A library that offers Arrow's C stream."""

    schema = ARROW.schema

    def __arrow_c_stream__(self, requested_schema=None):
        return ARROW.__arrow_c_stream__(requested_schema)


class Interchange:
    """A library that offers the dataframe interchange protocol."""

    columns = property(lambda self: ["a", "b", "kind"])

    def __dataframe__(self, *args, **kwargs):
        return ARROW.__dataframe__(*args, **kwargs)


class ToPandas:
    """A library that can be asked for a DataFrame of pandas."""

    columns = ("a", "b", "kind")

    def to_pandas(self):
        return FRAME


class Lazy:
    """A plan without values."""

    @property
    def columns(self):
        raise AssertionError("nothing is computed that was not asked for")

    def collect(self):
        raise AssertionError("nothing is computed that was not asked for")


@pytest.mark.parametrize(
    "source",
    [FRAME, ARROW, pa.RecordBatch.from_pandas(FRAME), ARROW.to_reader(), Stream(), Interchange(), ToPandas()],
    ids=["pandas", "table", "batch", "reader", "stream", "interchange", "to_pandas"],
)
def test_frames_of_every_library_give_the_same_data(source):
    dataset = load_dataset(source, "kind")
    assert dataset.X.tolist() == [[1.5, 1], [2.5, 0]] * 6
    assert dataset.target.labels == ("u", "v")
    assert dataset.digest == load_dataset(FRAME, "kind").digest


def test_samples_and_pairs_are_read_as_data_sets_are():
    X = ARROW.select(["b", "a"])
    assert load_features(X, ["a", "b"]).tolist() == [[1.5, 1], [2.5, 0]] * 6
    assert load_dataset((X, FRAME["kind"])).feature_names == ("b", "a")


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (Lazy(), "The Lazy holds no values yet. Fix: call its .collect() first."),
        (SimpleNamespace(columns=3), "The SimpleNamespace cannot be read as a table: TypeError"),
        (SimpleNamespace(columns=["a"]), "cannot be read as a table: TypeError"),
        (pa.table({}), "has no columns"),
        (pa.table([[1], [2]], names=["a", "a"]), "'a' stands twice"),
        (pa.table({"a": [[1], [2]] * 6, "y": [1, 2] * 6}), "neither numbers nor text in 'a' (values of type ndarray)"),
        (FRAME.assign(w=pd.Timestamp("2020-01-01"), y=1), "neither numbers nor text in 'w' (dates or times)"),
        (FRAME.assign(w=1j, y=1), "neither numbers nor text in 'w' (complex numbers)"),
        (pd.DataFrame([[1.5, 2, "u"]] * 4, columns=["1.5", "2", "u"]), "has no header"),
        (pa.array([1, 2]), "Got a value of type Int64Array"),
        (FRAME["a"], "Got a value of type Series"),
    ],
)  # fmt: skip
def test_what_is_no_table_gets_one_sentence(source, part):
    with pytest.raises(DataError) as caught:
        load_dataset(source)
    assert part in str(caught.value)


def test_a_frame_of_numbered_columns_has_a_header():
    frame = pd.DataFrame(np.arange(24).reshape(12, 2), columns=["400.5", "401"])
    assert load_dataset((frame, [0, 1] * 6)).feature_names == ("400.5", "401")
