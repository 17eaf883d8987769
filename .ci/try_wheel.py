"""Build the wheel, install it in an empty environment outside the checkout, and use it there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Fail loudly unless the installed wheel lists its presets and trains a model."""
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder)
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", outside, CHECKOUT, cwd=outside)
        (wheel,) = outside.glob("*.whl")
        venv.create(outside / "venv", with_pip=True)
        python = outside / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "-c", CHECKOUT / ".ci/constraints.txt", wheel, cwd=outside)
        qcsearch = outside / "venv" / "bin" / "qcsearch"
        for listing, expected in (("spaces", "default"), ("devices", "fake_torino")):
            text = run(qcsearch, listing, "list", cwd=outside)
            if expected not in text:
                raise SystemExit(f"'qcsearch {listing} list' of the wheel does not name {expected}:\n{text}")
        text = run(
            qcsearch, "search", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", "2",
            "--run", outside / "run", "--json", cwd=outside,
        )  # fmt: skip
        if '"test_accuracy_noisy"' not in text:
            raise SystemExit(f"the wheel's search ended without its result:\n{text}")
        print("the wheel installs, lists its presets and searches outside the checkout")


def run(*command: object, cwd: Path) -> str:
    """Run a command with no trace of the checkout in its environment; return what it printed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, text=True, stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
