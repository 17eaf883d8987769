"""Every kind of source gives the same data set for the same content."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcsearch.data.sources.load import load_dataset
from qcsearch.errors import DataError

RNG = np.random.default_rng(3)
X = RNG.normal(size=(12, 3))
LABELS = np.array(["cat", "dog", "ant"])[np.arange(12) % 3]
NAMES = ("x0", "x1", "x2")


def frame(**columns) -> pd.DataFrame:
    return pd.DataFrame({name: X[:, j] for j, name in enumerate(NAMES)} | columns)


def test_every_source_of_the_same_content_has_the_same_digest(tmp_path):
    table = frame(kind=LABELS)
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_csv(tmp_path / "semicolon.csv", index=False, sep=";")
    table.to_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", X=X, y=LABELS)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", LABELS)
    datasets = [
        load_dataset((X, LABELS)),
        load_dataset((X.tolist(), list(LABELS))),
        load_dataset((table[list(NAMES)], table["kind"])),
        load_dataset(table, "kind"),
        load_dataset(tmp_path / "t.csv", "kind"),
        load_dataset(str(tmp_path / "semicolon.csv"), "kind"),
        load_dataset(tmp_path / "t.parquet", "kind"),
        load_dataset(tmp_path / "t.npz"),
        load_dataset(f"{tmp_path / 'X.npy'},{tmp_path / 'y.npy'}"),
    ]
    assert {dataset.digest for dataset in datasets} == {datasets[0].digest}
    assert datasets[0].target.labels == ("ant", "cat", "dog")
    assert (datasets[0].labels(datasets[0].y) == LABELS).all()
    assert datasets[0].feature_names == NAMES


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.floats(-1e99, 1e99), min_size=4, max_size=20))
def test_csv_gives_back_every_float_to_the_bit(values, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "floats.csv"
    rows = "".join(f"{value!r},{i},{i % 2}\n" for i, value in enumerate(values))
    path.write_text(f"a,b,y\n{rows}")
    assert load_dataset(path).X[:, 0].tobytes() == np.array(values).tobytes()


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["b", "a"] * 6, ("a", "b")),
        ([1, 0] * 6, (0, 1)),
        ([1.0, -3.0] * 6, (-3, 1)),
        ([True, False] * 6, (False, True)),
        ([b"b", b"a"] * 6, ("a", "b")),
        (pd.Series([2, 1] * 6, dtype="Int64"), (1, 2)),
        (pd.Series(["b", "a"] * 6, dtype="category"), ("a", "b")),
        (pd.Series(["b", "a"] * 6, dtype="string"), ("a", "b")),
        (np.array([[1], [0]] * 6, dtype=np.uint8), (0, 1)),
    ],
    ids=["text", "int", "whole float", "bool", "bytes", "Int64", "category", "string", "column"],
)
def test_labels_of_any_kind_become_sorted_classes(labels, classes):
    dataset = load_dataset((X, labels))
    assert dataset.target.labels == classes
    assert [type(c) for c in dataset.target.labels] == [type(c) for c in classes]
    assert dataset.y.tolist() == [1, 0] * 6


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["7", "-1"], (-1, 7)),
        (["7.0", "1e1"], (7, 10)),
        (["007", "8"], ("007", "8")),
        (["none", "some"], ("none", "some")),
        (["a b", "  c "], ("a b", "c")),
        (['"a, b"', "c"], ("a, b", "c")),
        (["1" * 30, "2" * 30], ("1" * 30, "2" * 30)),
        (["True", "False"], ("False", "True")),
    ],
)
def test_labels_of_a_csv_are_numbers_only_if_all_are(cells, classes, tmp_path):
    rows = "".join(f"{i},{i * i % 5},{cells[i % 2]}\n" for i in range(8))
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}")
    assert load_dataset(tmp_path / "t.csv").target.labels == classes


@pytest.mark.parametrize("name", ["target", "Label", "CLASS", "y"])
def test_a_column_with_a_usual_name_is_the_target_and_a_notice_says_so(name):
    dataset = load_dataset(frame(**{name: LABELS}))
    assert dataset.feature_names == NAMES
    assert dataset.notices == (f"The target is the column '{name}'.",)


def test_a_given_target_goes_before_a_usual_name():
    dataset = load_dataset(frame(y=np.arange(12), kind=LABELS), "kind")
    assert dataset.feature_names == (*NAMES, "y")
    assert dataset.notices == ()


def test_images_come_flat_or_not_and_keep_their_shape():
    images = RNG.integers(0, 255, size=(12, 3, 4)).astype(np.uint8)
    whole = load_dataset((images, LABELS))
    flat = load_dataset((images.reshape(12, -1), LABELS), image_shape=(3, 4))
    assert whole.image_shape == flat.image_shape == (3, 4)
    assert whole.digest == flat.digest
    assert whole.feature_names[5] == "pixel_1_1"
    assert (whole.X[0].reshape(3, 4) == images[0]).all()


def test_an_archive_brings_its_own_test_part(tmp_path):
    np.savez(tmp_path / "t.npz", X_train=X[:9], y_train=LABELS[:9], X_test=X[9:], y_test=LABELS[9:])
    dataset = load_dataset(tmp_path / "t.npz")
    assert (X[:9] == dataset.X).all()
    assert (dataset.X_test == X[9:]).all()
    assert (dataset.labels(dataset.y_test) == LABELS[9:]).all()
    assert dataset.notices == ()


def test_test_rows_that_stand_in_the_training_part_are_counted(tmp_path):
    np.savez(tmp_path / "t.npz", X_train=X[:9], y_train=LABELS[:9], X_test=X[6:], y_test=LABELS[6:])
    assert (
        load_dataset(tmp_path / "t.npz").notices[0].startswith("3 of 6 test rows also stand in the training")
    )


@pytest.mark.parametrize("own_test", [False, True])
@pytest.mark.parametrize(
    "labels", [LABELS, np.arange(12) % 3, np.arange(12) % 2 == 0], ids=["text", "int", "bool"]
)
def test_to_arrays_is_read_back_as_the_same_data_set(own_test, labels, tmp_path):
    images = RNG.normal(size=(12, 2, 2))
    if own_test:
        np.savez(
            tmp_path / "a.npz", X_train=images[:9], y_train=labels[:9], X_test=images[9:], y_test=labels[9:]
        )
        dataset = load_dataset(tmp_path / "a.npz")
    else:
        dataset = load_dataset((images, labels))
    np.savez(tmp_path / "b.npz", **dataset.to_arrays())
    again = load_dataset(tmp_path / "b.npz")
    assert again.digest == dataset.digest
    assert again.target.labels == dataset.target.labels
    assert again.image_shape == (2, 2)


def test_the_digest_changes_with_every_part_of_the_content():
    same = load_dataset((X, LABELS)).digest
    moved = X.copy()
    moved[5, 1] = np.nextafter(moved[5, 1], 9)
    others = [
        load_dataset((moved, LABELS)),
        load_dataset((X, np.roll(LABELS, 1))),
        load_dataset((X, np.char.upper(LABELS))),
        load_dataset((X.reshape(12, 1, 3), LABELS)),
        load_dataset(frame(kind=LABELS).rename(columns={"x1": "z"}), "kind"),
    ]
    assert len({same, *(other.digest for other in others)}) == 1 + len(others)
    assert load_dataset((X, LABELS), name="other").digest == same


def test_the_arrays_are_copies_that_cannot_be_written():
    mine = X.copy()
    dataset = load_dataset((mine, LABELS))
    mine[:] = 0
    assert (dataset.X == X).all()
    with pytest.raises(ValueError, match="read-only"):
        dataset.X[0, 0] = 1


@pytest.mark.parametrize(
    ("spec", "shape", "n_classes", "image_shape"),
    [
        ("digits", (1797, 64), 10, (8, 8)),
        ("digits:0-3", (720, 64), 4, (8, 8)),
        ("digits:3,6", (364, 64), 2, (8, 8)),
        ("iris", (150, 4), 3, None),
        ("wine", (178, 13), 3, None),
        ("breast_cancer", (569, 30), 2, None),
        ("moons", (600, 2), 2, None),
    ],
)
def test_the_names_of_scikit_learn(spec, shape, n_classes, image_shape):
    dataset = load_dataset(spec)
    assert dataset.X.shape == shape
    assert dataset.target.n_outputs == n_classes
    assert dataset.image_shape == image_shape
    assert dataset.name == spec


def test_the_classes_that_are_kept_are_those_that_were_named():
    assert load_dataset("digits:3,6").target.labels == (3, 6)
    assert load_dataset("iris:1-2").target.labels == ("versicolor", "virginica")


def test_constant_features_are_named_in_a_notice():
    dataset = load_dataset(frame(kind=LABELS, flat=np.full(12, 7)), "kind")
    assert (
        dataset.n_features == 4
    )  # the fitted pipeline drops it, so that predictions take what training took
    assert dataset.notices == ("1 of 4 features are constant and are dropped: flat.",)


@pytest.mark.parametrize(
    ("source", "fragment"),
    [
        (3, "Got a value of type int"),
        ((X, LABELS, X), "Got a value of type tuple"),
        (([[1, 2], [3]], [0, 1]), "is ragged"),
        ((np.ma.masked_less(X, 0), LABELS), "missing"),
        (([[1, None], [2, 3]] * 6, [0, 1] * 6), "row 1, column 'x1'"),
        (([[1, 1j], [2, 3]] * 6, [0, 1] * 6), "Complex data not supported"),
        (([[10**400, 1], [2, 3]] * 6, [0, 1] * 6), "row 1, column 'x0' (inf)"),
        ((np.full((12, 2, 2), np.nan), LABELS), "column 'pixel_0_0'"),
        ((np.array([[["a"]]] * 12, dtype=object), LABELS), "pixel (0, 0)"),
        ((np.zeros(12, dtype=[("a", float)]), LABELS), "plain array of numbers"),
        ((X, [1, "a"] * 6), "all text, all whole numbers or all"),
        ((X, [1, True] * 6), "all text, all whole numbers or all"),
        ((X, [(1,), (2, 3)] * 6), "all text, all whole numbers or all"),
        ((X, [2**63, 1] * 6), "64-bit integer"),
        ((X, [1e300, 1.0] * 6), "64-bit integer"),
        ((X, ["a\0", "b"] * 6), "zero character"),
        ((X, ["\ud800", "b"] * 6), "UTF-8"),
        ((X, [None, "b"] * 6), "missing labels"),
        ((X, pd.Series([1, None] * 6, dtype="Int64")), "missing labels"),
        ((X, pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"] * 6))), "text or whole numbers"),
    ],
)
def test_bad_values_in_memory_get_a_sentence(source, fragment):
    with pytest.raises(DataError) as caught:
        load_dataset(source)
    assert fragment in str(caught.value)


def test_a_sparse_matrix_is_refused_with_the_way_out():
    from scipy.sparse import csr_array

    with pytest.raises(DataError, match="toarray"):
        load_dataset((csr_array(X), LABELS))


@pytest.mark.parametrize(
    ("column", "fragment"),
    [
        (pd.Series([1, None] * 6, dtype="Int64"), r"in 'extra' \(6 of 12, the first in row 2\)"),
        (
            pd.Series(["a", "b"] * 6, dtype="category"),
            r"text in 'extra' \(2 different, the text 'a' in row 1\)",
        ),
        (pd.Series(["a", None] * 6, dtype="string"), "the text 'a'"),
        (pd.Series(pd.to_datetime(["2020-01-01"] * 12)), "dates"),
    ],
    ids=["Int64", "category", "string", "dates"],
)
def test_bad_columns_of_a_frame_are_named(column, fragment):
    with pytest.raises(DataError, match=fragment):
        load_dataset(frame(kind=LABELS, extra=column), "kind")


def test_good_columns_of_a_frame_of_any_type_become_numbers():
    extra = {
        "small": pd.Series([1, 2] * 6, dtype="Int8"),
        "flag": pd.Series([True, False] * 6, dtype="boolean"),
    }
    assert load_dataset(frame(kind=LABELS, **extra), "kind").X[:2, 3:].tolist() == [[1, 1], [2, 0]]


def test_a_frame_with_a_column_twice_is_refused():
    twice = pd.concat([frame(kind=LABELS), frame()], axis=1)
    with pytest.raises(DataError, match="'x0' stands twice"):
        load_dataset(twice, "kind")


def test_parquet_leaves_out_the_index_that_pandas_wrote_and_decodes_categories(tmp_path):
    table = frame(kind=pd.Series(LABELS, dtype="category"))
    table.index = range(5, 17)
    table.iloc[::-1].to_parquet(tmp_path / "t.parquet")
    dataset = load_dataset(tmp_path / "t.parquet", "kind")
    assert dataset.feature_names == NAMES
    assert dataset.target.labels == ("ant", "cat", "dog")


def test_loading_imports_nothing_heavy(tmp_path):
    np.savez(tmp_path / "t.npz", X=X, y=LABELS)
    code = (
        "import sys; from qcsearch.data.sources.load import load_dataset; "
        f"load_dataset({str(tmp_path / 't.npz')!r}); "
        "print([m for m in ('sklearn', 'pandas', 'pyarrow', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_example_goes_before_a_folder_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("iris").mkdir()
    assert load_dataset("iris").n_samples == 150
