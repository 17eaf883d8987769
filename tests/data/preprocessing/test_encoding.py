"""Columns of text and with gaps: refused unless asked for, learnt from the training part, saved as plain arrays."""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing.encoding import ColumnEncoder
from qcsearch.data.preprocessing.persistence import load_pipeline, save_pipeline
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.sources.samples import load_samples
from qcsearch.data.splitting import split
from qcsearch.errors import BundleError, DataError
from qcsearch.storage import canonical

RNG = np.random.default_rng(5)
N = 60
FRAME = pd.DataFrame(
    {
        "age": np.where(np.arange(N) % 7 == 0, np.nan, RNG.normal(40, 9, N).round(1)),
        "sex": RNG.choice(["male", "female"], N),
        "port": np.where(np.arange(N) % 9 == 0, None, RNG.choice(["C", "Q", "S"], N)),
        "alone": RNG.choice([True, False], N),
        "label": np.arange(N) % 2,
    }
)


def learnt(encode="onehot", impute="median", frame=FRAME):
    dataset = load_dataset(frame, encode=encode, impute=impute)
    parts = split(dataset, seed=0)
    return dataset, parts, ColumnEncoder.of(dataset.coding).fit(parts.train.X)


def raw(dataset, X) -> pd.DataFrame:
    """The columns as they were before they were coded."""
    columns = {}
    for j, (name, levels) in enumerate(zip(dataset.feature_names, dataset.coding.levels, strict=True)):
        texts = [code if np.isnan(code) or not levels else levels[int(code)] for code in X[:, j]]
        columns[name] = texts
    return pd.DataFrame(columns, dtype=object)


@pytest.mark.parametrize("impute", ["mean", "median", "most_frequent"])
@pytest.mark.parametrize("encode", ["onehot", "ordinal"])
def test_the_numbers_are_those_of_scikit_learn_fitted_on_the_training_part(encode, impute):
    dataset, parts, encoder = learnt(encode, impute)
    train, test = raw(dataset, parts.train.X), raw(dataset, parts.test.X)
    numbers, texts = ["age", "alone"], ["sex", "port"]
    fill = SimpleImputer(strategy=impute).fit(train[numbers])
    most = SimpleImputer(strategy="most_frequent").fit(train[texts])
    kind = (
        OneHotEncoder(sparse_output=False, handle_unknown="ignore")
        if encode == "onehot"
        else OrdinalEncoder()
    )
    codes = kind.fit(most.transform(train[texts])).transform(most.transform(test[texts]))
    encoded = pd.DataFrame(encoder.transform(parts.test.X), columns=encoder.names(dataset.feature_names))
    ours = [name for name in encoded if name.partition("=")[0] in texts]
    np.testing.assert_array_equal(encoded[ours], codes)
    np.testing.assert_allclose(encoded[numbers], fill.transform(test[numbers]).astype(float), rtol=1e-12)


def test_nothing_is_learnt_from_what_is_not_in_the_training_part():
    _, parts, encoder = learnt()
    changed = FRAME.copy()
    known = {row.tobytes() for row in parts.train.X}
    dataset = load_dataset(FRAME, encode="onehot", impute="median")
    outside = [row for row in range(N) if dataset.X[row].tobytes() not in known]
    changed.loc[outside, "age"] = 1e6
    other_dataset = load_dataset(changed, encode="onehot", impute="median")
    other = ColumnEncoder.of(other_dataset.coding).fit(split(other_dataset, seed=0).train.X)
    assert len(outside) > 10
    assert other.fill_.tolist() == encoder.fill_.tolist()


def test_the_split_counts_the_features_that_vary_once_they_are_encoded():
    dataset, parts, encoder = learnt()
    assert encoder.names(dataset.feature_names) == (
        "age", "sex=female", "sex=male", "port=C", "port=Q", "port=S", "alone",
    )  # fmt: skip
    assert parts.n_features == 7
    assert dataset.notices[1:] == (
        "2 column(s) of text are encoded (onehot): 'sex' (2 categories), 'port' (3 categories).",
        "16 missing value(s) are filled in (median, of the training part): 'age' (9), 'port' (7).",
    )
    constant = FRAME.assign(same="x", empty_but_one=[5.0] + [np.nan] * (N - 1))
    _, parts, _ = learnt(frame=constant)
    assert parts.n_features == 7
    assert "are constant in the training split and are dropped: same=x, empty_but_one." in parts.notices[0]


