"""Machine code that is kept on disk must not outlive the source it was made of."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree

import qcsearch


def test_a_change_of_one_file_gives_all_files_of_the_room_its_time(tmp_path):
    copytree(
        Path(qcsearch.__file__).parent, tmp_path / "qcsearch", ignore=lambda *_: {"__pycache__", "_data"}
    )
    room = tmp_path / "qcsearch" / "simulation"
    (room / "ptm.py").touch()
    subprocess.run([sys.executable, "-c", "import qcsearch.simulation.lanes"], cwd=tmp_path, check=True)
    times = {file.stat().st_mtime_ns for file in room.glob("*.py")}
    assert len(times) == 1
