"""A service that asks for seals serves nothing without a good one, and nothing older than it has served."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qcsearch.bundle import seal_bundle
from qcsearch.bundle.seal import Seal
from qcsearch.bundle.sealing import create_seal_key
from qcsearch.bundle.verify import read_verified
from qcsearch.errors import BundleError, FileError, InputError
from qcsearch.serving.http.server import serve as run_service
from qcsearch.serving.models.seals import Seals
from qcsearch.serving.settings import ServingSettings
from qcsearch.serving.state import seals_file
from qcsearch.storage.signing import read_private_key


@pytest.fixture
def place(tmp_path):
    """A private and a public key, and where the newest seals are."""
    public, _ = create_seal_key(tmp_path / "seal.key")
    return tmp_path / "seal.key", public, tmp_path / "seals.json"


@pytest.fixture
def found(bundle):
    return read_verified(bundle)


def sealed(found, key, name="flowers", sealed_at=None):
    """The bundle with a seal, of any time."""
    private = key if isinstance(key, Ed25519PrivateKey) else read_private_key(key, "The key")
    seal = Seal.sign(private, name, found.manifest.digest)
    if sealed_at is not None:
        draft = seal.model_copy(update={"sealed_at": sealed_at})
        seal = draft.model_copy(update={"signature": private.sign(draft._signed()).hex()})
    return replace(found, seal=Seal.parse(seal.text().encode(), found.manifest.digest))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda found, key: found, r"must be sealed\. It is not"),
        (lambda found, key: sealed(found, Ed25519PrivateKey.generate()), "must be sealed with the key"),
        (lambda found, key: sealed(found, key, "weeds"), "must be sealed as 'flowers', .* It is as 'weeds'"),
        (
            lambda found, key: sealed(found, key, sealed_at="2199-01-01T00:00:00.000000+00:00"),
            "from the future",
        ),
    ],
)
def test_what_is_not_sealed_as_it_must_be_is_refused_in_a_sentence(place, found, wrong, message):
    seals = Seals(place[1], place[2])
    with pytest.raises(BundleError, match=message):
        seals.check(wrong(found, place[0]), "flowers.zip", "flowers")


def test_an_older_seal_than_was_served_is_refused_by_the_next_service_too(place, found):
    times = [f"2026-01-0{day}T00:00:00.000000+00:00" for day in (1, 2, 3)]
    old, last, new = (sealed(found, place[0], sealed_at=time) for time in times)
    seals = Seals(place[1], place[2])
    seals.remember(seals.check(last, "flowers.zip", "flowers"))
    for again in (seals, Seals(place[1], place[2])):
        with pytest.raises(BundleError, match=r"must not be sealed before .*01-02T.*It was at .*01-01T"):
            again.check(old, "flowers.zip", "flowers")
        again.check(last, "flowers.zip", "flowers")
        again.check(new, "flowers.zip", "flowers")
    Seals(place[1], place[2]).check(sealed(found, place[0], "weeds", times[0]), "weeds.zip", "weeds")


def test_a_seal_that_was_looked_at_and_not_served_keeps_none_out(place, found):
    seals = Seals(place[1], place[2])
    seals.check(sealed(found, place[0], sealed_at="2026-01-02T00:00:00.000000+00:00"), "x", "flowers")
    seals.check(sealed(found, place[0], sealed_at="2026-01-01T00:00:00.000000+00:00"), "x", "flowers")


@pytest.mark.parametrize(
    "content", ["", "{}", '{"format": "qcsearch.keys", "schema_version": 1, "newest": {}}']
)
def test_newest_seals_that_cannot_be_read_are_refused_and_not_forgotten(place, content):
    place[2].write_text(content)
    with pytest.raises(FileError, match=r"seals\.json' cannot be read"):
        Seals(place[1], place[2])


def test_seals_need_a_state_that_keeps_the_newest(place):
    with pytest.raises(InputError, match=r"with --seal-key must have --state.*There is none"):
        ServingSettings(seal_key=place[1])


def test_what_is_not_sealed_or_too_old_is_not_served_at_all(bundle, place, tmp_path):
    path, state = tmp_path / "flowers", tmp_path / "state"
    shutil.copytree(bundle, path)
    settings = ServingSettings(port=0, seal_key=place[1], state=state)
    with pytest.raises(BundleError, match="must be sealed"):
        run_service([str(path)], settings)
    old = seal_bundle(path, place[0], name="flowers")
    with pytest.raises(BundleError, match="must be sealed as 'weeds'"):
        run_service([f"weeds={path}"], settings)
    newest = old.model_copy(update={"sealed_at": "2099-01-01T00:00:00.000000+00:00"})
    Seals(place[1], seals_file(state)).remember(newest)
    with pytest.raises(BundleError, match="must not be sealed before"):
        run_service([str(path)], settings)
