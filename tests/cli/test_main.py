"""The one place where an error becomes a sentence and an exit code; real processes where it matters."""

import lzma
import os
import signal
import subprocess
import sys
import time
import zipfile
import zlib

import pytest

from qcsearch import errors
from qcsearch.cli.commands import spaces
from qcsearch.cli.main import run

LIGHT = {**os.environ, "OMP_NUM_THREADS": "1"}


def process(*arguments, **options):
    command = [sys.executable, "-c", "from qcsearch.cli.main import main; main()", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": LIGHT}
    return subprocess.Popen(command, **{**streams, **options})


def finish(*arguments):
    child = process(*arguments)
    out, err = child.communicate(timeout=120)
    return child.returncode, out, err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.DataError("Bad.", "do this."), 2),
        (errors.MissingExtraError("Missing."), 2),
        (errors.NoFeasibleCandidateError("None."), 4),
        (errors.BackendError("Gone."), 5),
        (KeyboardInterrupt("Interrupted. All is saved."), 130),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), 2),
        (RuntimeError("two\nlines"), 1),
        (MemoryError(), 2),
        (RecursionError("deep"), 2),
        (OSError(28, "No space left on device"), 2),
        (PermissionError(13, "Permission denied", "run"), 2),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), 2),
        (OSError("no number and no name"), 2),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 2),
        (UnicodeEncodeError("ascii", "\u25cf", 0, 1, "ordinal not in range"), 2),
        (zipfile.BadZipFile("File is not a zip file"), 2),
        (zlib.error("Error -3 while decompressing data"), 2),
        (lzma.LZMAError("Corrupt input data"), 2),
        (EOFError(), 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_error_is_one_line_with_its_code(monkeypatch, capsys, error, code):
    def fail(*_):
        raise error

    monkeypatch.setattr("qcsearch.search.space.space.list_spaces", fail)
    assert run(["spaces", "list"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "Traceback" not in captured.err
    if code == 1:
        assert captured.err.startswith(f"Unexpected error: {type(error).__name__}")
        assert "-v for the traceback" in captured.err


def test_the_traceback_is_shown_with_v_and_only_then(monkeypatch, capsys):
    def fail(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr("qcsearch.search.space.space.list_spaces", fail)
    assert run(["spaces", "list", "-v"]) == 1
    captured = capsys.readouterr()
    assert "Traceback (most recent call last)" in captured.err
    assert captured.err.splitlines()[-1].startswith("Unexpected error: RuntimeError: broken")
    assert spaces.__name__ == "qcsearch.cli.commands.spaces"


def test_for_machines_an_error_is_json_too(monkeypatch, qcsearch):
    outcome = qcsearch("devices", "show", "fake_torin", "--json")
    assert outcome.code == 2
    assert outcome.json == {
        "error": "There is no device 'fake_torin'.",
        "exit_code": 2,
        "fix": outcome.json["fix"],
    }
    assert "fake_torino" in outcome.json["fix"]


def test_a_warning_of_a_library_is_silent_without_v(monkeypatch, capsys):
    import warnings

    def warn():
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return {}

    monkeypatch.setattr("qcsearch.search.space.space.list_spaces", warn)
    assert run(["spaces", "list"]) == 0
    assert capsys.readouterr().err == ""


def test_the_command_line_starts_without_any_heavy_library():
    heavy = "{'qiskit', 'qiskit_aer', 'numba', 'sklearn', 'scipy', 'optuna', 'matplotlib', 'numpy', 'pandas'}"
    script = f"import sys, qcsearch.cli.app; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("fly",), "No such command 'fly'"),
        (("explain",), "Missing argument"),
        (("search", "iris", "--trials", "many"), "--trials"),
        (("search", "iris", "--wings"), "--wings"),
        (("board", "/nowhere/run"), "is not a run folder"),
        (("verify", "/nowhere/bundle"), "There is no bundle at"),
    ],
)
def test_bad_usage_ends_a_real_process_with_code_2(arguments, part):
    code, out, err = finish(*arguments)
    assert code == 2
    assert out == ""
    assert part in err
    assert "Traceback" not in err


def test_version_and_help_end_with_code_0():
    code, out, err = finish("--version")
    assert (code, err) == (0, "")
    assert out.startswith("qcsearch ")
    code, out, _ = finish("search", "--help")
    assert code == 0
    assert "qcsearch search digits:0-3" in out


def test_a_reader_that_leaves_early_is_no_error():
    child = process("devices", "list", bufsize=0)
    child.stdout.close()
    err = child.stderr.read()
    child.stderr.close()
    assert child.wait(timeout=120) in (0, 141)
    assert err == ""


def test_an_interrupted_search_saves_what_is_finished_and_the_same_command_resumes(
    qcsearch, tmp_path, request
):
    folder = tmp_path / "run"
    arguments = (
        "search",
        "iris",
        "--device",
        "fake_manila",
        "--space",
        "tiny",
        "--trials",
        "5000",
        "--run",
        folder,
    )
    # A shell's background jobs, and their children, do not hear SIGINT unless they ask to.
    child = process(*arguments, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    request.addfinalizer(child.kill)
    told = []
    while not any(line.startswith("trial 1:") for line in told):
        told.append(child.stderr.readline())
        assert told[-1], "".join(told)
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert out == ""
    last = err.splitlines()[-1]
    assert last == f"Interrupted. What was finished is saved; `qcsearch search --run {folder}` resumes it."
    assert "Traceback" not in err
    finished = sum(line.startswith("trial ") for line in [*told, *err.splitlines()])
    again = qcsearch(*arguments[:-4], "--trials", finished, "--run", folder, "--json")
    assert again.code == 0, again.err
    # The last one may have been stored in the moment in which its line was not written any more.
    done = again.json["n_trials"]
    assert f"{done} trials are done already" in again.err
    assert finished <= done <= finished + 1


def test_a_full_disk_behind_standard_output_is_one_sentence():
    with open("/dev/full", "w") as full:
        child = process("spaces", "list", stdout=full)
        _, err = child.communicate(timeout=120)
    assert child.returncode == 2
    assert len(err.splitlines()) == 1
    assert err.startswith("Error: No space left on device. Fix: free some space")


def test_a_full_disk_behind_standard_error_is_no_reason_to_stop():
    with open("/dev/full", "w") as full:
        child = process("spaces", "show", "nothing-like-it", stderr=full)
        child.communicate(timeout=120)
    assert child.returncode == 2


def test_characters_that_an_output_does_not_have_are_spelled():
    child = process("spaces", "show", "default", env={**LIGHT, "PYTHONIOENCODING": "ascii"})
    out, err = child.communicate(timeout=120)
    assert (child.returncode, err) == (0, "")
    assert "\\u03c0" in out