def test_a_pipeline_with_text_and_gaps_is_saved_without_pickle_and_predicts_a_raw_table(tmp_path):
    dataset, parts, _ = learnt()
    pipeline = build_pipeline(Preprocessing(), None, 0, dataset.coding).fit(parts.train.X, parts.train.y)
    meta, arrays = save_pipeline(pipeline)
    again = load_pipeline(json.loads(canonical.dumps(meta)), arrays)
    assert pipeline.transform(dataset.X).tobytes() == again.transform(dataset.X).tobytes()
    FRAME[["port", "alone", "sex", "age"]].to_csv(tmp_path / "new.csv", index=False)
    for source in (FRAME, FRAME.drop(columns="label"), tmp_path / "new.csv"):
        samples = load_samples(source, dataset.feature_names, None, again.first)
        assert again.transform(samples.X).tobytes() == pipeline.transform(dataset.X).tobytes()


def test_an_unknown_category_is_none_of_the_known_and_said():
    _, _, one_hot = learnt()
    _, _, ordinal = learnt("ordinal")
    strange = FRAME.head(4).assign(sex="other")
    for encoder, expected in ((one_hot, [0.0, 0.0]), (ordinal, [-1.0])):
        samples = load_samples(strange, ("age", "sex", "port", "alone"), None, encoder)
        assert encoder.transform(samples.X)[:, 1 : 1 + len(expected)].tolist() == [expected] * 4
        assert any(
            "taken for none of the known ones: 'sex' (4 of 4 rows)" in said for said in samples.notices
        )
        assert any(
            "Missing values are filled in as in the training (median): 'age'" in s for s in samples.notices
        )


def test_a_category_outside_the_training_part_is_said():
    frame = FRAME.assign(sex=["rare" if row == 3 else sex for row, sex in enumerate(FRAME["sex"])])
    said = [split(load_dataset(frame, encode="onehot", impute="mean"), seed).notices for seed in range(8)]
    assert any(
        "the training part does not hold are taken for none of the known ones: 'sex' (1 of 60" in " ".join(s)
        for s in said
    )
    assert any(not s for s in said)


def test_a_run_keeps_the_columns_as_they_are(tmp_path):
    dataset = load_dataset(FRAME, encode="ordinal", impute="mean")
    np.savez(tmp_path / "data.npz", **dataset.to_arrays())
    again = load_dataset(tmp_path / "data.npz")
    assert again.digest == dataset.digest
    assert again.coding == dataset.coding
    assert again.notices == dataset.notices[1:]
    assert load_dataset(FRAME, encode="onehot", impute="mean").digest != dataset.digest
    assert load_dataset(FRAME, encode="ordinal", impute="median").digest != dataset.digest


def test_arrays_and_pairs_can_be_encoded_too():
    X = FRAME.drop(columns="label")
    dataset = load_dataset(FRAME, encode="onehot", impute="mean")
    for pair in (X, X.to_numpy(), X.to_numpy().tolist()):
        assert (
            load_dataset((pair, FRAME["label"]), encode="onehot", impute="mean").X.tobytes()
            == dataset.X.tobytes()
        )
    gaps = load_dataset((FRAME[["age", "alone"]].to_numpy(dtype=float), FRAME["label"]), impute="mean")
    assert np.isnan(gaps.X).sum() == 9


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "text in 'sex' (2 different, the text"),
        ({"encode": "onehot"}, "missing values (NaN or empty) in 'age' (9 of 60"),
        ({"impute": "mean"}, "text in 'sex'"),
        ({"encode": "hot"}, "'encode' of a table must be onehot or ordinal. Got 'hot'."),
        ({"impute": 3}, "'impute' of a table must be mean or median or most_frequent. Got 3."),
        ({"drop": ["no"]}, "has no column 'no' to drop. Columns: age, sex"),
        ({"drop": "sex"}, "'drop' of a table must be a list of names of columns. Got 'sex'."),
        ({"drop": ["label"]}, "no column is named as the target"),
        ({"drop": ["label"], "target": "label"}, "cannot be both the target and dropped"),
        ({"drop": ["age", "sex", "port", "alone"]}, "no columns besides the target"),
    ],
)
def test_what_is_not_asked_for_is_not_done(options, part):
    with pytest.raises(DataError) as caught:
        load_dataset(FRAME, **options)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "option", [{"drop": ["a"]}, {"encode": "onehot"}, {"impute": "mean"}, {"target": "a"}]
)
def test_examples_and_archives_have_no_such_columns(option):
    with pytest.raises(DataError, match="is for tables; 'iris' holds its labels apart"):
        load_dataset("iris", **option)


