"""Every code block of the README runs as it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    assert found, f"the README has no {language} block"
    return found


@pytest.mark.slow
def test_python_blocks_run_one_after_the_other(tmp_path: Path) -> None:
    script = tmp_path / "readme.py"
    code = _indented("\n\n".join(blocks("python")))
    script.write_text(f"if __name__ == '__main__':\n{code}", encoding="utf-8")
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, timeout=240)


@pytest.mark.slow
def test_console_commands_run_one_after_the_other(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = [
        line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")
    ]
    for command in commands:
        done = subprocess.run(
            shlex.split(command),
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        # 3: the minute may be over before the forty trials are.
        assert done.returncode in ((0, 3) if " search " in command else (0,)), f"{command}\n{done.stderr}"
    assert (tmp_path / "runs/digits/report.html").is_file()


def test_every_file_that_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target


def _indented(code: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in code.splitlines(keepends=True))
