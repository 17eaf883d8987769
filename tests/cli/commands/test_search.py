"""`qcsearch search`: its answer for machines, going on, and the exit codes of its ends."""

import json
from html import unescape
from pathlib import Path

import pytest

ALONE = ("--baselines", "none")  # what is compared with the winner takes longer than finding it
TOO_TIGHT = """
description = "Nothing can be as shallow as this."

[circuit]
n_qubits = 2
n_layers = { min = 2, max = 3 }
encodings = ["angle"]
ansatze = ["hardware_efficient"]

[constraints]
max_depth = 1
"""


def test_the_last_line_is_one_json_object_with_the_promised_keys(searched):
    folder, outcome, _ = searched
    assert outcome.code == 0
    found = outcome.json
    assert set(found) == {
        "run", "n_trials", "seconds", "best", "calibration", "thresholds", "recalls", "baselines", "missing", "pareto",
        "cut", "failure",
    }  # fmt: skip
    assert set(found["best"]) == {
        "trial", "shots", "metric", "validation_score", "test_score", "test_score_interval",
        "test_accuracy_noisy", "test_accuracy_noiseless", "test_interval_noisy", "test_interval_noiseless",
        "test_at_shots", "n_test", "n_qubits", "parameters", "two_qubit_gates", "test_score_noiseless", "selection",
        "test_absolute_errors",
    }  # fmt: skip
    assert found["run"] == str(folder)
    assert found["n_trials"] == 3
    assert found["best"]["n_qubits"] == 2
    assert 0 < found["best"]["test_accuracy_noisy"] <= 1
    assert len(found["baselines"]) >= 5
    assert all(0 < one["test_accuracy"] <= 1 for one in found["baselines"])
    assert set(found["pareto"]) <= {0, 1, 2}
    assert found["pareto"]


def test_progress_goes_to_standard_error_alone_in_plain_lines(searched):
    _, outcome, _ = searched
    assert len(outcome.out.splitlines()) == 1
    for number in range(3):
        assert outcome.err.count(f"trial {number}:") >= 1
    assert "evaluated: trial" in outcome.err
    assert "\x1b" not in outcome.err


def test_the_same_command_again_answers_at_once_with_the_same_result(qcsearch, searched):
    _, outcome, arguments = searched
    again = qcsearch(*arguments, "--json")
    assert again.code == 0
    assert again.json == outcome.json
    assert "trial 0" not in again.err


