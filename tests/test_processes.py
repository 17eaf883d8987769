"""Child processes execute nothing of the working directory, and end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from qcsearch.processes import environment, python_command

_TRAPS = sorted(sys.stdlib_module_names | set(packages_distributions()) | {"sitecustomize", "usercustomize"})
_COMMANDS = """
spaces list
devices list
devices show fake_manila
devices check fake_manila
check iris --device fake_manila --space tiny --trials 2
search iris --device fake_manila --space tiny --trials 3 --max-seconds 30 --workers 2 --run run
board run
explain run
explain run 0
report run
tune run --device fake_torino --run tuned
cost run --backend local:fake_manila
deploy run --backend local:fake_manila --steps 1 --shots 64
tomography run --backend local:fake_manila --qubits 0 --shots 64
export run --output model
verify model
predict model iris --output predictions.csv
"""


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A folder of modules that leave a file beside them when they are executed."""
    folder = tmp_path / "trapped"
    folder.mkdir()
    for name in filter(str.isidentifier, _TRAPS):
        mark = folder / f"{name}.executed"
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    evil = folder / "kernels"
    evil.mkdir()
    (folder / ".numba_config.yaml").write_text(f"cache_dir: {evil}\n")
    return folder


def executed(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.executed"))


def test_a_search_of_two_workers_executes_nothing_of_the_working_directory(trapped: Path) -> None:
    command = Path(sys.executable).with_name("qcsearch")
    asked = (
        "search",
        "iris",
        "--device",
        "fake_manila",
        "--space",
        "tiny",
        "--trials",
        "2",
        "--workers",
        "2",
    )
    done = subprocess.run([command, *asked], cwd=trapped, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert executed(trapped) == []
    assert not list((trapped / "kernels").iterdir()), "the working directory said where machine code is kept"


@pytest.mark.parametrize("path", ["", ".", os.pathsep, f".{os.pathsep}..", "trapped"])
def test_no_relative_path_reaches_a_child(trapped: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.chdir(trapped)
    child = environment()
    code = "import json, sys; sys.exit(any(not p.startswith('/') for p in sys.path))"
    assert subprocess.run([sys.executable, "-P", "-c", code], env=child, check=False).returncode == 0
    assert executed(trapped) == []


def test_a_child_runs_the_package_of_its_parent(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(
        "def main():\n    import qcsearch, sys\n    print(qcsearch.__file__, *sys.argv[1:])\n"
    )
    env = {**environment(), "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        python_command("probe", "a", "b c"), env=env, capture_output=True, text=True, check=True
    )
    import qcsearch

    assert done.stdout.strip() == f"{qcsearch.__file__} a b c"


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the system does not tell a child of its parent's death"
)
def test_a_child_that_hears_nothing_ends_with_its_parent(tmp_path: Path) -> None:
    """As one does that compiles: no thread of it gets its turn."""
    (tmp_path / "deaf.py").write_text(
        "import time\n\ndef main():\n    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    parent = (
        "import subprocess, time\nfrom qcsearch.processes import environment, python_command\n"
        f"env = {{**environment(), 'PYTHONPATH': {str(tmp_path)!r}}}\n"
        "child = subprocess.Popen(python_command('deaf'), env=env, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint(child.pid, flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 1
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _lives(child)


def test_a_detached_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, sys\n\ndef main():\n    sys.stdin.read()\n"
        f"    open({str(tmp_path / 'done')!r}, 'w').write(str(os.getsid(0) == os.getpid()))\n"
    )
    parent = (
        "import subprocess, sys, time\nfrom qcsearch.processes import environment, python_command\n"
        f"env = {{**environment(), 'PYTHONPATH': {str(tmp_path)!r}}}\n"
        "child = subprocess.Popen(python_command('slow', detached=True), env=env, start_new_session=True)\n"
        "print(child.pid, flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _lives(child)
    process.stdout.close()
    process.stdin.close()
    deadline = time.monotonic() + 10
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (tmp_path / "done").read_text() == "True"


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