def test_names_are_no_categories_and_numbers_with_stray_text_stay_numbers():
    many = FRAME.assign(name=[f"N{i}" for i in range(N)], count=["x", *range(N - 1)])
    with pytest.raises(DataError) as caught:
        load_dataset(many, encode="onehot", impute="mean")
    assert "more than 50 different texts in 'name' (another in every row" in str(caught.value)
    assert "text among numbers in 'count' (1 of 60 cells, the text 'x' in row 1)" in str(caught.value)
    assert "give --drop name for what cannot be used" in str(caught.value)
    kept = load_dataset(many, drop=["name", "count"], encode="onehot", impute="mean")
    assert kept.feature_names == ("age", "sex", "port", "alone")
    assert kept.dropped == ("name", "count")


def test_text_where_the_training_had_numbers_is_refused():
    _, _, encoder = learnt()
    with pytest.raises(DataError, match=r"text in 'age' .* give values like those of the training"):
        load_samples(FRAME.assign(age="old"), ("age", "sex", "port", "alone"), None, encoder)
    with pytest.raises(DataError, match="missing values"):
        load_samples(FRAME, ("age", "alone"))


def test_numbers_where_the_training_had_categories_are_unknown_ones():
    _, _, encoder = learnt()
    samples = load_samples(FRAME.assign(sex=1.5), ("age", "sex", "port", "alone"), None, encoder)
    assert "'sex' (60 of 60 rows)" in samples.notices[-1]


def damaged(settings, arrays, **changes):
    for name, value in changes.items():
        if name in settings:
            settings[name] = value
        else:
            arrays[f"columns.{name}_"] = value


@pytest.mark.parametrize(
    "changes",
    [
        {"levels": [[], ["male", "female"], ["C", "Q", "S"], []]},
        {"levels": [[], ["a"] * 2, ["C", "Q", "S"], []]},
        {"levels": [[], [f"{i:03}" for i in range(51)], ["C", "Q", "S"], []]},
        {"levels": [[], ["female", "x" * 300], ["C", "Q", "S"], []]},
        {"levels": [[]]},
        {"levels": 3},
        {"encode": "pickle"},
        {"impute": "zero"},
        {"fill": np.zeros(3)},
        {"source": np.array([0, 1, 2, 2, 2])},
        {"source": np.array([1, 1])},
        {"code": np.array([0, 9, 0, 1, 2])},
        {"code": np.array([0, 0, 0, 1, 2])},
        {"code": np.array([-1, 0, 0, 1, 2])},
        {"code": np.array([0.0, 1.0, 0.0, 1.0, 2.0])},
    ],
    ids=str,
)
def test_a_forged_encoding_is_refused(changes):
    dataset, parts, _ = learnt()
    pipeline = build_pipeline(Preprocessing(), None, 0, dataset.coding).fit(parts.train.X, parts.train.y)
    meta, arrays = save_pipeline(pipeline)
    damaged(meta["steps"][0]["settings"], arrays, **changes)
    with pytest.raises(BundleError):
        load_pipeline(meta, arrays)


def test_very_many_forged_columns_are_looked_through_once():
    n = 20_000
    encoder = ColumnEncoder([["a", "b"]] * n, "onehot", "mean")
    encoder.n_features_in_, encoder.fill_ = n, np.zeros(n)
    encoder.source_, encoder.code_ = np.repeat(np.arange(n), 2), np.tile([0, 1], n)
    started = time.process_time()
    assert encoder.fitted_outputs() == 2 * n
    assert time.process_time() - started < 5
