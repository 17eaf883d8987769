"""A run folder that somebody else packed: links, pipes and folders in the place of its files."""

import os
import shutil
from pathlib import Path

import pytest

INSIDE = [
    ".ask", ".session", ".study.journal.lock", ".workers", "bundle", "clock.json", "data.npz", "deployment.json",
    "device.json", "jobs", "jobs/abc/results", "model", "model/weights.json", "warm_starts.json", "plots",
    "plots/pareto.svg", "report.html", "result.json", "run.json", "space.toml", "study.journal", "tomography.json",
    "workers.log",
]  # fmt: skip


def commands(run, out):
    yield "board", run
    yield "explain", run, "0"
    yield "report", run
    yield "export", run, "-o", out
    yield "predict", run, "iris", "-o", out
    yield "deploy", run, "--backend", "aer", "--steps", "0"
    yield "cost", run
    yield "tune", run, "--device", "fake_lima", "--run", out
    yield "search", "--run", run


def put(kind, place: Path, victim: Path):
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to(victim if kind == "link" else "/dev/zero")


@pytest.fixture
def victim(tmp_path):
    """A folder with a file in it: a link to either must leave it as it is."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    return folder


def is_untouched(victim):
    return [path.name for path in victim.iterdir()] == ["mine"] and (victim / "mine").read_text() == "mine"


def test_every_command_refuses_a_run_with_a_stranger_in_it(qcsearch, own_run, tmp_path, victim):
    out = tmp_path / "out"
    for i, name in enumerate(INSIDE):
        kind = ("link", "pipe", "device")[i % 3]
        copy = shutil.copytree(own_run, tmp_path / "copy")
        put(kind, copy / name, victim / "mine" if i % 2 else victim)
        every = [*commands(copy, out)]
        for words in (every[i % len(every)], every[(2 * i + 4) % len(every)]):
            outcome = qcsearch(*words)
            assert outcome.code == 2, (name, words, outcome)
            assert "must be a regular file or folder. It is a" in outcome.err, (name, words, outcome)
            assert len(outcome.err.strip().splitlines()) == 1
            assert not out.exists()
        assert is_untouched(victim), name
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    "name", ["run.json", "clock.json", "data.npz", "study.journal", "result.json", ".session"]
)
def test_a_folder_in_the_place_of_a_file_is_refused(qcsearch, own_run, name):
    (own_run / name).unlink(missing_ok=True)
    (own_run / name).mkdir()
    outcome = qcsearch("search", "--run", own_run)
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1


def test_what_is_no_part_of_a_run_may_be_a_link_and_so_may_the_run_itself(
    qcsearch, own_run, victim, tmp_path
):
    (own_run / "notes").symlink_to(victim)
    (tmp_path / "named").symlink_to(own_run)
    assert qcsearch("board", tmp_path / "named").code == 0


@pytest.mark.parametrize("name", ["clock.json", "device.json", "result.json", "run.json", "space.toml"])
def test_a_file_of_holes_is_refused(qcsearch, own_run, name):
    os.truncate(own_run / name, 2**40)
    outcome = qcsearch("search", "--run", own_run, "--trials", "4")
    assert outcome.code == 2
    assert "bytes" in outcome.err


def test_a_journal_that_is_one_long_hole_is_refused(qcsearch, own_run):
    with (own_run / "study.journal").open("ab") as file:
        file.truncate(2**28)
    outcome = qcsearch("board", own_run)
    assert outcome.code == 2
    assert "must be shorter than" in outcome.err


def test_a_journal_with_another_name_is_looked_at_and_not_written_to(qcsearch, own_run, tmp_path):
    (tmp_path / "other").hardlink_to(own_run / "study.journal")
    before = (tmp_path / "other").read_bytes()
    outcome = qcsearch("search", "--run", own_run, "--trials", "4")
    assert outcome.code == 2
    assert "hard link" in outcome.err
    assert (tmp_path / "other").read_bytes() == before


@pytest.mark.parametrize("name", ["plots", "jobs"])
def test_links_beside_a_bundle_are_not_followed(qcsearch, bundle, victim, tmp_path, name):
    copy = shutil.copytree(bundle, tmp_path / "model")
    (tmp_path / f"model-{name}").symlink_to(victim)
    outcome = qcsearch("predict", copy, "iris", "--backend", "aer", "--shots", "64")
    assert outcome.code == 0, outcome
    assert is_untouched(victim)
