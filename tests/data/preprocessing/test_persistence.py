"""A pipeline is saved without pickle and comes back exact to the bit; anything else is refused."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing.persistence import load_pipeline, save_pipeline
from qcsearch.data.preprocessing.pipeline import build_pipeline, n_outputs
from qcsearch.data.preprocessing.steps import Pipeline
from qcsearch.errors import BundleError
from qcsearch.storage import canonical

RNG = np.random.default_rng(2)
X = RNG.normal(size=(50, 20)) * 10.0 ** RNG.integers(-5, 5, size=20)
Y = np.arange(50) % 3
IMAGE = (4, 5)
REDUCTIONS = [
    Choice("none"),
    Choice("pool", {"size": [2, 3]}),
    Choice("pca", {"n_components": 6}),
    Choice("lda"),
    Choice("tsne", {"n_components": 3}),
]


def through_files(meta, arrays):
    """What a bundle does: JSON text and an archive without pickle."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    buffer.seek(0)
    with np.load(buffer, allow_pickle=False) as archive:
        return canonical.loads(canonical.dumps(meta)), dict(archive)


@pytest.mark.parametrize("scaling", ["minmax", "maxabs", "standard"])
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_a_pipeline_comes_back_exact_to_the_bit(reduction, scaling):
    pipeline = build_pipeline(Preprocessing(reduction, scaling), IMAGE, 0).fit(X, Y)
    again = load_pipeline(*through_files(*save_pipeline(pipeline)))
    fresh = RNG.normal(size=(30, 20))
    assert again.transform(fresh).tobytes() == pipeline.transform(fresh).tobytes()
    assert n_outputs(again) == n_outputs(pipeline)
    assert json.dumps(save_pipeline(again)[0]) == json.dumps(save_pipeline(pipeline)[0])


def test_a_step_that_is_not_ours_is_not_saved():
    pipeline = build_pipeline(Preprocessing(), None, 0).fit(X)
    other = Pipeline([pipeline.steps[0], ("scaling", StandardScaler().fit(X)), pipeline.steps[-1]])
    with pytest.raises(BundleError, match="StandardScaler"):
        save_pipeline(other)


def changed(edit):
    """A saved PCA pipeline with one thing changed."""
    meta, arrays = through_files(*save_pipeline(build_pipeline(Preprocessing(REDUCTIONS[2]), None, 0).fit(X)))
    edit(meta, arrays)
    return meta, arrays


def _set(path, value):
    def edit(meta, arrays):
        part = meta
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return edit


def _array(name, change):
    def edit(meta, arrays):
        arrays[name] = change(arrays[name])

    return edit


def _nan_first(a):
    a = a.copy()
    a.flat[0] = np.nan
    return a


@pytest.mark.parametrize(
    "edit",
    [
        _set(["version"], 2),
        _set(["steps"], []),
        _set(["steps"], None),
        _set(["steps", 1, "kind"], "os.system"),
        _set(["steps", 1, "kind"], "pool"),
        _set(["steps", 1, "name"], "exec"),
        _set(["steps", 1, "n_features_in"], 19),
        _set(["steps", 0, "n_features_in"], -1),
        _set(["steps", 0, "n_features_in"], 10**12),
        _set(["steps", 0, "n_features_in"], True),
        _set(["steps", 1, "settings"], {"n_components": 6, "seed": 0, "more": 1}),
        _set(["steps", 2, "settings"], {"kind": "robust"}),
        _set(["steps", 3, "settings"], {"kind": "robust"}),
        _set(["steps", 3, "settings"], {"low": "a"}),
        _set(["steps", 3, "name"], "scaling"),
        lambda meta, arrays: meta["steps"].pop(),
        lambda meta, arrays: arrays.pop("reduction.axes_"),
        lambda meta, arrays: arrays.update({"other": np.zeros(1)}),
        _array("reduction.axes_", lambda a: a[:-1]),
        _array("reduction.axes_", lambda a: a[:, :-1]),
        _array("reduction.axes_", lambda a: a.ravel()),
        _array("reduction.axes_", _nan_first),
        _array("reduction.axes_", lambda a: a.astype(object)),
        _array("reduction.axes_", lambda a: a.astype(complex)),
        _array("scaling.scale_", lambda a: a[:-1]),
        _array("constant.kept_", lambda a: a + 1),
        _array("constant.kept_", lambda a: a.astype(float)),
    ],
)
def test_a_saved_pipeline_that_was_changed_to_nonsense_is_refused(edit):
    with pytest.raises(BundleError):
        load_pipeline(*changed(edit))


def test_the_saved_arrays_are_copies():
    pipeline = build_pipeline(Preprocessing(), None, 0).fit(X)
    before = pipeline.transform(X)
    for array in save_pipeline(pipeline)[1].values():
        array[:] = 0
    assert (pipeline.transform(X) == before).all()
