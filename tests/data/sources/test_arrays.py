"""Arrays under the names and in the shapes that other programs give them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from qcsearch.data.checks import check_X
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.sources.samples import load_samples
from qcsearch.data.splitting import split
from qcsearch.errors import DataError

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(12, 4, 3)), np.arange(12) % 2
PARTS = {"train": slice(0, 8), "val": slice(8, 10), "test": slice(10, 12)}
NAMES = {
    "ours": ("X_{}", "y_{}", "val"),
    "Keras": ("x_{}", "y_{}", "val"),
    "MedMNIST": ("{}_images", "{}_labels", "val"),
    "valid": ("X_{}", "Y_{}", "valid"),
    "validation": ("{}_x", "{}_y", "validation"),
}


def saved(folder, **arrays):
    np.savez(folder / "t.npz", **arrays)
    return folder / "t.npz"


def parted(names, *parts, **more):
    samples, labels, val = NAMES[names]
    spelled = {part: val if part == "val" else part for part in parts}
    return {
        **{samples.format(spelled[part]): X[PARTS[part]] for part in parts},
        **{labels.format(spelled[part]): Y[PARTS[part]][:, None] for part in parts},
        **more,
    }


@pytest.mark.parametrize("names", NAMES)
def test_the_parts_of_an_archive_are_known_by_the_names_that_others_give(names, tmp_path):
    dataset = load_dataset(saved(tmp_path, **parted(names, "train", "val", "test")))
    wanted = load_dataset(saved(tmp_path, **parted("ours", "train", "val", "test")))
    assert dataset.digest == wanted.digest
    assert dataset.image_shape == (4, 3)
    assert dataset.notices == ()
    parts = split(dataset, 0)
    for part, rows in ((parts.train, "train"), (parts.validation, "val"), (parts.test, "test")):
        assert (X[PARTS[rows]].reshape(len(part), -1) == part.X).all()
        assert (part.y == Y[PARTS[rows]]).all()


@pytest.mark.parametrize("own", [("train",), ("train", "val"), ("train", "test"), ("train", "val", "test")])
def test_parts_that_a_source_does_not_bring_are_cut_off_its_training_part(own, tmp_path):
    dataset = load_dataset(saved(tmp_path, **parted("ours", *own)))
    parts = split(dataset, 0)
    assert ("val" in own) == (len(parts.validation) == 2 and (dataset.X_val == parts.validation.X).all())
    assert ("test" in own) == (len(parts.test) == 2 and dataset.X_test is not None)
    assert (
        len(parts.train) + ("val" not in own) * len(parts.validation) + ("test" not in own) * len(parts.test)
        == 8
    )
    again = saved(tmp_path, **dataset.to_arrays())
    assert load_dataset(again).digest == dataset.digest


def test_a_validation_part_changes_the_digest_and_its_absence_does_not(tmp_path):
    without = load_dataset(saved(tmp_path, **parted("ours", "train", "test"))).digest
    assert without == "850f23d27ca76e16382a15960195e97f98987a2a6191cba0f1ccc9b7c222e0c3"
    assert load_dataset(saved(tmp_path, **parted("ours", "train", "val", "test"))).digest != without


def test_one_sample_a_class_is_not_enough_to_cut_a_test_part_off(tmp_path):
    path = saved(tmp_path, X=X[:4], y=Y[:4], X_val=X[4:], y_val=Y[4:])
    assert len(split(load_dataset(path), 0).train) == 2
    path = saved(tmp_path, X=X[:5], y=[0, 0, 1, 1, 2], X_val=X[5:], y_val=Y[5:])
    with pytest.raises(DataError, match="every class must have at least 2"):
        load_dataset(path)


def test_an_array_that_is_not_used_is_named(tmp_path):
    dataset = load_dataset(saved(tmp_path, X=X, y=Y, ids=Y, weights=Y, feature_names=np.arange(12)))
    assert dataset.notices == (
        "File 't.npz' also holds ids, weights, not used: no name of samples or labels.",
    )


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"X": X, "y": Y, "X_val": X}, "labels of its validation part"),
        ({"X": X, "y": Y, "y_test": Y}, "samples of its test part"),
        ({"X": X, "y": Y, "x": X}, "holds X and x; it must hold one of the two"),
        ({"X": X, "y": Y, "X_train": X}, "holds X and X_train; it must hold one of the two"),
        (
            {"X": X, "y": Y, "X_val": X[:, :2], "y_val": Y},
            "6 features, but the training part is expecting 12",
        ),
        (
            {"X": X, "y": Y, "X_val": X.reshape(12, 3, 4), "y_val": Y},
            "images of 3×4 pixels, but the training",
        ),
        ({"X": X, "y": Y, "X_val": X, "y_val": Y + 1}, "The class 2, first met in row 2 of y_val"),
        ({"X_test": X, "y_test": Y}, "must hold X, y or X_train, y_train. It holds X_test, y_test"),
        ({"train_x_train": X, "labels": Y}, "samples of its train part"),
        ({"X": X[:, :, 0].T, "y": Y}, "transpose the samples"),
    ],
)
def test_arrays_that_do_not_belong_together_get_a_sentence(arrays, expected, tmp_path):
    with pytest.raises(DataError, match=expected):
        load_dataset(saved(tmp_path, **arrays))


def test_constant_pixels_are_counted_of_all_pixels():
    images = X.copy()
    images[:, :2] = 1.0
    notice = load_dataset((images, Y)).notices[0]
    assert notice.startswith(
        "6 of 12 features are constant and are dropped (pool and autoencoder read images whole)"
    )
    assert notice.endswith("pixel_0_0, pixel_0_1, pixel_0_2, pixel_1_0, pixel_1_1, ….")


def test_rows_of_the_validation_part_that_were_trained_on_are_counted(tmp_path):
    path = saved(tmp_path, X=X, y=Y, X_val=X[:3], y_val=Y[:3])
    assert load_dataset(path).notices[0].startswith("3 of 3 validation rows also stand in the training part")


CHANNELS = {
    "last": X[..., None],
    "first": X[:, None],
    "float16": X.astype("f2").astype(float).astype("f2"),
    "big-endian": X.astype(">f8"),
    "Fortran": np.asfortranarray(X),
    "strided": np.repeat(X, 2, axis=2)[:, :, ::2],
    "masked": np.ma.array(X),
}


@pytest.mark.parametrize("name", CHANNELS)
def test_grey_images_may_have_one_channel_and_any_layout_in_memory(name):
    flat, shape = check_X(CHANNELS[name])
    assert shape == (4, 3)
    assert flat.flags.c_contiguous
    assert flat.dtype == np.float64
    wanted = X.astype("f2") if name == "float16" else X
    assert (flat == wanted.reshape(12, -1)).all()


def nested(*samples):
    array = np.empty(len(samples), dtype=object)
    array[:] = samples
    return array


def test_an_array_of_arrays_is_stacked_or_ragged():
    flat, shape = check_X(nested(*X))
    assert (flat == X.reshape(12, -1)).all()
    assert shape == (4, 3)
    for ragged in (nested(X[0], X[0].T), nested(X[0], X[0, 0]), [X[0], X[0].T]):
        with pytest.raises(DataError, match=r"ragged.*images must have one size"):
            check_X(ragged)


@pytest.mark.parametrize("value", [None, {"a": [1]}, iter([1])], ids=["None", "dict", "iterator"])
def test_what_is_no_array_is_named(value):
    with pytest.raises(DataError, match=rf"a plain array of numbers\. Got {type(value).__name__}"):
        check_X(value)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 4, 4, 3), "holds colour images"),
        ((5, 3, 8, 8), "holds colour images"),
        ((5, 8, 8, 4), "holds colour images"),
        ((5, 8, 8, 8), "must have 2 dimensions"),
        ((5, 2, 2, 2, 1), "must have 2 dimensions"),
        ((5,), "one sample is X.reshape"),
        ((), "a single value"),
    ],
)
def test_what_is_no_grey_image_gets_a_sentence(shape, expected):
    with pytest.raises(DataError, match=expected):
        check_X(np.zeros(shape))


@pytest.mark.parametrize("names", NAMES)
def test_the_test_part_is_what_is_predicted(names, tmp_path):
    path = saved(tmp_path, **parted(names, "train", "test"))
    samples = load_samples(path, 12)
    assert (X[PARTS["test"]].reshape(2, -1) == samples.X).all()
    assert samples.labels == Y[PARTS["test"]].tolist()
    assert (X.reshape(12, -1) == load_samples(saved(tmp_path, x=X), 12).X).all()


def test_an_archive_with_feature_names_is_predicted_by_name(tmp_path):
    flat = X[:, 0]
    path = saved(tmp_path, X=flat[:, ::-1], feature_names=["c", "b", "a"])
    assert (flat == load_samples(path, ["a", "b", "c"]).X).all()
    with pytest.raises(DataError, match="no feature 'd'"):
        load_samples(path, ["a", "b", "d"])


def test_images_of_another_shape_than_the_trainings_are_refused(tmp_path):
    trained = load_dataset((X, Y)).feature_names
    path = saved(tmp_path, X=X.reshape(12, 3, 4))
    with pytest.raises(DataError, match="images of 3×4 pixels, but the model is expecting 4×3"):
        load_samples(path, trained)


SPELLED = st.sampled_from(
    ["X", "y", "x", "Y", "X_train", "y_train", "x_test", "y_test", "X_val", "y_val", "train_images", "train_labels",
     "test_images", "images", "labels", "val_labels", "feature_names", "image_shape", "column_coding", "ids"]
)  # fmt: skip
KINDS = st.sampled_from(
    ["?", "i1", "u2", ">i4", "u8", "f2", "f4", ">f8", "longdouble", "c8", "U3", "S2", "M8[D]", "m8[s]"]
)
SHAPES = st.one_of(
    hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4),
    st.sampled_from(
        [(6,), (6, 1), (1, 6), (6, 3), (3, 6), (6, 2, 2), (6, 2, 2, 1), (6, 1, 2, 2), (6, 2, 2, 3)]
    ),
)


@st.composite
def arrays(draw):
    kind, shape, order = np.dtype(draw(KINDS)), draw(SHAPES), draw(st.sampled_from("CF"))
    numbers = np.random.default_rng(draw(st.integers(0, 9))).integers(0, 3, shape)
    return np.asarray(
        numbers.astype("i8").astype(kind) if kind.kind in "mM" else numbers.astype(kind), order=order
    )


ARCHIVES = st.dictionaries(SPELLED, arrays(), min_size=1, max_size=6)


def an_archive_is_read_or_gets_a_sentence(held, folder):
    path = saved(folder, **held)
    for read in (load_dataset, lambda p: load_samples(p, 3)):
        try:
            found = read(path)
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017  both outcomes are fine
        else:
            assert np.isfinite(found.X).all()
            assert found.X.dtype == np.float64


@settings(max_examples=100, deadline=None)
@given(held=ARCHIVES)
def test_any_arrays_under_any_names_are_read_or_get_a_sentence(held, tmp_path_factory):
    an_archive_is_read_or_gets_a_sentence(held, tmp_path_factory.getbasetemp())


@pytest.mark.exhaustive
@settings(max_examples=10_000, deadline=None)
@given(held=ARCHIVES)
def test_ten_thousand_archives_are_read_or_get_a_sentence(held, tmp_path_factory):
    an_archive_is_read_or_gets_a_sentence(held, tmp_path_factory.getbasetemp())
