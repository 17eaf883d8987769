"""Names that terminals obey, spreadsheets compute and pages run reach none of them as they are."""

import csv
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from qcsearch.bundle.manifest import Manifest
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.cli.panel import draw
from qcsearch.cli.progress import Progress
from qcsearch.escape import for_terminal

CLASSES = ["\x1b[31mred\x07", "=cmd|'/C calc'!A0", "a\n\u202eError: b<script>`|$\\frac{"]


def is_harmless(text):
    return all(for_terminal(line) == line for line in text.split("\n"))


@pytest.fixture
def forged(bundle, tmp_path):
    """The bundle with classes that somebody chose."""
    files = dict(read_verified(bundle).files)
    signature = json.loads(files["signature.json"])
    files["signature.json"] = json.dumps(
        {**signature, "target": {**signature["target"], "classes": CLASSES}}
    ).encode()
    store(tmp_path / "forged", files, Manifest.of(files, {}))
    return tmp_path / "forged"


def test_a_prediction_shows_strange_classes_and_obeys_none(qcsearch, forged, tmp_path):
    shown = qcsearch("predict", forged, "iris")
    assert shown.code == 0, shown.err
    assert is_harmless(shown.out)
    assert is_harmless(shown.err)
    assert "are marked in the table" in shown.err
    assert qcsearch("predict", forged, "iris", "-o", tmp_path / "p.csv").code == 0
    written = (tmp_path / "p.csv").read_text()
    assert is_harmless(written)
    rows = list(csv.reader(written.splitlines()))
    assert {len(row) for row in rows} == {4}
    assert {row[0] for row in rows[1:]} <= {r"\x1b[31mred\x07", f"'{CLASSES[1]}", for_terminal(CLASSES[2])}


def test_the_same_for_machines_holds_them_as_they_are(qcsearch, forged):
    outcome = qcsearch("predict", forged, "iris", "--json")
    assert is_harmless(outcome.out)
    assert outcome.json["target"]["classes"] == CLASSES


@pytest.mark.parametrize("name", ["no\x1b[2Jthing", "no\udcffthing", "a\nError: b", "\u202egnp.exe"])
@pytest.mark.parametrize(
    "command", [("verify",), ("predict",), ("board",), ("report",), ("devices", "show"), ("spaces", "show")]
)
def test_a_name_that_is_not_there_is_said_in_one_harmless_line(qcsearch, command, name):
    words = (*command, name, "iris") if command == ("predict",) else (*command, name)
    for more in ((), ("--json",)):
        outcome = qcsearch(*words, *more)
        assert outcome.code == 2, outcome
        assert is_harmless(outcome.out + outcome.err)
        assert len(outcome.err.strip().splitlines()) == 1


def test_a_panel_shows_strange_titles_and_notes():
    progress = Progress(last="note: \x1b[2J\u202e")
    panel = draw(progress, "data\x1b]0;x\x07 on device")
    from rich.console import Console

    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(panel)
    assert is_harmless(captured.get())


def test_a_file_with_a_name_that_no_text_can_hold_is_read_and_named(qcsearch, tmp_path):
    path = tmp_path / os.fsdecode(b"bad\xff\x1b[5m.csv")
    rng = np.random.default_rng(0)
    lines = [f"{rng.random():.3f},{rng.random():.3f},{'ab'[i % 2]}" for i in range(60)]
    path.write_text("\n".join(["x\x1b[2J,\u202ey,label", *lines]) + "\n")
    outcome = qcsearch("check", path, "--device", "fake_manila", "--space", "tiny")
    assert outcome.code == 0, outcome.err
    assert is_harmless(outcome.out + outcome.err)
    assert r"bad\udcff\x1b[5m" in outcome.out


@pytest.mark.slow
def test_a_whole_way_with_strange_names_leaves_harmless_text_and_readable_files(qcsearch, tmp_path):
    rng = np.random.default_rng(0)
    with (tmp_path / "d\x1b[1m.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x\x1b[2J", "=y\u202e", "label"])
        writer.writerows(
            (f"{i % 3 + rng.normal(0, 0.1):.4f}", f"{rng.random():.4f}", CLASSES[i % 3]) for i in range(150)
        )
    run = tmp_path / os.fsdecode(b"run\xff")
    said = qcsearch(
        "search",
        tmp_path / "d\x1b[1m.csv",
        "--device",
        "fake_manila",
        "--space",
        "tiny",
        "--trials",
        2,
        "--run",
        run,
    )
    outcomes = [said, *(qcsearch(verb, run) for verb in ("board", "report", "export", "explain"))]
    outcomes += [
        qcsearch("deploy", run, "--backend", "aer", "--steps", 0, "--shots", 64),
        qcsearch("verify", run / "bundle"),
    ]
    for outcome in outcomes:
        assert outcome.code == 0, outcome.err
        assert is_harmless(outcome.out + outcome.err)
    page = (run / "report.html").read_text()
    assert "<script>`" not in page
    assert is_harmless(page)
    assert is_harmless((run / "bundle" / "MODEL_CARD.md").read_text())


@pytest.mark.parametrize("spelling", [".", "./", "model/", "../{}", "model/../model"])
def test_a_bundle_may_be_named_from_within(qcsearch, bundle, tmp_path, monkeypatch, spelling):
    shutil.copytree(bundle, tmp_path / "model")
    monkeypatch.chdir(tmp_path if spelling.startswith("model") else tmp_path / "model")
    path = spelling.format("model")
    assert qcsearch("verify", path).code == 0
    outcome = qcsearch("predict", path, "iris", "--backend", "aer", "--shots", 64, "--json")
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("verb", ["board", "export", "predict", "cost"])
def test_a_run_may_be_named_from_within(qcsearch, own_run, tmp_path, monkeypatch, verb):
    inside = verb in ("export", "predict")
    monkeypatch.chdir(own_run / "model" if inside else own_run)
    path = ".." if inside else "."
    words = (verb, path, "iris", "-o", tmp_path / "p.csv") if verb == "predict" else (verb, path)
    outcome = qcsearch(*words)
    assert outcome.code == 0, outcome.err


def test_a_terminal_that_knows_few_characters_is_no_reason_to_fail(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    code = "from qcsearch.cli.main import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code, "verify", tmp_path / "größer"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert found.returncode == 2
    assert rb"gr\xf6\xdfer" in found.stderr
