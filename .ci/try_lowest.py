"""Install the lowest version of each library that pyproject.toml allows, and use the project with them.

Of what these libraries need in turn pip takes the newest that they accept; the pins of the constraints file, which are
of today, would not go with them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
TESTS = (
    *("tests/data/sources/test_load.py", "tests/circuits/test_build.py", "tests/devices/test_noise.py"),
    *("tests/simulation/test_compile.py", "tests/simulation/test_engine_against_aer.py"),
    *("tests/training/test_trainer.py", "tests/search/test_search.py", "tests/deployment/test_executors.py"),
    *("tests/bundle/test_round_trip.py", "tests/cli/test_main.py", "tests/ibm_server/test_executor.py"),
)
"""One door of each stage."""


def main() -> None:
    """Fail loudly unless the tests of each stage pass with the lowest versions."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    lowest = [_lowest(line) for line in project["dependencies"]]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        print("installing", *lowest, flush=True)
        _run(python, "-P", "-m", "pip", "install", "--quiet", "--editable", f"{CHECKOUT}[test]", *lowest)
        _run(python, "-P", "-m", "pip", "check")
        _run(python, "-P", "-m", "pytest", "-q", "-W", "default", *TESTS)


def _lowest(requirement: str) -> str:
    """`numba>=0.61` as `numba==0.61.*`: the first series, with its repairs."""
    found = re.fullmatch(r"([A-Za-z0-9_.-]+)>=([0-9.]+)", requirement)
    if found is None:
        raise SystemExit(
            f"a requirement must be name>=version, so that its lowest version is known. Got {requirement!r}."
        )
    name, version = found.groups()
    return f"{name}=={version}.*"


def _run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], cwd=CHECKOUT, env=os.environ, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
