from __future__ import annotations

import json

import pytest

from qcsearch.bundle.manifest import REQUIRED, Manifest
from qcsearch.errors import BundleError
from qcsearch.storage import canonical

FILES = {name: name.encode() for name in REQUIRED}


@pytest.fixture
def manifest():
    return Manifest.of(FILES, {"qcsearch": "0.1.0"})


def test_a_manifest_reads_back_as_it_was_written(manifest):
    assert Manifest.parse(manifest.text().encode()) == manifest
    assert all(manifest.files[name].matches(content) for name, content in FILES.items())
    assert not manifest.files["weights.json"].matches(b"weightS.json")


def test_the_digest_changes_with_each_file_and_each_version(manifest):
    other_file = Manifest.of(FILES | {"weights.json": b"{}"}, {"qcsearch": "0.1.0"})
    other_version = Manifest.of(FILES, {"qcsearch": "0.1.1"})
    assert len({manifest.digest, other_file.digest, other_version.digest}) == 3


def test_every_flipped_bit_of_a_manifest_is_refused(manifest):
    text = manifest.text().encode()
    for place in range(len(text)):
        changed = bytearray(text)
        changed[place] ^= 1 << place % 8
        with pytest.raises(BundleError):
            Manifest.parse(bytes(changed))


@pytest.mark.parametrize("spelling", ["{text} ", " {text}", "{text}\n", "{compact}", "\ufeff{text}"])
def test_another_spelling_of_the_same_content_is_refused(manifest, spelling):
    text = manifest.text()
    changed = spelling.format(text=text, compact=canonical.dumps(json.loads(text)))
    with pytest.raises(BundleError):
        Manifest.parse(changed.encode())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not readable JSON"),
        (b"null", "wrong at 'as a whole'"),
        (b"[" * 60_000, "not readable JSON"),
        (b"\xff\xfe{", "not readable JSON"),
        (b'{"schema_version": NaN}', "not readable JSON"),
        (b'{"a": 1, "a": 1}', "not readable JSON"),
        (b" " * 70_000, "at most 65536 bytes"),
        (b'{"schema_version": 2}', "schema version 2.*newer qcsearch"),
        (b'{"schema_version": ' + b"9" * 5000 + b"}", "not readable JSON"),
    ],
)
def test_what_is_no_manifest_is_refused_in_one_sentence(content, says):
    with pytest.raises(BundleError, match=says):
        Manifest.parse(content)


def forged(manifest, **changes):
    """A manifest that agrees with itself, whoever wrote it."""
    content = manifest.model_dump(mode="json", exclude={"digest"}) | changes
    return (canonical.dumps(content | {"digest": canonical.digest(content)}, indent=1) + "\n").encode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"files": {}}, "lacks candidate.json"),
        ({"format": "other"}, "'format'"),
        ({"extra": 1}, "'extra'"),
        ({"schema_version": True}, "canonical form"),
        ({"versions": {"qcsearch": 1}}, "versions.qcsearch"),
    ],
)
def test_a_manifest_that_agrees_with_itself_must_still_be_one(manifest, changes, says):
    with pytest.raises(BundleError, match=says):
        Manifest.parse(forged(manifest, **changes))


def test_text_that_is_no_unicode_is_refused(manifest):
    with pytest.raises(BundleError):
        Manifest.parse(manifest.text().replace("0.1.0", "\\ud800").encode())


@pytest.mark.parametrize("name", ["../weights.json", "a/b", "evil.pkl", "manifest.json", ""])
def test_a_manifest_may_name_only_files_that_bundles_have(manifest, name):
    entry = {"size": 1, "sha256": "0" * 64}
    files = manifest.model_dump(mode="json")["files"] | {name: entry}
    with pytest.raises(BundleError, match="no bundle has"):
        Manifest.parse(forged(manifest, files=files))


@pytest.mark.parametrize("size", [-1, 2**26 + 1, 1.0, True, "1", 10**30])
def test_a_size_that_no_file_may_have_is_refused(manifest, size):
    files = manifest.model_dump(mode="json")["files"]
    files["weights.json"]["size"] = size
    with pytest.raises(BundleError, match=r"weights\.json\.size"):
        Manifest.parse(forged(manifest, files=files))


def test_files_that_are_too_large_together_are_refused(manifest):
    files = manifest.model_dump(mode="json")["files"]
    for entry in files.values():
        entry["size"] = 2**25
    with pytest.raises(BundleError, match="at most"):
        Manifest.parse(forged(manifest, files=files))
