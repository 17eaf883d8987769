"""Forged bundles that ask for much: refused before it is allocated, or no dearer than a common one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import chain

import pytest

from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.errors import BundleError

MORE_MB = 200


def array(numbers, dtype="float64"):
    return {"dtype": dtype, "shape": [len(numbers)], "data": numbers}


def scaled(n):
    return {"scaling.offset_": array([0.0] * n), "scaling.scale_": array([1.0] * n)}


def steps(first, n):
    return [
        first,
        {"name": "scaling", "kind": "scaling", "n_features_in": n, "settings": {"kind": "minmax"}},
        {"name": "angles", "kind": "angles", "n_features_in": n, "settings": {}},
    ]


def preprocessor(first, n, arrays):
    return {"preprocessor.json": {"meta": {"version": 1, "steps": steps(first, n)}, "arrays": arrays}}


def copies(n):
    """One feature a million times."""
    kept = {"name": "constant", "kind": "constant", "n_features_in": 4, "settings": {}}
    return preprocessor(kept, n, {"constant.kept_": array([0] * n, "int64"), **scaled(n)})


def pooled(image, size):
    """A pooling whose matrix would be large."""
    settings = {"size": size, "image_shape": image}
    pool = {"name": "reduction", "kind": "pool", "n_features_in": image[0] * image[1], "settings": settings}
    return preprocessor(pool, 2, scaled(2))


def candidate(**parts):
    return {"candidate.json": lambda data: {**data, **parts}}


def ansatz(name, **settings):
    return candidate(ansatz={"name": name, "settings": settings})


def rotations(n):
    return [{"name": "rx", "qubits": [0], "angle": {"weight": i}} for i in range(n)]


def weights(**parts):
    return {"weights.json": lambda data: {**data, **{name: array(part) for name, part in parts.items()}}}


def long_class(target):
    return {**target, "classes": ["a" * 257, *target["classes"][1:]]}


def large():
    """Hundreds of megabytes, one at a time: nobody else's process carries them."""
    yield "lists", {"metrics.json": b'{"a":[' + b"[]," * 20_000_000 + b"0]}"}
    yield "objects", {"metrics.json": b'{"a":[' + b'{"a":1},' * 7_000_000 + b"0]}"}
    yield "numbers", {"metrics.json": b'{"a":[' + b"1e5," * 14_000_000 + b"0]}"}
    yield "keys", {"metrics.json": b"{" + b",".join(b'"%d":0' % i for i in range(4_000_000)) + b"}"}
    yield "wide", {"metrics.json": b'{"a":"' + b"x" * 58_000_000 + "\N{GRINNING FACE}".encode() + b'"}'}
    yield "copies", copies(1_000_000)
    yield "gates", ansatz("gates", gates=rotations(400_000))


SMALL = {
    "pool of a line": pooled([1, 1_000_000], [1, 2000]),
    "pool of a million": pooled([1000, 1000], [1000, 1000]),
    "pool beyond the bound": pooled([2000, 1_000_000], [2000, 1]),
    "layers": ansatz("hardware_efficient", n_layers=1000),
    "gates over the bound": ansatz("gates", gates=rotations(10_001)),
    "observables": candidate(observables=["Z0"] * 2000),
    "hidden units": candidate(head={"name": "mlp", "settings": {"hidden": 10**12}}),
    "deep": {"metrics.json": b'{"a":' + b"[" * 40 + b"]" * 40 + b"}"},
    "a lone surrogate": {"metrics.json": b'{"a":"\\ud800"}'},
    "raw surrogates": {"metrics.json": b'{"a":"\xed\xa0\x80"}'},
    "large head": weights(head=[1e308] * 16),
    "large weights": weights(circuit=[1e12] * 12),
    "a long class": {"signature.json": lambda data: {**data, "target": long_class(data["target"])}},
}  # fmt: skip


@pytest.fixture
def forge(saved, tmp_path):
    def store_forged(changes, path="forged"):
        files = dict(read_verified(saved["folder"]).files)
        for name, content in changes.items():
            content = content(json.loads(files[name])) if callable(content) else content
            files[name] = content if isinstance(content, bytes) else json.dumps(content).encode()
        store(tmp_path / path, files, Manifest.of(files, {}), overwrite=True)
        return tmp_path / path

    return store_forged


@pytest.mark.parametrize("changes", SMALL.values(), ids=SMALL)
def test_what_asks_for_much_is_refused_in_a_sentence(forge, changes):
    path = forge(changes)
    begun = time.monotonic()
    with pytest.raises(BundleError) as caught:
        load_bundle(path)
    assert time.monotonic() - begun < 5
    assert len(str(caught.value)) < 500


_CHILD = """
import sys
from pathlib import Path
from qcsearch.bundle.read import load_bundle
from qcsearch.errors import QCSearchError
import numpy as np
try:
    model = load_bundle(sys.argv[1])
    model.predict_proba(np.zeros((150, model.n_features_in)))
    print("used")
except QCSearchError as error:
    print("refused", error)
# Its own alone: what the kernel calls a process's largest size begins with that of the process that started it.
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024)
"""


def peak(path):
    """What became of a bundle in a process of its own, and the most MB that it took."""
    found = subprocess.run(
        [sys.executable, "-c", _CHILD, path], capture_output=True, text=True, check=True, env={**os.environ}
    )
    *said, megabytes = found.stdout.splitlines()
    return said[0], int(megabytes)


@pytest.mark.slow
def test_no_forged_bundle_takes_much_more_memory_than_a_common_one(forge):
    _, common = peak(forge({}, "common"))
    pools = ((name, changes) for name, changes in SMALL.items() if "pool" in name)
    for i, (name, changes) in enumerate(chain(large(), pools)):
        said, taken = peak(forge(changes, "forged.zip" if i % 2 else "forged"))
        assert said.startswith("refused"), name
        assert taken < common + MORE_MB, (name, taken, common)


@pytest.mark.slow
def test_a_bundle_as_full_as_it_may_be_takes_no_more_either(forge):
    _, common = peak(forge({}, "common.zip"))
    full = {
        "a file that is not parsed": {"circuit.qpy": os.urandom(60_000_000)},
        "as many numbers as may be": {
            "metrics.json": b'{"a":[' + b"0.12345678901234567," * 1_800_000 + b"0]}"
        },
    }
    for name, changes in full.items():
        said, taken = peak(forge(changes, "full.zip"))
        assert said == "used", name
        assert taken < common + MORE_MB, (name, taken, common)
