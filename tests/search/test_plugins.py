"""A search space and a strategy of another package, through the real entry-point mechanism."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qcsearch.errors import SpaceError
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.space.space import SPACES, list_spaces, load_space
from qcsearch.search.strategies import STRATEGIES

COMMAND = "from qcsearch.cli.main import main; main()"

MODULE = '''
from optuna.pruners import NopPruner
from optuna.samplers import RandomSampler

SPACE = """
description = "two circuits"
[circuit]
n_qubits = 2
n_layers = { min = 1, max = 2 }
encodings = ["angle"]
ansatze = ["hardware_efficient"]
regions = 1
[training]
learning_rate = 0.1
steps = 6
validate_every = 2
"""


def space():
    return SPACE


def number():
    return 7


class Dice:
    objectives = ("validation_score",)

    def sampler(self, seed):
        return RandomSampler(seed=seed)

    def pruner(self, ladder):
        return NopPruner()
'''


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An installed distribution, as a wheel leaves it: a module and its `.dist-info`."""
    home = tmp_path / "site"
    info = home / "qcsearch_dice-1.0.dist-info"
    info.mkdir(parents=True)
    (home / "qcsearch_dice.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: qcsearch-dice\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[qcsearch.strategies]\ndice = qcsearch_dice:Dice\n"
        "[qcsearch.search_spaces]\ntwo = qcsearch_dice:space\nnumber = qcsearch_dice:number\n"
        "default = qcsearch_dice:space\n"
    )
    return home


def test_a_space_and_a_strategy_of_another_package_search_together(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    options = ["--space", "two", "--strategy", "dice", "--trials", "2", "--run", str(run)]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "search", "moons", "--device", "fake_manila", *options],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(STRATEGIES, "_classes", dict(STRATEGIES._classes))
    folder = RunFolder.open(run)
    assert (folder.config.space, folder.config.settings.strategy) == ("two", "dice")
    assert {record.candidate.n_qubits for record in records(folder) if record.candidate} == {2}


def test_the_help_lists_its_strategy(site: Path) -> None:
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "search", "--help"],
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "auto, dice, elivagar" in done.stdout


def test_its_space_stands_beside_the_presets_which_win(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(SPACES, "_classes", {})
    assert load_space("two").file.description == "two circuits"
    assert load_space("default").file.description != "two circuits"
    with pytest.raises(SpaceError, match=r"The plugin 'number' .* must return TOML text. Got int"):
        load_space("number")
    with pytest.raises(SpaceError, match=r"neither a search space \(.*two.*\) nor a file"):
        load_space("three")
    with pytest.raises(SpaceError, match="'number'"):
        list_spaces()
