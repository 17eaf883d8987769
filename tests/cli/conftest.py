"""The command line in this process, and one small finished run that the tests share."""

import contextlib
import io
import json
import shutil
from dataclasses import dataclass

import pytest

from qcsearch.cli.main import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out.splitlines()[-1])


def call(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def qcsearch():
    """Run one command line in this process: exit code and what was printed."""
    return call


@pytest.fixture(scope="session")
def searched(tmp_path_factory):
    """A run of three trials, its search's outcome, and the arguments that made it."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    arguments = (
        "search",
        "iris",
        "--device",
        "fake_manila",
        "--space",
        "tiny",
        "--trials",
        "3",
        "--run",
        folder,
    )
    return folder, call(*arguments, "--json"), arguments


@pytest.fixture(scope="session")
def finished(searched):
    """The folder of that run; look, do not touch."""
    folder, outcome, _ = searched
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def own_run(finished, tmp_path):
    """A copy of it that a test may change."""
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture(scope="session")
def bundle(finished, tmp_path_factory):
    """The winner of that run as a bundle."""
    path = tmp_path_factory.mktemp("bundle") / "model"
    assert call("export", finished, "-o", path).code == 0
    return path
