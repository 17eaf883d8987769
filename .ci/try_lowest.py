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


def main() -> None:
    """Fail loudly unless the default tests pass with the lowest versions."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    lowest = [_lowest(line) for line in project["dependencies"]]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        print("installing", *lowest, flush=True)
        _run(python, "-P", "-m", "pip", "install", "--quiet", "--editable", f"{CHECKOUT}[test]", *lowest)
        _run(python, "-P", "-m", "pip", "check")
        _run(python, "-P", "-c", "from qcsearch.simulation import warm_up; warm_up()")
        _run(
            python, "-P", "-m", "pytest", "-q", "-W", "default", "--numprocesses", "2", "--dist", "worksteal"
        )


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
