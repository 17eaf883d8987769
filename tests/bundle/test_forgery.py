"""Bundles that agree with themselves but were not written by us: one sentence each, and nothing worse."""

from __future__ import annotations

import json

import pytest

from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.errors import BundleError


@pytest.fixture
def forge(saved, tmp_path):
    """Store a bundle with one file replaced, its manifest made to fit."""

    def store_forged(name, content):
        files = dict(read_verified(saved["folder"]).files)
        files[name] = content if isinstance(content, bytes) else content(json.loads(files[name]))
        store(tmp_path / "forged", files, Manifest.of(files, {}), overwrite=True)
        return tmp_path / "forged"

    return store_forged


def edited(change):
    def apply(data):
        change(data)
        return json.dumps(data).encode()

    return apply


JSON_FILES = [
    "candidate.json", "device.json", "metrics.json", "preprocessor.json", "quantiles.json", "signature.json",
    "weights.json",
]  # fmt: skip


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"0",
        b'"x"',
        b"[" * 50_000,
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b"\x80",
        b"\xff\xfe{\0",
    ],
    ids=["empty", "null", "list", "object", "number", "text", "deep", "nan", "huge", "bytes", "utf16"],
)
def test_a_file_that_is_something_else_is_refused(forge, name, content):
    if name == "metrics.json" and content == b"{}":
        return  # no metrics are no fault
    with pytest.raises(BundleError):
        load_bundle(forge(name, content))


def put(*path, value):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return edited(change)


def cut(*path):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return edited(change)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("weights.json", cut("circuit", "data", 0), "malformed"),
        ("weights.json", put("circuit", "data", 0, value="1"), "malformed"),
        ("weights.json", put("circuit", "data", 0, value=1), "malformed"),
        ("weights.json", put("circuit", "data", 0, value=None), "malformed"),
        ("weights.json", put("circuit", "shape", value=[-1]), "malformed"),
        ("weights.json", put("circuit", "shape", value=[2**70]), "malformed"),
        ("weights.json", put("circuit", "dtype", value="object"), "malformed"),
        ("weights.json", put("circuit", value={"dtype": "float64", "shape": [0], "data": []}), "takes"),
        ("weights.json", put("head", value={"dtype": "float64", "shape": [1], "data": [0.5]}), "does not take"),
        ("weights.json", put("temperature", value=0.0), "'temperature' in weights.json"),
        ("weights.json", put("temperature", value="cold"), "'temperature' in weights.json"),
        ("weights.json", cut("temperature"), "'temperature' in weights.json"),
        ("weights.json", put("head", value={"dtype": "int64", "shape": [1], "data": [1]}), "row of floats"),
        ("quantiles.json", cut("edges"), "cannot be read"),
        ("quantiles.json", put("more", value=[]), "it must hold edges"),
        ("quantiles.json", put("counts", "dtype", value="float64"), "malformed"),
        ("quantiles.json", put("counts", "shape", value=[44]), "9 edges and 11 counts"),
        ("quantiles.json", put("counts", "data", 0, value=-1), "no counts below 0"),
        ("quantiles.json", put("counts", "data", 0, value=10**12), "the same number of samples"),
        ("quantiles.json", put("edges", "data", 0, value=1e9), "edges that ascend"),
        ("signature.json", put("target", "classes", value=["a"]), "2 classes"),
        ("signature.json", put("target", "classes", value=["a", "a", "b"]), "each be there once"),
        ("signature.json", put("target", "classes", value=["a", 1, "b"]), "all text, all whole numbers"),
        ("signature.json", put("target", "classes", value=[[], {}, None]), "signature"),
        ("signature.json", put("target", "classes", value=["a", "b"]), "does not take"),
        ("signature.json", put("n_features_in", value=5), "features"),
        ("signature.json", put("n_features_in", value=True), "n_features_in"),
        ("signature.json", put("image_shape", value=[2, 3]), "pixels"),
        ("signature.json", put("image_shape", value="ab"), "image shape"),
        ("signature.json", put("feature_names", value=["a"]), "feature names"),
        ("signature.json", put("more", value=1), "one too many"),
        ("candidate.json", put("qubits", value=[0, 1, 77]), "candidate.json"),
        ("candidate.json", put("ansatz", "settings", "n_layers", value=10**9), "candidate.json"),
        ("candidate.json", put("encoding", "name", value="nothing"), "candidate.json"),
        ("candidate.json", put("observables", value=["Z9"]), "candidate.json"),
        ("candidate.json", put("head", "name", value="nothing"), "candidate.json"),
        ("candidate.json", put("evil", value=1), "candidate.json"),
        ("device.json", cut("qubits"), "device.json"),
        ("preprocessor.json", put("meta", "steps", value=[]), "preprocessor.json"),
        ("preprocessor.json", put("arrays", "more", value={}), "preprocessor.json"),
        ("metrics.json", b"[]", "metrics.json"),
    ],
)  # fmt: skip
def test_parts_that_are_wrong_or_do_not_belong_together_are_refused(forge, name, change, says):
    with pytest.raises(BundleError, match=says):
        load_bundle(forge(name, change))


@pytest.mark.parametrize("name", ["circuit.qpy", "circuit.qasm", "MODEL_CARD.md", "deployment.json"])
def test_what_the_model_does_not_need_is_not_parsed(forge, name):
    load_bundle(forge(name, b"\x00\xffnothing of the kind"))
