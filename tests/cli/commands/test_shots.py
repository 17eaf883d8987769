"""`--shots` on the command line: in the search, on the board, in the report, in costs and deployments."""

import json

import pytest

from qcsearch.wording import percent

SHOTS = 64


@pytest.fixture(scope="module")
def run(qcsearch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shots") / "run"
    arguments = ("iris", "--device", "fake_manila", "--space", "tiny", "--trials", 2, "--baselines", "none")
    outcome = qcsearch("search", *arguments, "--shots", SHOTS, "--run", folder)
    assert outcome.code == 0, outcome.err
    assert f"under noise at {SHOTS} shots" in outcome.err
    return folder


def test_board_report_and_explain_name_the_shots(qcsearch, run, tmp_path):
    rows = qcsearch("board", run, "--json").json["rows"]
    winner = next(row for row in rows if row["kind"] == "winner")
    assert winner["at_shots"]["shots"] == SHOTS
    assert winner["interval"] == winner["at_shots"]["interval"]
    board = qcsearch("board", run).out
    assert f"searched for {SHOTS} shots a basis" in board
    assert f"chosen by that at {SHOTS} shots" in board
    assert qcsearch("report", run, "-o", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert f">noisy, {SHOTS} shots</th>" in page
    assert f"{SHOTS} shots in each basis that is measured" in page
    assert f">{percent(winner['accuracy_at_shots'])}</td>" in page
    trial = next(row for row in rows if row["kind"] == "trial")
    explained = qcsearch("explain", run, trial["trial"]).out
    assert f"validation accuracy, noisy, {SHOTS} shots" in explained
    assert percent(trial["accuracy_at_shots"]) in explained
    assert f"circuits of {SHOTS} shots" in explained


def test_a_deployment_and_its_cost_have_the_shots_of_the_search_unless_others_are_asked_for(qcsearch, run):
    assert f"{SHOTS} shots" in qcsearch("cost", run, "--backend", "aer", "--steps", 0).out
    assert "128 shots" in qcsearch("cost", run, "--backend", "aer", "--steps", 0, "--shots", 128).out
    assert qcsearch("deploy", run, "--backend", "aer", "--steps", 0).code == 0
    assert json.loads((run / "deployment.json").read_text())["shots"] == SHOTS


@pytest.mark.parametrize("shots", [0, -1, 1_000_001])
def test_a_number_of_shots_that_cannot_be_is_refused_before_any_work(qcsearch, tmp_path, shots):
    outcome = qcsearch("search", "iris", "--shots", shots, "--run", tmp_path / "run")
    assert outcome.code == 2
    assert f"The number of shots must be an int in [1, 1000000]. Got {shots}." in outcome.err
    assert not (tmp_path / "run").exists()
