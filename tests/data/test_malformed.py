"""Every malformed data set ends in one sentence, whatever is wrong with it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from malformed import Malformed, archive, malformed, malformed_parquet

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import DataError, MissingExtraError

CASES = [*malformed(), *malformed_parquet()]


def test_the_list_is_long_and_names_each_case_once():
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_data_set_gets_one_sentence_that_says_what_is_wrong(case: Malformed, tmp_path):
    source = case.write(tmp_path)
    if case.at_split:
        dataset = load_dataset(source, case.target)
        with pytest.raises(DataError) as caught:
            split(dataset, seed=0)
    else:
        with pytest.raises(DataError) as caught:
            load_dataset(source, case.target)
    assert case.expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'qcsearch\[parquet\]'"):
        load_dataset(tmp_path / "t.parquet", "y")


CELLS = st.sampled_from(
    [",", "\n", ";", '"', "a", "b", "y", "1", "2.5", "-", "nan", "", " ", "é", "\r", "\t"]
)


@settings(max_examples=300, deadline=None)
@given(text=st.lists(CELLS, max_size=60).map("".join))
@example(text='",\n,"')
def test_any_text_as_csv_is_a_data_set_or_a_sentence(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(text.encode())
    try:
        dataset = load_dataset(path, "y")
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017  both outcomes are fine
    else:
        assert np.isfinite(dataset.X).all()


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.booleans())
def test_any_changed_byte_of_an_archive_gives_a_data_set_or_a_sentence(at, value, cut, tmp_path_factory):
    raw = bytearray(archive(X=np.eye(12)[:, :3], y=np.arange(12) % 2))
    raw[at % len(raw)] = value
    path = tmp_path_factory.getbasetemp() / "fuzz.npz"
    path.write_bytes(raw[: at % len(raw)] if cut else raw)
    try:
        load_dataset(path)
    except DataError as error:
        assert str(error).startswith(("File 'fuzz.npz'", "X of 'fuzz'"))  # noqa: PT017  both outcomes are fine
