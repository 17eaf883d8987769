"""Any table that a program may write is read as it was meant, or refused in a sentence; nothing changes in silence."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcsearch.data.preprocessing.encoding import ColumnEncoder
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.sources.samples import load_samples
from qcsearch.errors import DataError

SPECIAL = {"true", "false", "none", "null", "nan", "na", "inf", "infinity", "sep"}
LETTERS = "abxyzé ü,;|\t'\".-_0123456789\n#%€"


@dataclass(frozen=True)
class Meant:
    """A table as it was meant: values by name, None where one is missing, and labels."""

    columns: dict[str, list]
    labels: list
    target: str

    def is_text(self, name: str) -> bool:
        return any(isinstance(value, str) for value in self.columns[name])

    @property
    def has_text(self) -> bool:
        return any(map(self.is_text, self.columns))

    @property
    def has_gaps(self) -> bool:
        return any(value is None for values in self.columns.values() for value in values)


@dataclass(frozen=True)
class Written:
    """How a program writes it."""

    separator: str = ","
    decimal: str = "."
    quoting: int = csv.QUOTE_MINIMAL
    encoding: str = "utf-8"
    end: str = "\n"
    gap: str = ""
    truth: tuple[str, str] = ("False", "True")
    tail: str = ""
    order: int = 0


def is_word(text: str) -> bool:
    """Whether a text is one, and nothing else that a cell may mean."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return (
            any(c.isalpha() for c in text) and text.casefold() not in SPECIAL and not text.startswith("sep=")
        )
    return False


WORDS = st.text(LETTERS, min_size=1, max_size=8).map(str.strip).filter(is_word)
NUMBERS = st.one_of(
    st.floats(-1e9, 1e9).map(lambda x: x + 0.0),
    st.floats(-100, 100).map(lambda x: round(x, 2) + 0.0),
    st.sampled_from([0.0, 1.125, 1234.0, 1.5, -2.375, 1e-7, 1e16, 12.001]),
)
WHOLE = st.one_of(st.integers(-5, 5), st.integers(-(10**6), 10**6))


@st.composite
def tables(draw) -> Meant:
    n = draw(st.integers(6, 12))
    names = draw(st.lists(WORDS, min_size=2, max_size=5, unique=True))
    columns = {}
    for name in names[1:]:
        some = draw(st.lists(WORDS, min_size=1, max_size=3, unique=True))
        kind = draw(st.sampled_from([NUMBERS, NUMBERS, WHOLE, st.booleans(), st.sampled_from(some)]))
        values = draw(st.lists(kind, min_size=n, max_size=n))
        gaps = draw(st.sets(st.integers(0, n - 1), max_size=2)) if draw(st.integers(0, 3)) == 0 else ()
        columns[name] = [None if row in gaps else value for row, value in enumerate(values)]
    classes = draw(
        st.one_of(st.lists(WORDS, min_size=2, max_size=2, unique=True), st.just([0, 1]), st.just([-3, 12]))
    )
    return Meant(columns, [classes[row % 2] for row in range(n)], names[0])


