"""The probe of a bundle: what the model said when it was written, which a changed model does not say."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from qcsearch.bundle.probe import PROBE, check_probe, probe_files, probe_samples
from qcsearch.bundle.read import load_bundle
from qcsearch.errors import BundleError
from qcsearch.training.parameters import Parameters


@pytest.fixture(scope="module")
def content(saved):
    return (saved["folder"] / PROBE).read_bytes()


def test_the_model_that_is_read_says_what_the_one_that_was_written_said(saved, model, content):
    check_probe(load_bundle(saved["zip"]), content)
    assert probe_files(model) == {PROBE: content}
    assert len({tuple(row) for row in model.decision(probe_samples(model))}) == len(probe_samples(model))


@pytest.mark.parametrize("part", ["weights", "head"])
def test_a_weight_that_changed_shows(model, content, part):
    changed = {"weights": model.parameters.weights, "head": model.parameters.head}
    changed[part] = changed[part] + 1e-3
    with pytest.raises(BundleError, match="must say of its probe what it said"):
        check_probe(replace(model, parameters=Parameters(**changed)), content)


@pytest.mark.parametrize("wrong", [b"", b"[]", b"{}", b'{"outputs": 1}'])
def test_a_file_that_is_none_is_refused(model, wrong):
    with pytest.raises(BundleError, match=r"probe\.json of the bundle cannot be read"):
        check_probe(model, wrong)


def test_it_holds_no_sample_of_the_training(saved, flowers, model):
    assert list(json.loads((saved["folder"] / PROBE).read_text())) == ["outputs"]
    assert not (probe_samples(model)[:, None] == flowers[0][None]).all(axis=2).any()
    assert np.isfinite(probe_samples(model)).all()
