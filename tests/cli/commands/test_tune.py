"""`qcsearch tune`, and what can be done with the run that it leaves."""

import pytest

NAME = "fake_manila@2024-05-27~drift(sigma=0.2,seed=1)"


@pytest.fixture(scope="module")
def drifted(qcsearch, tmp_path_factory):
    path = tmp_path_factory.mktemp("drift") / "drifted.json"
    assert qcsearch("devices", "drift", "fake_manila", "--seed", 1, "-o", path).code == 0
    return path


@pytest.fixture(scope="module")
def tuned(qcsearch, finished, drifted, tmp_path_factory):
    """A tuned run and what the command printed."""
    run = tmp_path_factory.mktemp("tune") / "run"
    outcome = qcsearch("tune", finished, "--device", drifted, "--top", 2, "--max-seconds", 60, "--run", run)
    assert outcome.code == 0, outcome.err
    return run, outcome


def test_the_table_says_what_was_there_what_was_left_and_what_was_made_of_it(tuned, finished, searched):
    run, outcome = tuned
    best = searched[1].json["best"]
    lines = [line.strip() for line in outcome.out.splitlines() if " %" in line]
    before, untuned, after, seconds = lines
    assert before.startswith(f"trial {best['trial']} of {finished}")
    assert "fake_manila " in before
    assert f"{100 * best['validation_score']:.1f} %" in before
    assert f"{100 * best['test_accuracy_noisy']:.1f} %" in before
    assert untuned.startswith("the same weights")
    assert after.startswith("tuned")
    assert NAME in untuned
    assert NAME in after
    assert "% of the" in seconds
    assert outcome.out.endswith(f"Next: qcsearch board {run}\n")


def test_for_machines_it_is_the_object_of_a_search_with_what_it_began_with(
    qcsearch, tuned, finished, drifted
):
    run, _ = tuned
    found = qcsearch(
        "tune", finished, "--device", drifted, "--top", 2, "--max-seconds", 60, "--run", run, "--json"
    ).json
    assert found["run"] == str(run)
    assert 1 <= found["n_trials"] <= 2
    assert found["origin"]["run"] == str(finished)
    assert set(found["untuned"]) == {"validation_score", "test_accuracy_noisy"}
    assert not any(one["quantum"] for one in found["baselines"])


def test_the_board_and_the_report_tell_both_devices_apart(qcsearch, tuned, finished):
    run, _ = tuned
    rows = qcsearch("board", run, "--json").json["rows"]
    kinds = ["winner", "snapshot", *["classical"] * 5, "origin", "untuned"]
    assert [row["kind"] for row in rows[:9]] == kinds
    origin, untuned = (row["name"] for row in rows[7:9])
    assert origin.endswith(f"of {finished} on fake_manila")
    assert untuned.endswith(f"on {NAME}, untuned")
    board = qcsearch("board", run).out  # where a long name goes on in the next line
    assert "untuned" in board
    outcome = qcsearch("report", run)
    assert outcome.code == 0, outcome.err
    page = (run / "report.html").read_text()
    assert f"of {finished} on fake_manila" in page
    assert f"on {NAME}, untuned" in page
    assert f"qcsearch tune {finished} --device device.json --run ../again" in page


def test_its_winner_goes_the_way_of_every_winner(qcsearch, tuned, tmp_path):
    run, _ = tuned
    assert qcsearch("explain", run, 0).code == 0
    assert "Cost of a deployment to aer" in qcsearch("cost", run).out  # no recorded backend has drifted
    outcome = qcsearch("deploy", run, "--steps", 0, "--shots", 256, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["backend"] == "aer"
    assert qcsearch("export", run, "-o", tmp_path / "model").code == 0
    assert qcsearch("predict", tmp_path / "model", "iris", "--json").json["accuracy"] > 0.6


def test_a_run_without_winner_and_the_very_same_snapshot_are_one_sentence(qcsearch, finished, tmp_path):
    outcome = qcsearch("tune", finished, "--device", "fake_manila", "--run", tmp_path / "run")
    assert outcome.code == 2
    assert "must be for another snapshot" in outcome.err
    outcome = qcsearch("tune", tmp_path, "--device", "fake_lagos")
    assert outcome.code == 2
    assert "is not a run folder" in outcome.err
    assert not (tmp_path / "run").exists()
