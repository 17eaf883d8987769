"""Kernel t-SNE: neighbours stay neighbours, new samples find their place, and what cannot be embedded is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing import tsne
from qcsearch.data.preprocessing.persistence import load_pipeline, save_pipeline
from qcsearch.data.preprocessing.pipeline import build_pipeline, fit_seconds
from qcsearch.data.preprocessing.tsne import KernelTSNE
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.errors import BundleError, DataError
from qcsearch.storage import canonical

RNG = np.random.default_rng(5)
X = RNG.normal(size=(80, 40)) + 3.0 * RNG.integers(0, 3, size=(80, 1))
FRESH = RNG.normal(size=(30, 40)) + 3.0 * RNG.integers(0, 3, size=(30, 1))


@pytest.fixture(scope="module")
def fitted() -> KernelTSNE:
    return KernelTSNE(2).fit(X)


def along_axes(step: KernelTSNE, samples):
    return (samples - step.mean_) @ step.axes_


def embedding_of(step: KernelTSNE, samples):
    """The points at which t-SNE put samples that are among the centres."""
    distances = np.linalg.norm(along_axes(step, samples)[:, None] - step.centres_, axis=2)
    assert distances.min(axis=1).max() < 1e-9
    return step.embedding_[distances.argmin(axis=1)]


def test_distances_are_taken_in_30_principal_components_in_units_of_the_typical_one(fitted):
    def distances(points):
        return np.linalg.norm(points[:, None] - points, axis=2)

    components = PCA(30).fit_transform(X)
    nearest = np.sort(distances(components), axis=1)[:, 1]
    ours = distances(along_axes(fitted, X))
    assert ours == pytest.approx(distances(components) / np.median(nearest), abs=1e-6)


def test_an_embedded_sample_is_mapped_to_its_own_point(fitted):
    assert fitted.transform(X) == pytest.approx(embedding_of(fitted, X), abs=1e-9)


def test_samples_that_lie_a_thousand_times_denser_than_others_keep_their_points():
    dense = RNG.random(100) < 0.4
    uneven = np.where(dense[:, None], 1e-3, 1.0) * RNG.normal(size=(100, 5)) + 5.0 * dense[:, None]
    step = KernelTSNE(2).fit(uneven)
    assert step.transform(uneven) == pytest.approx(embedding_of(step, uneven), abs=1e-6)


def test_a_new_sample_goes_to_the_mean_that_the_formula_says(fitted):
    for sample, found in zip(FRESH, fitted.transform(FRESH), strict=True):
        distances = np.linalg.norm(along_axes(fitted, sample[None]) - fitted.centres_, axis=1)
        width = 0.1 * min(distances.min(), 1.0)
        p = np.exp(-((distances / width) ** 2 - (distances.min() / width) ** 2) / 2)
        assert found == pytest.approx(p @ fitted.embedding_ / p.sum())


def test_a_sample_far_from_all_others_goes_where_the_nearest_of_them_is(fitted):
    directions = RNG.normal(size=(20, 40))
    for length in (1e5, 1e100):
        found = fitted.transform(length * directions)
        gaps = np.linalg.norm(found[:, None] - fitted.embedding_, axis=2).min(axis=1)
        assert np.isfinite(found).all()
        assert gaps.max() < 1e-6 * np.ptp(fitted.embedding_)


def test_a_row_alone_is_mapped_as_among_others_however_many_fit_in_memory(fitted, monkeypatch):
    together = fitted.transform(FRESH)
    alone = np.vstack([fitted.transform(row[None]) for row in FRESH])
    assert alone == pytest.approx(together, rel=1e-9, abs=1e-9)
    monkeypatch.setattr(tsne, "_BLOCK", 7 * 80)
    assert fitted.transform(FRESH) == pytest.approx(together, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("name", "margin"), [("digits:0-3", 0.1), ("digits", 0.25)])
def test_two_components_tell_digits_apart_that_were_not_embedded_far_better_than_pca(name, margin):
    parts = split(load_dataset(name), 7)  # the width was chosen on splits of other seeds

    def quality(reduction):
        pipeline = build_pipeline(Preprocessing(Choice(reduction, {"n_components": 2})), None, 7)
        angles = pipeline.fit(parts.train.X).transform(parts.train.X)
        fresh = pipeline.transform(parts.validation.X)
        accuracy = KNeighborsClassifier(5).fit(angles, parts.train.y).score(fresh, parts.validation.y)
        return accuracy, trustworthiness(parts.train.X, angles), trustworthiness(parts.validation.X, fresh)

    (accuracy, train, validation), pca = quality("tsne"), quality("pca")
    assert accuracy > pca[0] + margin
    assert train > pca[1] + 0.05
    assert validation > pca[2] + 0.05


def test_the_seed_decides_the_map_and_the_threads_do_not():
    samples = RNG.normal(size=(120, 784))  # so wide that two threads sum in another order than one

    def mapped(seed, threads):
        with threadpool_limits(threads):
            step = KernelTSNE(2, samples=100, seed=seed).fit(samples)
        return step.transform(samples)

    first = mapped(1, 1)
    assert (first == mapped(1, 2)).all()
    assert (first != mapped(2, 1)).any()


def test_so_many_samples_are_embedded_and_the_others_are_mapped_as_new_ones_are():
    step = KernelTSNE(2, samples=50).fit(X, RNG.integers(0, 2, 80))
    assert step.embedding_.shape == (50, 2)
    assert step.transform(X).shape == (80, 2)
    assert (step.transform(X) == KernelTSNE(2, samples=50).fit(X).transform(X)).all()  # labels play no part


@pytest.mark.parametrize(("n_features", "n_components"), [(1, 1), (2, 2), (3, 3), (40, 1), (40, 3)])
def test_few_features_and_few_samples_are_embedded_too(n_features, n_components):
    few = X[:10, :n_features]
    step = KernelTSNE(n_components, perplexity=500).fit(few)
    assert step.fitted_outputs() == n_components
    assert step.transform(few) == pytest.approx(embedding_of(step, few), abs=1e-6)


def test_repeated_samples_are_embedded_once():
    step = KernelTSNE(2).fit(np.repeat(X, 5, axis=0))
    assert len(step.centres_) == 80
    assert step.transform(X) == pytest.approx(embedding_of(step, X), abs=1e-9)


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (X[:9], "needs 10 training samples that differ. Got 9."),
        (X[:1], "needs 10 training samples that differ. Got 1."),
        (np.repeat(X[:4], 20, axis=0), "needs 10 training samples that differ. Got 4."),
    ],
)
def test_samples_that_are_too_few_or_too_much_alike_are_refused(samples, sentence):
    with pytest.raises(DataError) as caught:
        KernelTSNE(2).fit(samples)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("scale", [1e-180, 1.0, 1e100])
def test_samples_of_any_size_are_mapped_alike(scale):
    near = KernelTSNE(2).fit(X * scale / 10).transform(X * scale / 10)
    assert trustworthiness(X, near) > 0.8


def test_the_seconds_grow_with_the_samples_up_to_those_that_are_embedded():
    def seconds(n_samples, **settings):
        return fit_seconds(Preprocessing(Choice("tsne", settings)), n_samples, 64, None)

    assert seconds(500, n_components=2) < seconds(1000, n_components=2) < seconds(1000, n_components=3)
    assert seconds(60_000, n_components=2) < 2 * seconds(2000, n_components=2)
    assert seconds(60_000, n_components=2, samples=500) < seconds(1000, n_components=2)


@pytest.mark.parametrize(
    "edit",
    [
        lambda settings, arrays: settings.update(n_components=3),
        lambda settings, arrays: settings.update(n_components="2"),
        lambda settings, arrays: settings.update(samples=10**9),
        lambda settings, arrays: settings.update(perplexity=None),
        lambda settings, arrays: arrays.update({"reduction.centres_": np.full((80, 30), 1e200)}),
        lambda settings, arrays: arrays.update({"reduction.centres_": np.zeros((0, 30))}),
        lambda settings, arrays: arrays.update({"reduction.centres_": np.zeros((79, 30))}),
        lambda settings, arrays: arrays.update({"reduction.centres_": np.zeros((80, 29))}),
        lambda settings, arrays: arrays.update({"reduction.embedding_": np.zeros((80, 1))}),
        lambda settings, arrays: arrays.update({"reduction.embedding_": np.full((80, 2), np.nan)}),
        lambda settings, arrays: arrays.update({"reduction.mean_": np.zeros(39)}),
        lambda settings, arrays: arrays.update({"reduction.axes_": np.zeros((39, 30))}),
        lambda settings, arrays: arrays.update(
            {
                "reduction.centres_": np.zeros((tsne._MOST_SAMPLES + 1, 30)),
                "reduction.embedding_": np.zeros((tsne._MOST_SAMPLES + 1, 2)),
            }
        ),
    ],
)
def test_a_saved_map_that_was_changed_to_nonsense_is_refused(edit, saved):
    text, archive = saved
    meta, arrays = canonical.loads(text), dict(np.load(io.BytesIO(archive)))
    load_pipeline(meta, arrays)
    edit(meta["steps"][1]["settings"], arrays)
    with pytest.raises(BundleError):
        load_pipeline(meta, arrays)


@pytest.fixture(scope="module")
def saved() -> tuple[str, bytes]:
    """JSON text and archive of a fitted pipeline."""
    choice = Preprocessing(Choice("tsne", {"n_components": 2}))
    meta, arrays = save_pipeline(build_pipeline(choice, None, 0).fit(X))
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return canonical.dumps(meta), buffer.getvalue()