WRITTEN = st.builds(
    Written,
    separator=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(".,"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    gap=st.sampled_from(["", "NA", "nan", "?", "<NA>"]),
    truth=st.sampled_from([("False", "True"), ("FALSE", "TRUE"), ("false", "true")]),
    tail=st.sampled_from(["", "", "separator"]),
    order=st.integers(0, 9),
)
ENCODE, IMPUTE = (None, "onehot", "ordinal"), (None, "median", "most_frequent")
OPTIONS = st.fixed_dictionaries({"encode": st.sampled_from(ENCODE), "impute": st.sampled_from(IMPUTE)})


def cell(value, how: Written) -> str:
    if value is None:
        return how.gap
    if isinstance(value, bool):
        return how.truth[value]
    return repr(value).replace(".", how.decimal) if isinstance(value, float) else str(value)


def text_of(meant: Meant, how: Written, labelled: bool = True) -> str:
    columns = [[name, *(cell(value, how) for value in values)] for name, values in meant.columns.items()]
    columns += [[meant.target, *map(str, meant.labels)]] if labelled else []
    columns = columns[how.order % len(columns) :] + columns[: how.order % len(columns)]
    text = io.StringIO()
    tail = how.separator if how.tail else ""
    quoting = (
        csv.QUOTE_ALL if how.end == "\r" else how.quoting
    )  # or the writer leaves line feeds in cells bare
    writer = csv.writer(text, delimiter=how.separator, quoting=quoting, lineterminator=f"{tail}{how.end}")
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def written(meant: Meant, how: Written, folder: Path, labelled: bool = True) -> Path:
    path = folder / "any.csv"
    path.write_bytes(text_of(meant, how, labelled).encode(how.encoding))
    return path


def as_frame(meant: Meant) -> pd.DataFrame:
    return pd.DataFrame({**meant.columns, meant.target: meant.labels}, dtype=object)


def check_values(X, names, coding, meant: Meant) -> None:
    """Every value is the one that was meant, to the bit."""
    for name, values in meant.columns.items():
        j = list(names).index(name)
        levels = coding.levels[j] if coding is not None else ()
        assert bool(levels) == meant.is_text(name)
        for read, value in zip(X[:, j], values, strict=True):
            if value is None:
                assert math.isnan(read)
            elif levels:
                assert levels[int(read)] == value
            else:
                assert np.float64(read).tobytes() == np.float64(value).tobytes()


def read(source, meant: Meant, options) -> tuple[object, str]:
    """The data set, or the one sentence."""
    try:
        return load_dataset(source, meant.target, **options), ""
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017  both outcomes are fine
        assert error.exit_code == 2  # noqa: PT017
        return None, str(error)


def any_table_is_read_as_meant_or_refused(
    folder: Path, meant: Meant, how: Written, other: Written, options
) -> bool:
    dataset, _ = read(written(meant, how, folder), meant, options)
    frame, _ = read(as_frame(meant), meant, options)
    if dataset is None:
        return False
    assert options["encode"] or not meant.has_text
    assert options["impute"] or not meant.has_gaps
    assert set(dataset.feature_names) == set(meant.columns)
    assert dataset.labels(dataset.y).tolist() == meant.labels
    check_values(dataset.X, dataset.feature_names, dataset.coding, meant)
    assert frame is not None
    check_values(frame.X, frame.feature_names, frame.coding, meant)
    encoder = None if dataset.coding is None else ColumnEncoder.of(dataset.coding).fit(dataset.X)
    try:
        samples = load_samples(
            written(meant, other, folder, labelled=False), dataset.feature_names, None, encoder
        )
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017  both outcomes are fine
    else:
        assert samples.labels is None or "y" in meant.columns
        check_values(samples.X, dataset.feature_names, dataset.coding, meant)
    return True


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(meant=tables(), how=WRITTEN, other=WRITTEN, options=OPTIONS)
def test_any_table_is_read_as_meant_or_refused_in_a_sentence(meant, how, other, options, tmp_path_factory):
    any_table_is_read_as_meant_or_refused(tmp_path_factory.getbasetemp(), meant, how, other, options)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(meant=tables(), how=WRITTEN)
def test_a_table_in_which_nothing_can_mean_two_things_is_read(meant, how, tmp_path_factory):
    sure = {**meant.columns, "a sure number": [row + 0.5 for row in range(len(meant.labels))]}
    names = {f"c{i}": values for i, values in enumerate(sure.values()) if any(v is not None for v in values)}
    plain = {
        name: [f"t{len(v)}" if isinstance(v, str) else v for v in values] for name, values in names.items()
    }
    labels = [label if isinstance(label, int) else f"k{meant.labels.index(label)}" for label in meant.labels]
    meant = Meant(plain, labels, "kind")
    dataset, said = read(
        written(meant, how, tmp_path_factory.getbasetemp()), meant, {"encode": "onehot", "impute": "median"}
    )
    assert dataset is not None, said
    check_values(dataset.X, dataset.feature_names, dataset.coding, meant)
    assert any("comma as its decimal mark" in notice for notice in dataset.notices) == (how.decimal == ",")


@pytest.mark.exhaustive
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(meant=tables(), how=WRITTEN, other=WRITTEN, options=OPTIONS)
def test_ten_thousand_tables_are_read_as_meant_or_refused_in_a_sentence(
    meant, how, other, options, tmp_path_factory
):
    any_table_is_read_as_meant_or_refused(tmp_path_factory.getbasetemp(), meant, how, other, options)
