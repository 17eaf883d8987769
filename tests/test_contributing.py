"""What CONTRIBUTING.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATH = re.compile(r"`((?:qcsearch|tests|benchmarks|search_spaces|noise_models|docs|\.ci|\.github)/[\w./-]*)`")
WAYS = ("The way of X", "The way of a device")


def test_every_path_that_it_names_is_there() -> None:
    paths = [path for path in PATH.findall(TEXT) if "NAME" not in path]
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_file_that_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("way", WAYS)
def test_a_way_is_told_in_ten_lines_each_by_its_files(way: str) -> None:
    section = TEXT.split(f"## {way}\n")[1].split("\n## ")[0]
    lines = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    assert len(lines) == 10
    assert all(PATH.search(line) for line in lines)


def test_every_room_has_its_line() -> None:
    rooms = {f"qcsearch/{path.parent.name}/" for path in (ROOT / "qcsearch").glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `(qcsearch/\w+/)` \|", TEXT, flags=re.MULTILINE))


def test_every_family_that_plugins_can_extend_is_named() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "qcsearch").rglob("*.py"))
    groups = {group for source in sources for group in re.findall(r'Registry\(\s*"(qcsearch\.\w+)"', source)}
    assert groups == set(re.findall(r"\(`(qcsearch\.\w+)`\)", TEXT))
