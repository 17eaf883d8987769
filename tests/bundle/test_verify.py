from __future__ import annotations

import os
import shutil
import socket

import pytest

from qcsearch.bundle.manifest import MANIFEST, Manifest
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified, verify_bundle
from qcsearch.errors import BundleError


def test_what_was_stored_is_read_back(stored, contents):
    found = read_verified(stored)
    assert (found.files, found.seal) == (contents, None)
    assert found.manifest == Manifest.of(contents, {"qcsearch": "0.1.0"}) == verify_bundle(str(stored))


def test_folder_and_zip_of_the_same_files_have_the_same_digest(tmp_path, contents):
    manifest = Manifest.of(contents, {})
    digests = set()
    for name in ("folder", "file.zip"):
        store(tmp_path / name, contents, manifest)
        digests.add(verify_bundle(tmp_path / name).digest)
    assert digests == {manifest.digest}


def test_a_digest_from_elsewhere_tells_a_forgery(stored, contents):
    digest = verify_bundle(stored).digest
    assert verify_bundle(stored, digest.upper()).digest == digest
    forged = contents | {"weights.json": b"{}"}
    store(stored, forged, Manifest.of(forged, {"qcsearch": "0.1.0"}), overwrite=True)
    verify_bundle(stored)
    with pytest.raises(BundleError, match="must have the digest"):
        verify_bundle(stored, digest)


def test_a_missing_bundle_is_said(tmp_path):
    with pytest.raises(BundleError, match="There is no bundle"):
        verify_bundle(tmp_path / "nothing")


@pytest.fixture
def folder(tmp_path, contents):
    path = tmp_path / "bundle"
    store(path, contents, Manifest.of(contents, {}))
    return path


@pytest.mark.parametrize("name", ["weights.json", "MODEL_CARD.md", MANIFEST])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name if name != MANIFEST else "it is not a bundle"):
        verify_bundle(folder)


@pytest.mark.parametrize("name", ["more.json", ".hidden", "circuit.qpy", "weights.json~", "évil"])
def test_an_added_file_is_refused(folder, name):
    (folder / name).write_bytes(b"")
    with pytest.raises(BundleError, match="does not name"):
        verify_bundle(folder)


def test_an_added_folder_and_a_folder_in_a_files_place_are_refused(folder):
    (folder / "sub").mkdir()
    with pytest.raises(BundleError, match="does not name"):
        verify_bundle(folder)
    (folder / "sub").rmdir()
    (folder / "weights.json").unlink()
    (folder / "weights.json").mkdir()
    with pytest.raises(BundleError):
        verify_bundle(folder)


def test_a_million_files_are_not_listed_before_refusing(folder):
    for i in range(50):
        (folder / f"{i}").touch()
    with pytest.raises(BundleError):
        verify_bundle(folder)


@pytest.mark.parametrize("name", ["weights.json", MANIFEST])
def test_a_link_is_refused_even_to_the_right_content(folder, tmp_path, name):
    shutil.move(folder / name, tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="link"):
        verify_bundle(folder)


@pytest.mark.parametrize("name", ["weights.json", MANIFEST])
def test_a_pipe_in_a_files_place_does_not_hang(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="regular file"):
        verify_bundle(folder)


def test_pipes_devices_and_sockets_are_no_bundles(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.zip")
    for path in (tmp_path / "pipe.zip", "/dev/zero", "/dev/null"):
        with pytest.raises(BundleError):
            verify_bundle(path)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        with pytest.raises(BundleError):
            verify_bundle("socket")


def test_a_file_larger_than_its_manifest_says_is_not_read(folder):
    with (folder / "weights.json").open("ab") as file:
        file.truncate(2**40)
    with pytest.raises(BundleError, match="at most"):
        verify_bundle(folder)


def test_a_huge_zip_file_is_not_read(tmp_path):
    with (tmp_path / "b.zip").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(BundleError, match="at most"):
        verify_bundle(tmp_path / "b.zip")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\3\4", b"PK\5\6" + bytes(18), b"no zip", b"\x00" * 100])
def test_a_file_that_is_no_bundle_is_refused(tmp_path, content):
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(BundleError):
        verify_bundle(tmp_path / "b.zip")


def test_an_unreadable_file_is_said(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BundleError, match="Permission denied"):
        verify_bundle(folder)


def test_a_bundle_may_be_reached_through_a_link(stored, tmp_path):
    (tmp_path / "link").symlink_to(stored)
    assert verify_bundle(tmp_path / "link") == verify_bundle(stored)