def test_a_run_resumes_from_its_folder_alone(qcsearch, own_run):
    outcome = qcsearch("search", "--run", own_run, "--trials", 4, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["n_trials"] == 4
    assert "3 trials are done already" in outcome.err
    assert json.loads((own_run / "run.json").read_text())["dataset"] == "iris"


def contents(run: Path) -> dict[Path, bytes]:
    """All that a run folder holds, but for whose turn it was to work in it."""
    files = (path for path in run.rglob("*") if path.is_file() and not path.name.startswith(".session."))
    return {path: path.read_bytes() for path in files}


def test_another_seed_in_the_same_folder_is_refused_and_nothing_is_changed(qcsearch, own_run):
    before = contents(own_run)
    outcome = qcsearch("search", "--run", own_run, "--seed", 5)
    assert outcome.code == 2
    assert "was made with the seed 0. Got 5" in outcome.err
    assert contents(own_run) == before


def test_a_run_resumes_with_its_limits_and_refuses_others(qcsearch, tmp_path):
    run = tmp_path / "run"
    arguments = ("search", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", 2, "--run", run)
    outcome = qcsearch(*arguments, *ALONE, "--max-two-qubit-gates", 3)
    assert outcome.code == 0, outcome.err
    assert qcsearch("search", "--run", run, "--trials", 3).code == 0
    assert json.loads((run / "run.json").read_text())["settings"]["max_two_qubit_gates"] == 3
    refused = qcsearch("search", "--run", run, "--trials", 4, "--max-two-qubit-gates", 5)
    assert refused.code == 2
    assert "was made with the limit of two-qubit gates 3. Got 5." in refused.err


def test_a_search_begins_with_another_run_on_its_data_and_resumes_without_being_told(
    qcsearch, finished, tmp_path
):
    run = tmp_path / "run"
    arguments = ("--device", "fake_lagos", "--space", "tiny", "--run", run, *ALONE)
    outcome = qcsearch("search", "--seed-from", finished, *arguments, "--trials", 1)
    assert outcome.code == 0, outcome.err
    assert "note: The search begins with" in outcome.err
    assert "noisy: fake_lagos" in outcome.out
    config = json.loads((run / "run.json").read_text())
    assert config["settings"]["seed_from"] == str(finished)
    assert config["dataset"] == "iris"
    assert qcsearch("search", "--run", run, "--trials", 2, "--json").json["n_trials"] == 2
    assert qcsearch("report", run).code == 0
    assert f"--seed-from {finished}" in (run / "report.html").read_text()


def test_a_run_resumes_with_the_options_of_its_strategy_and_refuses_others(qcsearch, tmp_path):
    run = tmp_path / "run"
    begin = ("search", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", 1, "--run", run)
    options = (
        "--strategy-option",
        "objectives=validation_score,depth",
        "--strategy-option",
        "population_size=4",
    )
    outcome = qcsearch(*begin, *ALONE, "--strategy", "nsga2", *options)
    assert outcome.code == 0, outcome.err
    assert qcsearch("search", "--run", run, "--trials", 2).code == 0
    said = json.loads((run / "run.json").read_text())["settings"]["strategy_options"]
    assert said == {"objectives": ["validation_score", "depth"], "population_size": 4}
    refused = qcsearch("search", "--run", run, "--trials", 3, "--strategy-option", "population_size=5")
    assert refused.code == 2
    assert "was made with the strategy options" in refused.err
    qcsearch("report", run)
    page = (run / "report.html").read_text()
    assert "--strategy-option population_size=4" in page


def test_check_counts_what_a_limit_rejects(qcsearch):
    arguments = ("check", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", 2, "--json")
    rejected = qcsearch(*arguments, "--max-two-qubit-gates", 2).json["rejected"]
    assert rejected["two_qubit_gates"] > qcsearch(*arguments).json["rejected"].get("two_qubit_gates", 0)


def test_a_folder_with_other_files_is_refused(qcsearch, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    outcome = qcsearch("search", "iris", "--space", "tiny", "--trials", 1, "--run", tmp_path)
    assert outcome.code == 2
    assert "holds other files (thesis.tex)" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_seconds_that_run_out_before_the_trials_end_with_a_result_and_code_3(qcsearch, tmp_path):
    outcome = qcsearch(
        "search", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", 100_000,
        "--max-seconds", 6, "--run", tmp_path / "run", "--json",
    )  # fmt: skip
    assert outcome.code == 3, outcome.err
    assert 0 < outcome.json["n_trials"] < 100_000
    assert "The seconds ran out after" in outcome.err


@pytest.mark.parametrize("command", ["search", "check"])
def test_constraints_that_reject_everything_end_in_code_4_and_are_named(qcsearch, tmp_path, command):
    space = tmp_path / "tight.toml"
    space.write_text(TOO_TIGHT)
    outcome = qcsearch(
        command, "iris", "--device", "fake_manila", "--space", space, "--trials", 4, "--run", tmp_path / "run"
    )
    assert outcome.code == 4
    assert "rejected by: depth" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("Error: None of ")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "A search must have a data set"),
        (("iris", "--trials", "0"), "The number of trials must be an int ≥ 1. Got 0."),
        (("iris", "--max-seconds", "nan"), "must be a number > 0"),
        (("iris", "--workers", "0"), "The number of workers must be an int in [1, 256]. Got 0."),
        (("iris", "--max-two-qubit-gates", "-1"), "The limit of two-qubit gates must be an int ≥ 0. Got -1."),
        (
            ("iris", "--max-duration-us", "0"),
            "The limit of the duration must be a number of µs > 0. Got 0.0.",
        ),
        (("iris", "--seed", "-1"), "The seed must be an int in [0, 4294967295]. Got -1."),
        (("iris", "--strategy", "luck"), "'luck' is not one of the strategies"),
        (("iris", "--strategy-option", "parents"), "must be NAME=VALUE. Got 'parents'."),
        (("iris", "--strategy-option", "parents=two"), "must be of type int. Got 'two'."),
        (("iris", "--strategy-option", "uncles=2"), "The strategy 'auto' has no option 'uncles'."),
        (("iris", "--strategy-option", "a=1", "--strategy-option", "a=2"), "'a' stands twice"),
        (("iris", "--device", "fake_tokyo7"), "There is no device 'fake_tokyo7'"),
        (("iris", "--space", "nowhere"), "'nowhere' is neither a search space"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_leaves_nothing(qcsearch, tmp_path, arguments, part):
    run = tmp_path / "run"
    outcome = qcsearch("search", *arguments, "--run", run)
    assert outcome.code == 2
    assert part in outcome.err
    assert "Traceback" not in outcome.err
    assert not run.exists()


def test_check_says_what_a_search_would_meet_and_writes_nothing(qcsearch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ("check", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", 10)
    outcome = qcsearch(*arguments, "--max-seconds", 50, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["sampled"] == 200
    assert found["feasible"] + sum(found["rejected"].values()) == 200
    assert found["data"]["train"] + found["data"]["validation"] + found["data"]["test"] == 150
    assert found["trial_seconds"] > 0
    assert 0 < found["eta_seconds"] <= 50
    assert found["trials_in_time"] > 0
    assert "of 200 candidates" in qcsearch(*arguments).out
    assert not list(tmp_path.iterdir())


def test_without_run_a_new_folder_is_made_under_runs(qcsearch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ("search", "iris", "--device", "fake_manila", "--space", "tiny", "--trials", 1)
    first, second = (qcsearch(*arguments, *ALONE) for _ in range(2))
    assert first.code == second.code == 0
    made = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert len(made) == 2
    assert all(name.startswith("iris-fake_manila-") for name in made)
    assert f"Next: qcsearch report runs/{made[0]}" in first.out


@pytest.mark.slow
def test_trainings_that_were_all_cut_short_are_marked_everywhere_and_end_in_code_3(qcsearch, tmp_path):
    space, run = tmp_path / "endless.toml", tmp_path / "run"
    space.write_text(
        'description = "d"\n[circuit]\nn_qubits = 2\nn_layers = 1\nencodings = ["angle"]\n'
        'ansatze = ["hardware_efficient"]\n[training]\nsteps = 10_000_000\n'
    )
    searched = qcsearch(
        "search",
        "iris",
        "--device",
        "fake_manila",
        "--space",
        space,
        "--max-seconds",
        5,
        "--run",
        run,
        "--json",
    )
    assert searched.code == 3, searched.err
    assert searched.json["cut"].startswith("Cut short at step ")
    assert searched.json["failure"] in searched.err
    assert searched.json["pareto"] == []
    assert qcsearch("search", "--run", run).code == 3
    board = qcsearch("board", run).out
    assert "cut short 0" in board
    assert searched.json["failure"] in board
    assert "Trial 0: cut short" in qcsearch("explain", run, 0).out
    assert qcsearch("report", run).code == 0
    page = (run / "report.html").read_text()
    assert "0 (cut short)" in page
    assert searched.json["failure"] in unescape(page)


def test_a_winner_no_better_than_the_majority_class_ends_in_code_4(qcsearch, tmp_path):
    rows = [f"{i * 7919 % 13},{i * 104729 % 17},{int(i % 10 == 0)}" for i in range(120)]
    table = tmp_path / "blind.csv"
    table.write_text("a,b,label\n" + "\n".join(rows) + "\n")
    outcome = qcsearch(
        "search",
        table,
        "--device",
        "fake_manila",
        "--space",
        "tiny",
        "--trials",
        1,
        "--run",
        tmp_path / "run",
    )
    assert outcome.code == 4, outcome.err
    assert "The winner is no better than the majority class: " in outcome.err
    assert "majority class" in outcome.out
    assert qcsearch("export", tmp_path / "run").code == 0
    assert "test_accuracy_majority class" in (tmp_path / "run" / "bundle" / "MODEL_CARD.md").read_text()
