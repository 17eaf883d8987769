from __future__ import annotations

import pytest

from qcsearch.bundle.manifest import REQUIRED, Manifest
from qcsearch.bundle.storage import store


@pytest.fixture
def bundle(tmp_path):
    files = dict.fromkeys(REQUIRED, b"{}")
    store(tmp_path / "digits.zip", files, Manifest.of(files, {}))
    return tmp_path / "digits.zip"


def test_from_a_key_to_a_checked_seal(qcsearch, bundle, tmp_path):
    made = qcsearch("bundle", "create-key", tmp_path / "seal.key", "--json").json
    sealed = qcsearch("bundle", "seal", bundle, "--key", tmp_path / "seal.key")
    checked = qcsearch("bundle", "check-seal", bundle, "--key", made["public"], "--json").json
    assert sealed.code == 0
    assert f"{bundle}: sealed as 'digits' at {checked['sealed_at']}" in sealed.out
    assert (checked["name"], checked["key"]) == ("digits", made["key"])
    verified = qcsearch("verify", bundle)
    assert f"sealed by {made['key']}" in verified.err
    assert qcsearch("verify", bundle, "--json").json["seal"]["digest"] == checked["digest"]


def test_what_is_not_sealed_is_one_sentence(qcsearch, bundle, tmp_path):
    qcsearch("bundle", "create-key", tmp_path / "seal.key")
    outcome = qcsearch("bundle", "check-seal", bundle, "--key", tmp_path / "seal.pub")
    assert outcome.code == 2
    assert outcome.err.startswith(f"Error: The bundle at '{bundle}' must be sealed. It is not.")
    assert qcsearch("verify", bundle, "--json").json["seal"] is None
