"""Build the wheel, install it in an empty environment outside the checkout, and use it there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LEAST = 0.85


def main() -> None:
    """Fail loudly unless the installed wheel lists its presets and trains a model."""
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder)
        build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", outside, CHECKOUT)
        run(*build, cwd=outside)
        (wheel,) = outside.glob("*.whl")
        venv.create(outside / "venv", with_pip=True)
        pip = (outside / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet")
        run(*pip, "-c", CHECKOUT / ".ci/constraints.txt", wheel, cwd=outside)
        try_readme(outside)
        qcsearch = outside / "venv" / "bin" / "qcsearch"
        for listing, expected in (("spaces", "default"), ("devices", "fake_torino")):
            text = run(qcsearch, listing, "list", cwd=outside)
            if expected not in text:
                raise SystemExit(f"'qcsearch {listing} list' of the wheel does not name {expected}:\n{text}")
        asked = (
            "iris",
            "--device",
            "fake_manila",
            "--space",
            "tiny",
            "--trials",
            "2",
            "--run",
            "run",
            "--json",
        )
        text = run(qcsearch, "search", *asked, cwd=outside)
        if '"test_accuracy_noisy"' not in text:
            raise SystemExit(f"the wheel's search ended without its result:\n{text}")
        run(qcsearch, "report", "run", cwd=outside)
        print("the wheel installs, lists its presets and searches outside the checkout")


def try_readme(outside: Path) -> None:
    """Run README's Python examples before a kernel was ever compiled, and again: the first time finds as much."""
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", readme, flags=re.DOTALL | re.MULTILINE))
    scores = []
    for name in ("cold", "warm"):
        folder = outside / name
        folder.mkdir()
        script = folder / "readme.py"
        script.write_text(f"if __name__ == '__main__':\n{textwrap.indent(code, '    ')}", "utf-8")
        scores.append(float(run(outside / "venv" / "bin" / "python", script, cwd=folder).splitlines()[0]))
    print(f"README's first example: {scores[0]:.3f} with no kernel compiled, {scores[1]:.3f} after")
    if min(scores) < LEAST:
        raise SystemExit(f"README's first example must score {LEAST} on iris, the first time too")


def run(*command: object, cwd: Path) -> str:
    """Run a command with no trace of the checkout in its environment; return what it printed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
