"""Baselines on the command line: the same numbers on the board, in the report, on the card and for machines."""

import json

import pytest

from qcsearch.training.statistics import wilson
from qcsearch.wording import interval, percent, points


@pytest.fixture(scope="module")
def result(finished):
    return json.loads((finished / "result.json").read_text())


def test_board_report_and_card_show_the_numbers_of_the_result(qcsearch, finished, result, tmp_path):
    board = qcsearch("board", finished).out
    assert qcsearch("report", finished, "-o", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert qcsearch("export", finished, "-o", tmp_path / "model").code == 0
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    assert {one["name"] for one in result["baselines"]} >= {
        "majority class",
        "logistic regression",
        "RBF-SVM",
    }
    for one in result["baselines"]:
        by = one["difference"]
        (line,) = (line for line in board.splitlines() if line.strip().startswith(f"{one['name']}  "))
        (row,) = (line for line in card.splitlines() if line.startswith(f"| {one['name']} |"))
        for cell in (percent(one["test_accuracy"]), interval(one["test_interval"]), points(by["value"])):
            assert cell in line
            assert f">{cell}</td>" in page
        assert f"| {one['test_accuracy']:.4f} | {one['test_interval'][0]:.4f} to " in row
        assert f"| {by['value']:+.4f} | {by['low']:.4f} to {by['high']:.4f} |" in row
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["baselines"] == result["baselines"]
    assert metrics["n_test"] == 30


def test_every_accuracy_of_the_winner_has_its_interval(qcsearch, own_run):
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 0, "--shots", 256).code == 0
    best = json.loads((own_run / "result.json").read_text())["best"]
    deployed = json.loads((own_run / "deployment.json").read_text())["deployed"]["accuracy"]
    assert best["n_test"] == 30
    rows = {row["kind"]: row for row in qcsearch("board", own_run, "--json").json["rows"]}
    assert (
        rows["winner"]["interval"]
        == best["test_interval_noisy"]
        == list(wilson(best["test_accuracy_noisy"], 30))
    )
    assert rows["deployed"]["interval"] == list(wilson(deployed, 30))
    assert rows["snapshot"]["interval"] == list(wilson(rows["snapshot"]["accuracy"], 30))
    assert qcsearch("report", own_run).code == 0
    page = (own_run / "report.html").read_text()
    for accuracy in (best["test_accuracy_noisy"], best["test_accuracy_noiseless"], deployed):
        assert f"95 % interval {interval(wilson(accuracy, 30))} on 30 test samples" in page


def test_what_to_expect_of_finitely_many_shots_stands_beside_infinitely_many_everywhere(
    qcsearch, finished, result, tmp_path
):
    best = result["best"]["test_at_shots"]
    assert best["shots"] == 1024
    assert best["interval"] == list(wilson(best["accuracy"], 30))
    assert qcsearch("report", finished, "-o", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "1,024 shots a measurement basis" in page
    assert ">1,024 shots</th>" in page
    assert qcsearch("export", finished, "-o", tmp_path / "model").code == 0
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["test_accuracy_noisy_at_1024_shots"] == best["accuracy"]
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    assert f"| test_accuracy_noisy_at_1024_shots | {best['accuracy']:.4f} |" in card
    rows = {row["name"]: row for row in qcsearch("board", finished, "--json").json["rows"]}
    board = qcsearch("board", finished).out
    assert (
        sum("1,024 shots" in line for line in board.splitlines()) == 2
    )  # the winner's table, the baselines'
    for row in rows.values():
        simulated = row["kind"] in ("winner", "snapshot", "circuit")
        assert (row["at_shots"] is not None) == simulated, row["name"]
        if simulated:
            assert f">{percent(row['at_shots']['accuracy'])}</td>" in page


def test_the_sentence_on_what_was_added_is_the_same_everywhere(qcsearch, finished, tmp_path):
    said = qcsearch("board", finished, "--json").json["added"]
    entangled = any(one["quantum"] for one in json.loads((finished / "result.json").read_text())["baselines"])
    assert (said is not None) == entangled
    if said is not None:
        assert said in qcsearch("board", finished).out.splitlines()
        assert qcsearch("report", finished, "-o", tmp_path / "page.html").code == 0
        assert said in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("command", ["search", "tune"])
def test_a_level_that_is_none_is_one_sentence(qcsearch, finished, tmp_path, command):
    data = "iris" if command == "search" else finished
    outcome = qcsearch(
        command, data, "--device", "fake_lagos", "--run", tmp_path / "run", "--baselines", "all"
    )
    assert outcome.code == 2
    assert "The baselines must be one of 'none', 'fast', 'full'. Got 'all'." in outcome.err
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_resumed_keeps_its_level(qcsearch, own_run):
    before = (own_run / "run.json").read_bytes()
    outcome = qcsearch("search", "--run", own_run, "--trials", 9, "--baselines", "full")
    assert outcome.code == 2
    assert "was made with the baselines 'fast'. Got 'full'" in outcome.err
    assert (own_run / "run.json").read_bytes() == before
