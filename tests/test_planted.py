"""The watch over the planted API key: what it finds, and that a run with a leak fails."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from planted import ACCOUNT, Planted

KEY = "planted+Zq7-rT0_wXc4LmV9bN2kJhGfDsA1pOiUyE6tRnM3-vBxQzCe5_8YaKjWlHgF0d/="
TESTS = """
import base64, contextlib, io, os, sys, subprocess, pytest
KEY = os.environ["QISKIT_IBM_TOKEN"]

def test_file(tmp_path):
    assert KEY in open(os.path.expanduser("~/.qiskit/qiskit-ibm.json")).read()
    (tmp_path / "log.txt").write_text("key=" + KEY)

def test_print():
    print("Authorization: apikey", KEY[:40])

def test_redirected():
    with contextlib.redirect_stdout(io.StringIO()):
        print(base64.b64encode(b"x" + KEY.encode()).decode())

def test_process():
    subprocess.run([sys.executable, "-c", "import os; print(os.environ['QISKIT_IBM_TOKEN'])"], capture_output=True)

def test_clean(tmp_path):
    (tmp_path / "log.txt").write_text("nothing")
    print("nothing")
"""


@pytest.fixture
def watch():
    plugin = Planted(KEY)
    yield plugin
    plugin.pytest_unconfigure()


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"apikey={quote(KEY, safe='')}&x",
        f"cut off {KEY[:40]}…",
        f"…{KEY[-40:]}",
        KEY.encode().hex(),
        *(base64.b64encode(b"a" * i + KEY.encode() + b"tail").decode() for i in range(3)),
        *(base64.urlsafe_b64encode(b"a" * i + KEY.encode()).decode() for i in range(3)),
    ],
)
def test_the_key_is_found_plain_cut_and_encoded(watch, text):
    watch.look(text, "here")
    assert watch.leaks == ["here"]


@pytest.mark.parametrize("text", ["", None, b"", "planted", KEY[:20], KEY[::-1]])
def test_what_is_not_the_key_is_not_taken_for_it(watch, text):
    watch.look(text, "here")
    assert watch.leaks == []


def test_files_and_members_of_archives_are_looked_through_and_the_account_file_is_not(watch, tmp_path):
    for name in (ACCOUNT, Path("deep", "er", "run.json")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(f'{{"token": "{KEY}"}}')
    with zipfile.ZipFile(tmp_path / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", f'{{"token": "{KEY}", "{"x" * 5000}": 1}}')
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    watch.look_through(tmp_path)
    assert sorted(watch.leaks) == [
        f"the file {tmp_path / name}" for name in ("deep/er/run.json", "model.zip")
    ]


@pytest.mark.parametrize("processes", [[], ["--numprocesses", "2"]], ids=["one", "several"])
def test_a_run_of_tests_in_which_the_key_turns_up_fails_and_says_where(tmp_path, processes):
    (tmp_path / "test_leaks.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text((Path(__file__).parent / "conftest.py").read_text())
    support = str(Path(__file__).parent / "support")
    options = [*processes, "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": support},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "5 passed" in done.stdout
    said = done.stdout[done.stdout.index("the planted API key turned up") :]
    for name in ("log.txt", "::test_print", "::test_redirected", "::test_process"):
        assert said.count(name) == 1, done.stdout
    assert "::test_clean" not in said
