"""What is not a plain file is neither followed, nor waited for, nor read without end."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from qcsearch.errors import FileError
from qcsearch.storage import files


def link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def dangling(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("nothing"))


def endless(path: Path, victim: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(path: Path, victim: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, victim: Path) -> None:
    path.mkdir()


def listening(path: Path, victim: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


STRANGERS = [link, dangling, endless, pipe, folder, listening]


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "precious"
    path.write_text("mine")
    return path


@pytest.mark.parametrize("put", STRANGERS)
@pytest.mark.parametrize(
    "use",
    [
        lambda path: files.read_bytes(path, 100),
        lambda path: files.read_text(path, 100),
        lambda path: files.read_tail(path, 100),
        lambda path: files.open_read(path),
        lambda path: files.open_update(path),
    ],
)
def test_what_is_no_file_is_refused_at_once_and_left_alone(tmp_path, victim, put, use):
    place = tmp_path / "place"
    put(place, victim)
    with pytest.raises(FileError, match="must be a regular file"):
        use(place)
    assert victim.read_text() == "mine"
    assert not victim.with_name("nothing").exists()
    assert not files.is_file(place)


@pytest.mark.parametrize("put", [link, dangling, endless])
def test_a_link_is_replaced_by_a_written_file_and_not_followed(tmp_path, victim, put):
    put(tmp_path / "place", victim)
    files.write_bytes(tmp_path / "place", b"new")
    assert files.read_bytes(tmp_path / "place", 3) == b"new"
    assert victim.read_text() == "mine"


def test_what_has_a_second_name_is_read_but_not_changed(tmp_path, victim):
    (tmp_path / "place").hardlink_to(victim)
    assert files.read_bytes(tmp_path / "place", 100) == b"mine"
    with pytest.raises(FileError, match="hard link"):
        files.open_update(tmp_path / "place")
    files.write_bytes(tmp_path / "place", b"new")
    assert victim.read_text() == "mine"


def test_a_file_that_claims_terabytes_is_not_read(tmp_path):
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(2**42)
    with pytest.raises(FileError, match="at most 1,000 bytes"):
        files.read_bytes(tmp_path / "holes", 1000)
    assert files.read_tail(tmp_path / "holes", 4) == b"\0" * 4


def test_a_file_without_a_size_is_read_to_its_limit(tmp_path):
    with pytest.raises(FileError, match="at most 10 bytes"):
        files.read_bytes(Path("/proc/self/status"), 10)


def test_a_person_may_name_a_link(tmp_path, victim):
    (tmp_path / "place").symlink_to(victim)
    assert files.read_bytes(tmp_path / "place", 100, follow=True) == b"mine"
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(FileError, match="a device"):
        files.read_bytes(tmp_path / "zero", 100, follow=True)


@pytest.mark.parametrize("put", [link, pipe, listening, dangling])
@pytest.mark.parametrize("depth", ["", "a", "a/b/c"])
def test_a_tree_with_a_stranger_in_it_is_refused(tmp_path, victim, put, depth):
    root = tmp_path / "root"
    (root / depth).mkdir(parents=True)
    files.check_tree(root)
    put(root / depth / "x", victim)
    with pytest.raises(FileError, match="regular file or folder"):
        files.check_tree(root)
    files.check_tree(root, lambda name: name not in ("a", "x"))


def test_a_folder_is_not_made_through_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "place").symlink_to(tmp_path / "real")
    with pytest.raises(FileError, match=r"must be a folder\. It is a link"):
        files.make_folder(tmp_path / "place")
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match=r"must be a folder\. It is a regular file"):
        files.make_folder(tmp_path / "file")


def test_a_failed_write_leaves_the_old_file_and_no_scrap(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        files.write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
