"""An environment of a vendor's own: made by plain pip on first use, and commands that run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Environment"]

CHECKOUT = Path(__file__).resolve().parents[2]
_COMMAND = "from qcsearch.cli.main import main; main()"
_VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


@dataclass(frozen=True)
class Environment:
    """Where a vendor's package is installed.

    Attributes:
        folder: as `python -m venv` makes it.
        package: of the vendor, as pip knows it.
        beside_us: whether qcsearch is installed there too. Where the vendor's pins exclude ours it stays in the
            environment of this process, and reaches the vendor's backend through `env:`.
    """

    folder: Path
    package: str
    beside_us: bool

    def make(self) -> None:
        """Make it, unless it is there."""
        done = self.folder / ".installed"
        if done.exists() and done.read_text() == self.package:
            return
        print(f"Installing {self.package} into {self.folder} ...", file=sys.stderr, flush=True)
        venv.create(self.folder, with_pip=True, clear=True)
        ours = ["--editable", str(CHECKOUT), "pytest"] if self.beside_us else []
        pip = [self._python, "-P", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *ours, self.package], check=True)
        done.write_text(self.package)

    def spec(self, backend: str) -> str:
        """The executor that runs `package.module:object` of this environment."""
        return f"backend:{backend}" if self.beside_us else f"env:{self.folder}:{backend}"

    def versions(self, *names: str) -> dict[str, str]:
        """Of packages installed there."""
        done = subprocess.run(
            [self._python, "-P", "-c", _VERSIONS, *names], check=True, capture_output=True, text=True
        )
        found: dict[str, str] = json.loads(done.stdout)
        return found

    def qcsearch(self, *words: object) -> None:
        """Run a command of qcsearch."""
        self._run("-c", _COMMAND, *words)

    def passes_kit(self, spec: str) -> None:
        """Run the conformance kit of executors on a backend.

        Raises:
            subprocess.CalledProcessError: if it breaks the contract.
        """
        kit = Path(__file__).with_name("kit.py")
        self._run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, kit, VENDOR_BACKEND=spec)

    @property
    def _python(self) -> str:
        return str(self.folder / "bin" / "python")

    def _run(self, *words: object, **variables: str) -> Any:
        python = self._python if self.beside_us else sys.executable
        path = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "benchmarks")])
        return subprocess.run(
            [python, "-P", *map(str, words)],
            check=True,
            stdout=sys.stderr,
            env={**os.environ, "PYTHONPATH": path, **variables},
        )
