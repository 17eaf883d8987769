"""A disk that is full in the middle of a search: one sentence, nothing finished is lost, and it goes on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

SEARCH = ("search", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", "8")


def qcsearch(*arguments: str | Path, largest: int | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, in which no file may grow beyond `largest` bytes: as on a full disk."""

    def limit() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    return subprocess.run(
        [sys.executable, "-c", "from qcsearch.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=limit,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
@pytest.mark.parametrize("largest", [2_000, 30_000])
def test_a_search_on_a_full_disk_is_one_sentence_and_resumes_when_there_is_space(
    tmp_path: Path, largest: int
) -> None:
    run = tmp_path / "run"
    full = qcsearch(*SEARCH, "--run", run, largest=largest)
    assert full.returncode == 2, full.stderr
    assert "Traceback" not in full.stderr
    assert full.stderr.splitlines()[-1].startswith("Error: File too large")
    assert "what was finished is saved" in full.stderr.splitlines()[-1]
    journal = run / "study.journal"
    finished = journal.read_bytes().count(b'"record":') if journal.exists() else 0
    again = qcsearch(*SEARCH, "--run", run, "--json")
    assert again.returncode == 0, again.stderr
    assert journal.read_bytes().count(b'"record":') >= max(8, finished)
    assert again.stderr.count(": kept") <= 8 - finished + 1
