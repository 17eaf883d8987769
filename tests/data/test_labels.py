"""Labels of any kind, in any container: each goes all the way, or is refused in one sentence."""

from __future__ import annotations

import csv
import enum
import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from sklearn.datasets import load_iris

from qcsearch.bundle.model import model_files, read_model
from qcsearch.cli.commands.predict import _csv
from qcsearch.data.labels import check_y, classes_like, find, label_text
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.sources.samples import load_samples
from qcsearch.data.targets import Classes
from qcsearch.errors import BundleError, DataError
from qcsearch.training.heads import n_head_parameters
from qcsearch.training.single import train

CANDIDATE = {
    "encoding": {"name": "reuploading"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [0, 1],
    "observables": ["Z0", "Z1"],
    "training": {"steps": 1},
}


@pytest.fixture(scope="module")
def model():
    return train(CANDIDATE, *load_iris(return_X_y=True), device="fake_manila")


class Colour(str, enum.Enum):  # noqa: UP042  the older kind, whose str() is not its value
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


WIDTHS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i2", ">u4"]
TAKEN = {
    "bool": (np.array([True, False]), [True, False]),
    "bool objects": (np.array([True, False], dtype=object), [True, False]),
    "pandas boolean": (pd.array([True, False], dtype="boolean"), [True, False]),
    "pyarrow bool": (pa.array([True, False]), [True, False]),
    **{width: (np.array([1, 0], dtype=width), [1, 0]) for width in WIDTHS},
    **{kind: (np.array([1, 0], dtype=kind), [1, 0]) for kind in ("f2", "f4", "f8", "longdouble", ">f8")},
    "pandas Int8": (pd.array([1, 0], dtype="Int8"), [1, 0]),
    "pandas Float64": (pd.array([1.0, 0.0], dtype="Float64"), [1, 0]),
    "int enumeration": ([Level.LOW, Level.HIGH], [1, 2]),
    "fractions that are whole": ([Fraction(2), Fraction(1)], [2, 1]),
    "whole numbers of two kinds": ([2, 1.0], [2, 1]),
    "text": (np.array(["a b", 'ü "q"']), ["a b", 'ü "q"']),
    "bytes": (np.array([b"a", "ü".encode()]), ["a", "ü"]),
    "text enumeration": ([Colour.RED, Colour.BLUE], ["red", "blue"]),
    "category": (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    "category of truth values": (pd.Series([True, False], dtype="category"), [True, False]),
    "pandas string": (pd.array(["a", "b"], dtype="string"), ["a", "b"]),
    "one column": (pd.DataFrame({"y": ["a", "b"]}), ["a", "b"]),
}
REFUSED = {
    "bool and numbers": ([True, 1], "Got bool, int"),
    "text and numbers": ([1, "a"], "Got int, str"),
    "text and truth values": (["a", True], "Got bool, str"),
    "None": (["a", None], "in 2 rows: row 2"),
    "NaN": ([float("nan"), 1], "in 2 rows: row 1"),
    "pandas NA": (pd.array([True, None], dtype="boolean"), "in 2 rows: row 2"),
    "category NaN": (pd.Categorical(["a", None]), "in 2 rows: row 2"),
    "blanks": ([" ", "a"], "in 2 rows: row 1"),
    "a fraction": ([1.5, 2.0], "looks like a regression"),
    "infinity": ([float("inf"), 1], "infinity"),
    "complex": (np.array([1j, 2]), "complex128"),
    "dates": (pd.to_datetime(["2020-01-01", "2020-01-02"]), "datetime64"),
    "intervals": (pd.cut([1, 2, 3], 2), "Got Interval"),
    "64 bits and more": (np.array([0, 2**63], dtype=np.uint64), "64-bit"),
    "bytes that are no text": (np.array([b"\xff", b"\xfe"]), "not UTF-8"),
    "one-hot": (np.eye(2), "one-hot"),
    "a single text": ("ab", "one dimension"),
    "functions": ([len, len], "Got builtin_function_or_method"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_labels_of_every_kind_go_all_the_way(name, model):
    two, plain = TAKEN[name]
    check_all_the_way(load_dataset((np.eye(6), thrice(two))), plain * 3, model)
    assert [type(label) for label in check_y(two)] == [type(label) for label in plain]


def thrice(labels):
    """The labels three times, in the same container."""
    if isinstance(labels, list):
        return labels * 3
    if isinstance(labels, np.ndarray):
        return np.tile(labels, 3)
    if isinstance(labels, pa.Array):
        return pa.concat_arrays([labels] * 3)
    return pd.concat([labels if hasattr(labels, "iloc") else pd.Series(labels)] * 3)


@pytest.mark.parametrize("name", REFUSED)
def test_labels_that_are_none_are_refused_in_one_sentence(name):
    y, expected = REFUSED[name]
    with pytest.raises(DataError, match=expected) as caught:
        check_y(y)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["?", "i1", "u2", "f4", "U3", "O"])
def test_the_classes_have_the_type_of_the_labels(kind):
    y = np.array([1, 0], dtype=kind) if kind != "O" else np.array(["b", "a"], dtype=object)
    classes = classes_like(tuple(sorted(set(check_y(y)))), y)
    assert classes.dtype == (y.dtype if kind != "U3" else "<U1")
    assert classes.tolist() == np.unique(y).tolist()


def test_too_many_classes_are_refused_at_the_door_and_in_a_file(model):
    with pytest.raises(DataError, match=r"at most 10,000 classes\. Got 10,001"):
        load_dataset((np.zeros((20_002, 1)), np.arange(20_002) // 2))
    files = model_files(replace(model, target=Classes(tuple(range(10_001)))), {})
    with pytest.raises(BundleError, match=r"signature\.json .* at most 10,000"):
        read_model(files)


def test_a_label_of_a_length_that_no_table_holds_is_refused():
    with pytest.raises(DataError, match=r"at most 256 characters\. Got 100,000"):
        load_dataset((np.eye(4), ["x" * 100_000, "y"] * 2))


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ((False, True), ["True", "False"]),
        (("1", "2"), [2, 1]),
        (("=a", "b"), ["b", "'=a"]),
        ((1, 2), ["2", "1"]),
    ],
)
def test_a_label_is_found_as_a_text_file_holds_it(classes, text):
    assert find(text, classes).tolist() == [1, 0]
    assert find(["other"], classes).tolist() == [-1]


def check_all_the_way(dataset, labels, model):
    """The data set's labels are these, in memory, in its archive, in a bundle and in a CSV file."""
    assert dataset.labels(dataset.y).tolist() == labels
    assert list(map(type, dataset.labels(dataset.y).tolist())) == list(map(type, labels))
    archive = io.BytesIO()
    np.savez(archive, **dataset.to_arrays())
    archive.seek(0)
    kept = np.load(archive, allow_pickle=False)
    again = load_dataset((kept["X"], kept["y"]), name=dataset.name)
    assert again.digest == replace(dataset, feature_names=again.feature_names).digest
    n_head = n_head_parameters(model.candidate, dataset.target)
    trained = replace(
        model, target=dataset.target, parameters=replace(model.parameters, head=np.zeros(n_head))
    )
    read = read_model(model_files(trained, {}))
    assert read.target.labels == dataset.target.labels
    assert list(map(type, read.target.labels)) == list(map(type, dataset.target.labels))
    table = _csv(
        read.target, dataset.labels(dataset.y), np.zeros((len(labels), dataset.target.n_outputs)), None
    )
    cells = [row[0] for row in csv.reader(io.StringIO(table, newline=""))][1:]
    assert find(cells, read.target.labels).tolist() == dataset.y.tolist()


PLAIN = st.characters(exclude_categories=("Cs", "Cc"))
TEXT = st.text(PLAIN, min_size=1, max_size=12).filter(lambda t: t.strip() and t not in {"nan", "<NA>", "NaT"})
WHOLE = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3))
GOOD = st.one_of(
    st.lists(TEXT, min_size=2, max_size=5, unique=True),
    st.lists(WHOLE, min_size=2, max_size=5, unique=True),
    st.just([True, False]),
).filter(lambda pool: len(set(map(label_text, pool))) == len(pool))  # a CSV file holds `=` and `'=` alike
ODD = st.sampled_from([None, float("nan"), 0.5, float("inf"), 2**63, b"\xff", 1j, "", (1, 2), {}, object()])


def _series(dtype):
    return lambda y: pd.Series(y, dtype=dtype)


def _nullable(y):
    return pd.array(y, dtype={str: "string", int: "Int64", bool: "boolean"}[type(y[0])])


CONTAINERS = [
    list,
    tuple,
    np.array,
    lambda y: np.array(y)[:, None],
    lambda y: np.array(y, dtype=object),
    _series(None),
    _series("category"),
    _series(object),
    _nullable,
    pa.array,
    lambda y: pa.chunked_array([y]),
]


def table_file(folder, y, kind):
    path = folder / f"labels.{kind}"
    if kind == "parquet":
        parquet.write_table(pa.table({"a": range(len(y)), "label": pa.array(y)}), path)
    elif kind == "npz":
        np.savez(path, X=np.arange(len(y))[:, None], y=np.array(y))
    return path


def good_labels_go_all_the_way(model, folder, pool, container, file):
    y = [label for label in pool for _ in range(2)]
    check_all_the_way(load_dataset((np.arange(len(y))[:, None], container(y))), y, model)
    path = table_file(folder, y, file)
    check_all_the_way(load_dataset(path), y, model)
    assert load_samples(path, 1).labels == y


def bad_labels_get_a_sentence(pool, odd, at, other):
    y = [label for label in pool for _ in range(2)]
    y.insert(at % len(y), odd)
    for labels in (y, [*pool, *other]):
        try:
            dataset = load_dataset((np.arange(len(labels))[:, None], labels))
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017  both outcomes are fine
        else:
            assert dataset.labels(dataset.y).tolist() == labels


@settings(max_examples=40, deadline=None)
@given(pool=GOOD, container=st.sampled_from(CONTAINERS), file=st.sampled_from(["npz", "parquet"]))
def test_any_labels_in_any_container_go_all_the_way(model, tmp_path_factory, pool, container, file):
    good_labels_go_all_the_way(model, tmp_path_factory.getbasetemp(), pool, container, file)


@settings(max_examples=100, deadline=None)
@given(pool=GOOD, odd=ODD, at=st.integers(0, 99), other=GOOD)
def test_any_odd_label_among_others_is_taken_as_it_is_or_refused_in_a_sentence(pool, odd, at, other):
    bad_labels_get_a_sentence(pool, odd, at, other)


@pytest.mark.exhaustive
@settings(max_examples=10_000, deadline=None)
@given(pool=GOOD, container=st.sampled_from(CONTAINERS), file=st.sampled_from(["npz", "parquet"]))
def test_ten_thousand_labels_go_all_the_way(model, tmp_path_factory, pool, container, file):
    good_labels_go_all_the_way(model, tmp_path_factory.getbasetemp(), pool, container, file)


@pytest.mark.exhaustive
@settings(max_examples=10_000, deadline=None)
@given(pool=GOOD, odd=ODD, at=st.integers(0, 99), other=GOOD)
def test_ten_thousand_odd_labels_are_taken_or_refused_in_a_sentence(pool, odd, at, other):
    bad_labels_get_a_sentence(pool, odd, at, other)


@pytest.mark.parametrize(
    ("y", "part"),
    [
        (
            ["a", None, "b", " ", "a", "b"],
            "y of 'arrays' has 2 in 6 rows: row 2, 4. Fix: fill in these labels",
        ),
        (
            ["a", "b"] * 3 + [None] * 12,
            "has 12 in 18 rows: row 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 and more.",
        ),
        (
            [None] * 6,
            "y of 'arrays' holds none in 6 rows. Fix: name the column that holds the labels with --target",
        ),
    ],
)
def test_the_rows_without_a_label_are_named(y, part):
    with pytest.raises(DataError) as caught:
        load_dataset((np.arange(len(y))[:, None], y))
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "y",
    [
        [*range(20, 45), *range(30)],
        list(range(12)),
        [20 + i * i % 91 for i in range(60)],
        np.linspace(0, 1, 12),
    ],
    ids=["ages", "ids", "squares", "fractions"],
)
def test_numbers_that_hardly_repeat_look_like_a_regression(y):
    with pytest.raises(DataError, match=r"looks like a regression.* Fix: give --task regression"):
        load_dataset((np.arange(len(y))[:, None], y))


def test_many_numbers_that_repeat_are_classes_and_said_to_be():
    (notice,) = load_dataset((np.arange(60)[:, None], list(range(30)) * 2)).notices
    assert notice.startswith("Y of 'arrays' holds 30 different numbers; each is taken for a class")


@pytest.mark.parametrize("y", [list("abcde") * 2, [*range(5)] * 2, [*range(3), *range(3)]])
def test_few_classes_are_classes(y):
    assert load_dataset((np.arange(len(y))[:, None], y)).notices == ()


def test_a_small_class_among_few_is_named():
    with pytest.raises(DataError, match="Class 9 of y of 'arrays' has 1 sample"):
        load_dataset((np.arange(13)[:, None], [0, 1] * 6 + [9]))
