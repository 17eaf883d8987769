from __future__ import annotations

import os

import pytest

from qcsearch.bundle.manifest import MAX_BYTES, Manifest
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.errors import BundleError


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
@pytest.mark.parametrize("there", ["file", "folder", "dangling link"])
def test_what_is_there_is_never_overwritten_in_silence(tmp_path, contents, name, there):
    path = tmp_path / name
    if there == "file":
        path.write_text("mine")
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    before = path.lstat()
    with pytest.raises(BundleError, match="already something"):
        store(path, contents, Manifest.of(contents, {}))
    assert path.lstat() == before
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_overwriting_on_purpose_replaces_the_whole_bundle(tmp_path, contents, name):
    store(tmp_path / name, contents, Manifest.of(contents, {}))
    fewer = {key: value for key, value in contents.items() if key != "MODEL_CARD.md"}
    store(tmp_path / name, fewer, Manifest.of(fewer, {}), overwrite=True)
    assert read_verified(tmp_path / name).files == fewer
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_write_that_fails_half_way_leaves_nothing(tmp_path, contents, name, monkeypatch):
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) > (3 if name == "bundle" else 0):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BundleError, match="No space left"):
        store(tmp_path / name, contents, Manifest.of(contents, {}))
    assert os.listdir(tmp_path) == []


def test_folders_on_the_way_are_made(tmp_path, contents):
    store(tmp_path / "a" / "b" / "bundle", contents, Manifest.of(contents, {}))
    assert read_verified(tmp_path / "a" / "b" / "bundle").files == contents


def test_a_place_that_cannot_be_written_is_said(tmp_path, contents):
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match="cannot be written"):
        store(tmp_path / "file" / "bundle", contents, Manifest.of(contents, {}))


def test_too_large_a_model_is_refused_before_writing(tmp_path, contents):
    contents["weights.json"] = bytes(MAX_BYTES)
    with pytest.raises(BundleError, match="at most"):
        store(tmp_path / "bundle", contents, Manifest.of({}, {}))
    assert os.listdir(tmp_path) == []


def test_two_writes_of_the_same_files_are_the_same_bytes(tmp_path, contents):
    for name in ("a.zip", "b.zip"):
        store(tmp_path / name, contents, Manifest.of(contents, {}))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_overwrite_that_fails_leaves_the_old_bundle(tmp_path, contents, monkeypatch):
    path = tmp_path / "bundle"
    store(path, contents, Manifest.of(contents, {}))
    rename = type(path).rename

    def fail(self, target):
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(type(path), "rename", fail)
    fewer = {key: value for key, value in contents.items() if key != "MODEL_CARD.md"}
    with pytest.raises(BundleError, match="Input/output error"):
        store(path, fewer, Manifest.of(fewer, {}), overwrite=True)
    assert read_verified(path).files == contents
    assert os.listdir(tmp_path) == ["bundle"]
