"""What the Containerfiles copy is enough to build from: a wheel of that alone has all that is used."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest
from containerfile import DEPLOY, REPOSITORY, copied, instructions

pytest.importorskip("build")
pytest.importorskip("hatchling")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [DEPLOY / "Containerfile", DEPLOY / "lambda" / "Containerfile"], ids=["service", "lambda"]
)
def test_a_wheel_of_what_is_copied_is_whole(path, tmp_path):
    source = tmp_path / "src"
    for name in copied(instructions(path)[0]):
        place = source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(REPOSITORY / name, place)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, source],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    packaged = {
        str(file.relative_to(REPOSITORY))
        for file in (REPOSITORY / "qcsearch").rglob("*")
        if file.suffix in (".py", ".html", ".css", ".js")
    }
    assert packaged <= names
    assert any(name.startswith("qcsearch/_data/search_spaces/") for name in names)
    assert any(name.startswith("qcsearch/_data/noise_models/") for name in names)
