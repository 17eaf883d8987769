"""Samples to predict must be what the model was trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qcsearch.data.sources.samples import load_features, load_samples
from qcsearch.errors import DataError

X = np.random.default_rng(5).normal(size=(6, 3))
TABLE = pd.DataFrame(X, columns=["a", "b", "c"])


def test_a_table_is_read_by_name_whatever_its_order(tmp_path):
    TABLE.assign(extra="text", y=[1, 2] * 3)[["c", "extra", "y", "a", "b"]].to_csv(
        tmp_path / "t.csv", index=False
    )
    assert (load_features(tmp_path / "t.csv", ["a", "b", "c"]) == X).all()
    assert (load_features(tmp_path / "t.csv", ["c", "a"]) == X[:, [2, 0]]).all()


def test_labels_come_along_if_they_are_there():
    samples = load_samples(TABLE.assign(kind=["u", "v"] * 3), ["a", "b", "c"], "kind")
    assert (samples.X == X).all()
    assert samples.labels == ["u", "v"] * 3
    assert load_samples(TABLE, ["a", "b", "c"]).labels is None
    assert load_samples((X, [1, 2] * 3), 3).labels == [1, 2] * 3


def test_a_target_of_a_usual_name_is_no_feature_by_count():
    assert (load_features(TABLE.assign(label=1), 3) == X).all()
    assert (load_features(TABLE, 3) == X).all()


def test_a_feature_with_the_name_of_a_target_stays_a_feature():
    table = TABLE.rename(columns={"c": "y"})
    samples = load_samples(table, ["a", "b", "y"])
    assert (samples.X == X).all()
    assert samples.labels is None


def test_a_model_of_unnamed_features_takes_a_table_by_position():
    assert (load_features(TABLE, ["x0", "x1", "x2"]) == X).all()
    with pytest.raises(DataError, match="no column 'x1'"):
        load_features(TABLE.rename(columns={"a": "x0"}), ["x0", "x1", "x2"])


@pytest.mark.parametrize("form", ["array", "list", "npy", "pair", "npz X", "npz X y", "npz split", "images"])
def test_arrays_are_read_by_position(form, tmp_path):
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", [0, 1] * 3)
    np.savez(tmp_path / "x.npz", X=X)
    np.savez(tmp_path / "xy.npz", X=X, y=[0, 1] * 3)
    np.savez(tmp_path / "split.npz", X_train=X[:1], X_test=X, y_train=[0], y_test=[0, 1] * 3)
    sources = {
        "array": X,
        "list": X.tolist(),
        "npy": tmp_path / "X.npy",
        "pair": f"{tmp_path / 'X.npy'},{tmp_path / 'y.npy'}",
        "npz X": tmp_path / "x.npz",
        "npz X y": tmp_path / "xy.npz",
        "npz split": tmp_path / "split.npz",
        "images": X.reshape(6, 1, 3),
    }
    assert (load_features(sources[form], ["a", "b", "c"]) == X).all()


@pytest.mark.parametrize(
    ("source", "fragment"),
    [
        (X[:, :2], "X has 2 features, but model is expecting 3 features as input"),
        (TABLE[["a", "b"]], "no column 'c'"),
        (X[0], "must have 2 dimensions"),
        (X[:0], "0 rows"),
        (np.where(X[4, 1] == X, np.nan, X), "row 5, column 'x1' (nan)"),
        ((X, [1, 2]), "6 rows and 2 labels"),
        ("iris", "4 features, but model is expecting 3"),
    ],
)
def test_samples_that_do_not_fit_get_a_sentence(source, fragment):
    with pytest.raises(DataError) as caught:
        load_features(source, ["a", "b", "c"])
    assert fragment in str(caught.value)


def test_a_table_with_another_number_of_unnamed_features_gets_a_sentence():
    with pytest.raises(DataError, match="3 features, but model is expecting 4"):
        load_features(TABLE, 4)
    with pytest.raises(DataError, match="no column 'kind'"):
        load_features(TABLE, ["a"], target="kind")


def test_a_frame_with_its_labels_beside_it_is_read_by_name_too():
    samples = load_samples((TABLE[["c", "b", "a"]], [1, 2] * 3), ["a", "b", "c"])
    assert (load_features(TABLE, ["a", "b", "c"]) == samples.X).all()
    assert samples.labels == [1, 2] * 3


def test_numbers_that_the_model_knows_as_names_are_a_header(tmp_path):
    (tmp_path / "t.csv").write_text("2019,2020,2021\n1,2,3\n4,5,6\n")
    assert load_features(tmp_path / "t.csv", ["2020", "2019"]).tolist() == [[2, 1], [5, 4]]
    for features in (["a", "b", "c"], 3):
        with pytest.raises(
            DataError, match="has no header: its first row, '2019', '2020', '2021', looks like"
        ):
            load_features(tmp_path / "t.csv", features)
