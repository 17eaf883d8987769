"""Each field of a bundle changed, its digests made right again: a model that predicts, or one sentence."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from fields import mutated

from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.read import load_bundle
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.errors import QCSearchError

NAMES = [
    "candidate.json",
    "device.json",
    "metrics.json",
    "preprocessor.json",
    "signature.json",
    "weights.json",
]
MORE_MB = 200


def mutations(saved, folder, number, seed):
    """Change so many fields; return how many of the bundles could be used."""
    rng, used = random.Random(seed), 0
    files = dict(read_verified(saved).files)
    for i in range(number):
        name = NAMES[i % len(NAMES)]
        what, data = mutated(json.loads(files[name]), rng)
        changed = {**files, name: json.dumps(data).encode()}
        store(folder / "forged", changed, Manifest.of(changed, {}), overwrite=True)
        try:
            used += predicts(folder / "forged")
        except QCSearchError as error:
            said = str(error)
        except Exception as error:
            raise AssertionError(f"{name} {what}: {type(error).__name__} {error}") from error
        else:
            continue
        assert len(said.splitlines()) == 1, (name, what)
        assert len(said) < 1000, (name, what)
    return used


def predicts(path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = load_bundle(path)
        probabilities = model.predict_proba(np.full((3, model.n_features_in), 0.5))
        assert np.isfinite(probabilities).all()
        assert probabilities.shape == (3, model.target.n_outputs)
        str(model.metrics)
    return True


def test_a_field_that_was_changed_gives_a_model_or_a_sentence(saved, tmp_path):
    assert 0 < mutations(saved["folder"], tmp_path, 60, seed=1) < 60


@pytest.mark.exhaustive
def test_five_thousand_changed_fields_give_a_model_or_a_sentence_in_common_memory(saved, tmp_path):
    """In a process of its own, whose memory is measured."""
    code = "import sys, test_fields as here; here.measured(*sys.argv[1:])"
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    found = subprocess.run(
        [sys.executable, "-c", code, saved["folder"], tmp_path],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]
    used, common, peak = map(int, found.stdout.split())
    print(f"{used} of 5000 used; {common} MB in common, {peak} MB at most")
    assert 0 < used < 5000
    assert peak < common + MORE_MB


def measured(saved, folder, number=5000):
    """Print how many could be used, and the most MB before and after."""
    predicts(saved)
    common = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    used = mutations(saved, Path(folder), number, seed=2)
    sys.stdout.write(f"{used} {common} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\n")
