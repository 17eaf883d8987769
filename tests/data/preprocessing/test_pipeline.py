"""Preprocessing: against scikit-learn and closed forms; fitted on what it is given and on nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing.pipeline import build_pipeline, n_components, n_outputs
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import CandidateError, DataError

RNG = np.random.default_rng(11)
X = RNG.normal(size=(60, 12)) * 10.0 ** np.arange(-6, 6)
Y = np.arange(60) % 4
IMAGE = (3, 4)
REDUCTIONS = [
    Choice("none"),
    Choice("pool", {"size": 2}),
    Choice("pool", {"size": [2, 3]}),
    Choice("pca", {"n_components": 5}),
    Choice("lda"),
    Choice("lda", {"n_components": 2}),
    Choice("tsne", {"n_components": 2}),
]
SCALINGS = ("minmax", "maxabs", "standard")


def step(reduction: Choice, samples=X, labels=Y, image=IMAGE):
    """The fitted reduction of a pipeline."""
    return dict(build_pipeline(Preprocessing(reduction), image, 0).fit(samples, labels).steps)["reduction"]


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_the_number_of_outputs_is_known_before_the_fit(reduction, scaling):
    preprocessing = Preprocessing(reduction, scaling)
    pipeline = build_pipeline(preprocessing, IMAGE, 0).fit(X, Y)
    expected = n_components(preprocessing, 12, IMAGE, 4)
    assert pipeline.transform(X).shape == (60, expected)
    assert n_outputs(pipeline) == expected


@settings(max_examples=60, deadline=None)
@given(
    samples=arrays(np.float64, (7, 12), elements=st.floats(-1e100, 1e100)),
    scaling=st.sampled_from(SCALINGS),
    low=st.floats(-7, 7),
    width=st.floats(1e-3, 6.28),
)
def test_angles_stay_in_the_range_whatever_the_samples(samples, scaling, low, width):
    pipeline = build_pipeline(Preprocessing(Choice("none"), scaling, (low, low + width)), None, 0).fit(X)
    angles = pipeline.transform(samples)
    assert angles.min() >= low
    assert angles.max() <= low + width


@pytest.mark.parametrize(
    ("scaling", "reference", "first", "last"),
    [
        ("minmax", MinMaxScaler(), 0, 1),
        ("maxabs", MaxAbsScaler(), -1, 1),
        ("standard", StandardScaler(), -3, 3),
    ],
)
def test_scaling_agrees_with_scikit_learn_and_maps_linearly(scaling, reference, first, last):
    angles = build_pipeline(Preprocessing(scaling=scaling), None, 0).fit(X).transform(X)
    scaled = np.clip(reference.fit(X).transform(X), first, last)
    np.testing.assert_allclose(angles, (scaled - first) / (last - first) * math.pi - math.pi / 2, atol=1e-12)


def test_values_outside_the_fitted_range_are_clipped_never_wrapped():
    pipeline = build_pipeline(Preprocessing(angle_range=(0.0, math.pi)), None, 0).fit(
        np.array([[0.0], [10.0]])
    )
    assert pipeline.transform(np.array([[-1e9], [0], [2.5], [10], [11], [1e99]])).ravel().tolist() == [
        0.0, 0.0, math.pi / 4, math.pi, math.pi, math.pi
    ]  # fmt: skip


def test_maxabs_takes_zero_to_the_middle_of_the_range():
    pipeline = build_pipeline(Preprocessing(scaling="maxabs"), None, 0).fit(np.array([[1.0], [4.0]]))
    assert pipeline.transform(np.array([[0.0], [-4.0], [2.0]])).ravel() == pytest.approx(
        [0, -math.pi / 2, math.pi / 4]
    )


def test_pooling_of_even_sizes_is_the_mean_of_blocks():
    images = RNG.normal(size=(5, 8, 6))
    pooled = step(Choice("pool", {"size": [4, 2]}), images.reshape(5, -1), None, (8, 6)).transform(images)
    assert pooled == pytest.approx(images.reshape(5, 4, 2, 2, 3).mean(axis=(2, 4)).reshape(5, -1))


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9), data=st.data())
def test_pooling_of_any_sizes_is_the_mean_of_the_area_covered(height, width, data):
    small = data.draw(st.tuples(st.integers(1, height), st.integers(1, width)))
    images = np.random.default_rng(0).normal(size=(3, height, width))
    pooled = step(Choice("pool", {"size": list(small)}), images.reshape(3, -1), None, (height, width))
    # Each pixel cut into so many parts that every edge of the small image falls between two of them.
    parts = np.kron(images, np.ones((1, *small))).reshape(3, small[0], height, small[1], width)
    assert pooled.transform(images) == pytest.approx(parts.mean(axis=(2, 4)).reshape(3, -1))


def test_pca_agrees_with_scikit_learn():
    expected = PCA(5).fit(X).transform(X)
    assert step(Choice("pca", {"n_components": 5})).transform(X) == pytest.approx(expected, abs=1e-6)


def test_lda_agrees_with_scikit_learn():
    samples = RNG.normal(size=(60, 12)) + RNG.normal(size=(4, 12))[Y]
    expected = LinearDiscriminantAnalysis().fit(samples, Y).transform(samples)
    assert step(Choice("lda"), samples).transform(samples) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_directions_beyond_the_rank_are_zero_and_not_rounding_scaled_up():
    flat = RNG.normal(size=(40, 2)) @ RNG.normal(size=(2, 6))
    pipeline = build_pipeline(Preprocessing(Choice("pca", {"n_components": 5})), None, 0).fit(flat)
    angles = pipeline.transform(flat)
    assert np.ptp(angles[:, :2], axis=0) == pytest.approx(np.pi)
    assert (np.ptp(angles[:, 2:], axis=0) == 0).all()


def test_pca_of_fewer_samples_than_components_still_has_every_output():
    assert step(Choice("pca", {"n_components": 9}), X[:4], Y[:4]).transform(X).shape == (60, 9)


def test_constant_features_of_the_training_split_are_dropped_and_predictions_take_all_of_them():
    samples = np.column_stack([X[:, 3], np.full(60, 7.0), X[:, 4]])
    pipeline = build_pipeline(Preprocessing(), None, 0).fit(samples)
    again = samples.copy()
    again[:, 1] = RNG.normal(size=60)  # what a dropped feature does later changes nothing
    assert pipeline.transform(again).shape == (60, 2)
    assert (pipeline.transform(again) == pipeline.transform(samples)).all()


def test_only_the_training_split_decides_which_features_are_dropped():
    rows, labels = np.arange(40.0), np.arange(40) % 2
    last = split(load_dataset((rows[:, None], labels)), 0).test.X[-1, 0]
    parts = split(load_dataset((np.column_stack([rows, rows == last]), labels)), 0)
    assert parts.test.X[:, 1].any()
    pipeline = build_pipeline(Preprocessing(), None, 0).fit(parts.train.X, parts.train.y)
    assert n_outputs(pipeline) == n_components(Preprocessing(), parts.n_features, None, 2) == 1


@pytest.mark.parametrize("reduction", REDUCTIONS[1:], ids=str)
def test_constant_pixels_do_no_harm(reduction):
    images = X.copy()
    images[:, [0, 5, 11]] = 3.0
    pipeline = build_pipeline(Preprocessing(reduction), IMAGE, 0).fit(images, Y)
    assert np.isfinite(pipeline.transform(images)).all()
    assert n_outputs(pipeline) == n_components(Preprocessing(reduction), 12, IMAGE, 4)


def test_sums_of_features_that_are_too_large_to_scale_are_refused():
    pipeline = build_pipeline(Preprocessing(Choice("pca", {"n_components": 2})), None, 0).fit(X)
    with pytest.raises(DataError, match=r"beyond ±1e\+100, too large to scale; the first is in row 2"):
        pipeline.transform(np.vstack([X[:1], np.full((1, 12), -1e100)]))


@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_each_step_hands_on_samples_in_c_order(reduction):
    samples = X
    for _, step in build_pipeline(Preprocessing(reduction), IMAGE, 0).steps:
        samples = step.fit(samples, Y).transform(samples)
        assert samples.flags.c_contiguous


@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_a_pipeline_that_is_fitted_again_forgets_what_it_had_learnt(reduction):
    pipeline = build_pipeline(Preprocessing(reduction), IMAGE, 0).fit(X, Y)
    known = pipeline.transform(X)
    pipeline.fit(X[::-1] ** 2, Y)
    assert (pipeline.transform(X) != known).any()
    assert (pipeline.fit_transform(X, Y) == known).all()


@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_a_step_made_of_its_settings_learns_the_same_numbers(reduction):
    samples = X
    for _, step in build_pipeline(Preprocessing(reduction), IMAGE, 0).steps:
        other = type(step)(**step.settings).fit(samples, Y)
        samples = step.fit(samples, Y).transform(samples)
        assert all((getattr(other, name) == getattr(step, name)).all() for name in step.learned)


@pytest.mark.parametrize(
    ("preprocessing", "image", "fragment"),
    [
        (
            Preprocessing(Choice("umap")),
            None,
            "'umap' is not one of the reductions. Known: autoencoder, lda, pca, pool, tsne",
        ),
        (Preprocessing(Choice("none", {"size": 2})), None, "takes no settings"),
        (Preprocessing(Choice("pca")), None, "n_components"),
        (Preprocessing(Choice("pca", {"n_components": 2, "whiten": True})), None, "whiten"),
        (Preprocessing(Choice("pca", {"n_components": 2, "seed": 1})), None, "no setting 'seed'"),
        (
            Preprocessing(Choice("pca", {"n_components": 13})),
            None,
            r"must be an int in [1, 12] (number of features)",
        ),
        (Preprocessing(Choice("pca", {"n_components": 0})), None, "Got 0"),
        (Preprocessing(Choice("pca", {"n_components": 2.5})), None, "Got 2.5"),
        (Preprocessing(Choice("pca", {"n_components": True})), None, "Got True"),
        (Preprocessing(Choice("lda", {"n_components": 4})), None, "must be an int in [1, 3]"),
        (Preprocessing(Choice("pool", {"size": 2})), None, "needs images"),
        (Preprocessing(Choice("pool", {"size": 4})), IMAGE, "at most the image's 3×4 pixels"),
        (Preprocessing(Choice("pool", {"size": [2]})), IMAGE, "Got [2]"),
        (Preprocessing(Choice("pool", {"size": "2"})), IMAGE, "Got '2'"),
        (
            Preprocessing(Choice("tsne", {"n_components": 4})),
            None,
            "must be an int in [1, 3] (what Barnes–Hut t-SNE can embed in). Got 4.",
        ),
        (Preprocessing(Choice("tsne")), None, "n_components"),
        (Preprocessing(Choice("tsne", {"n_components": 2, "perplexity": 0})), None, "'perplexity'"),
        (Preprocessing(Choice("tsne", {"n_components": 2, "samples": 9})), None, "int in [10, 5000]"),
        (Preprocessing(Choice("tsne", {"n_components": 2, "samples": 5001})), None, "int in [10, 5000]"),
        (Preprocessing(Choice("autoencoder", {"n_components": 3})), None, "needs images"),
        (Preprocessing(Choice("autoencoder", {"n_components": 13})), IMAGE, "must be an int in [1, 12]"),
        (Preprocessing(Choice("autoencoder", {"n_components": 3, "steps": 0})), IMAGE, "'steps'"),
    ],
)
def test_a_preprocessing_that_is_impossible_gets_a_sentence_before_any_fit(preprocessing, image, fragment):
    with pytest.raises(CandidateError) as caught:
        n_components(preprocessing, 12, image, 4)
    assert fragment in str(caught.value)


def test_lda_without_labels_says_so():
    with pytest.raises(DataError, match="needs the labels"):
        build_pipeline(Preprocessing(Choice("lda")), None, 0).fit(X)
