"""The commands that look at a run and use its winner."""

import csv
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from sklearn.datasets import load_iris

from qcsearch.candidate.choice import Choice
from qcsearch.cli.commands.explain import _candidate
from qcsearch.data.targets import Classes
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder


def test_board_says_the_split_of_every_number(qcsearch, finished):
    outcome = qcsearch("board", finished)
    assert outcome.code == 0
    assert all(line == line.rstrip() for line in outcome.out.splitlines())
    assert "Accuracy on the test split, touched once" in outcome.out
    assert "Accuracy over all folds, the best of 3 trials; noisy: fake_manila" in outcome.out
    drifted = "winner on fake_manila@2024-05-27~drift(sigma=0.2,seed=0)"
    assert "Circuit of the winner (trial" in outcome.out
    assert "as mapped, with no swap inserted." in outcome.out
    for row in (
        "winner (trial",
        drifted,
        "majority class",
        "logistic regression",
        "RBF-SVM, raw features",
        "at infinitely many shots",
    ):
        assert row in outcome.out


def test_board_for_machines_has_one_row_a_model(qcsearch, finished):
    rows = qcsearch("board", finished, "--top", 1, "--json").json["rows"]
    kinds = [row["kind"] for row in rows]
    models = ["circuit", *["classical"] * 5]
    assert kinds in (
        ["winner", "snapshot", *models, "trial"],
        ["winner", "snapshot", *models[1:], "missing", "trial"],
    )
    assert [row["split"] for row in rows] == ["test"] * (len(rows) - 1) + ["folds"]
    assert all(row["n_samples"] == 30 for row in rows if row["interval"])


def test_board_shows_the_pareto_front_alone_and_marks_it_among_the_others(qcsearch, finished):
    rows = qcsearch("board", finished, "--json").json["rows"]
    trials = [row for row in rows if row["kind"] == "trial"]
    front = [row["trial"] for row in trials if row["pareto"]]
    assert front == json.loads((finished / "result.json").read_text())["pareto"]
    assert trials[0]["costs"]["qpu_seconds"] > 0
    assert not any(row["pareto"] for row in rows if row["kind"] != "trial")
    alone = qcsearch("board", finished, "--pareto", "--json").json["rows"]
    assert [row["trial"] for row in alone if row["kind"] == "trial"] == front
    assert f"● {front[0]}" in qcsearch("board", finished).out
    shown = qcsearch("board", finished, "--pareto").out
    assert "the Pareto front of 3 trials" in shown


def test_explain_tells_candidate_costs_constraints_and_draws_the_circuit(qcsearch, finished):
    outcome = qcsearch("explain", finished, 0)
    assert outcome.code == 0
    for part in (
        "Trial 0:",
        "most of it",
        "encoding",
        "estimated success probability",
        "two_qubit_gates",
        "q_0:",
        "q_1:",
    ):
        assert part in outcome.out
    record = qcsearch("explain", finished, 0, "--json").json
    assert record["trial"] == 0
    assert record["candidate"]["digest" if "digest" in record["candidate"] else "qubits"]


def test_explain_of_a_circuit_gate_by_gate_does_not_list_its_gates(finished):
    record = records(RunFolder.open(finished))[0]
    gates = Choice("gates", {"gates": [{"name": "x", "qubits": [0]}] * 40})
    written = replace(record, candidate=replace(record.candidate, ansatz=gates))
    assert _candidate(written, Classes(("a", "b", "c")))["ansatz"] == "gates(40 gates)"


def test_explain_of_a_run_tells_how_well_each_predictor_ranks_its_candidates(qcsearch, own_run):
    assert qcsearch("search", "--run", own_run, "--trials", 8).code == 0
    outcome = qcsearch("explain", own_run)
    assert outcome.code == 0, outcome.err
    assert "Spearman's rank correlation with the validation score under noise" in outcome.out
    rows = {row["predictor"]: row for row in qcsearch("explain", own_run, "--json").json["correlations"]}
    assert {"cnr", "repcap", "expressibility", "estimated_success_probability"} <= set(rows)
    for row in rows.values():
        assert row["n"] >= 3
        assert row["rho"] is None or -1 <= row["low"] <= row["rho"] <= row["high"] <= 1


def test_explain_of_a_run_tells_where_its_time_went(qcsearch, finished):
    outcome = qcsearch("explain", finished)
    assert outcome.code == 0, outcome.err
    assert "Where the time of 3 trials went" in outcome.out
    times = qcsearch("explain", finished, "--json").json["times"]
    assert {"sampler", "build", "map", "compile", "train", "store"} <= {row["stage"] for row in times}
    assert sum(row["share"] for row in times) == pytest.approx(1.0)


def test_explain_of_a_trial_that_is_not_there_says_which_are(qcsearch, finished):
    outcome = qcsearch("explain", finished, 99)
    assert outcome.code == 2
    assert "has no finished trial 99; they are 0 to 2." in outcome.err


@pytest.mark.parametrize("command", ["board", "report", "deploy", "export"])
def test_a_folder_that_is_no_run_is_refused(qcsearch, tmp_path, command):
    outcome = qcsearch(command, tmp_path)
    assert outcome.code == 2
    assert "is not a run folder" in outcome.err


def test_report_writes_the_page_and_the_figures(qcsearch, own_run):
    outcome = qcsearch("report", own_run, "--json")
    assert outcome.code == 0, outcome.err
    page = (own_run / "report.html").read_text()
    assert outcome.json["report"] == str(own_run / "report.html")
    assert "<h1>iris on fake_manila</h1>" in page
    assert "http" not in page.replace("http-equiv", "")
    names = {path.stem for path in (own_run / "plots").glob("*.svg")}
    assert names == {path.stem for path in (own_run / "plots").glob("*.png")}
    assert {"progress", "pareto", "learning", "confusion"} <= names


def test_report_tells_the_figures_of_the_run(qcsearch, searched, own_run):
    _, outcome, _ = searched
    best = outcome.json["best"]
    qcsearch("report", own_run)
    page = (own_run / "report.html").read_text()
    assert f"{100 * best['test_accuracy_noisy']:.1f}<small> %</small>" in page
    for one in outcome.json["baselines"]:
        low, high = one["test_interval"]
        assert f"{100 * one['test_accuracy']:.1f}\N{NO-BREAK SPACE}%" in page
        assert f"{100 * low:.1f} – {100 * high:.1f}" in page
    result = json.loads((own_run / "result.json").read_text())
    assert sum(map(sum, result["confusion"])) == 30
    assert "30 test samples" in page


def test_a_run_before_its_evaluation_can_be_looked_at(qcsearch, own_run):
    (own_run / "result.json").unlink()
    outcome = qcsearch("board", own_run)
    assert outcome.code == 0
    assert "test split" not in outcome.out
    assert qcsearch("report", own_run).code == 0
    page = (own_run / "report.html").read_text()
    assert "not evaluated yet" in page
    assert '<h2 id="circuit">' in page


def test_an_empty_run_can_be_looked_at(qcsearch, own_run):
    for name in ("result.json", "study.journal"):
        (own_run / name).unlink()
    assert "No trial has finished training yet." in qcsearch("board", own_run).out
    assert qcsearch("report", own_run).code == 0
    assert "No candidate was trained to its end." in (own_run / "report.html").read_text()


@pytest.mark.parametrize("command", ["report", "export"])
def test_an_output_that_is_there_is_refused_and_kept(qcsearch, finished, tmp_path, command):
    target = tmp_path / "mine"
    target.write_text("mine")
    outcome = qcsearch(command, finished, "-o", target)
    assert outcome.code == 2
    assert "There is already something at" in outcome.err
    assert target.read_text() == "mine"


def test_verify_accepts_a_bundle_and_refuses_it_with_one_byte_changed(qcsearch, bundle, tmp_path):
    outcome = qcsearch("verify", bundle, "--json")
    assert outcome.code == 0
    digest = outcome.json["digest"]
    assert qcsearch("verify", bundle, "--digest", digest).code == 0
    assert qcsearch("verify", bundle, "--digest", "0" * 64).code == 2
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in bundle.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    weights = copy / "weights.json"
    weights.write_bytes(weights.read_bytes().replace(b"0", b"1", 1))
    outcome = qcsearch("verify", copy)
    assert outcome.code == 2
    assert "weights.json" in outcome.err
    assert qcsearch("predict", copy, "iris").code == 2


def test_predict_writes_a_label_and_probabilities_for_each_sample(qcsearch, bundle, tmp_path):
    target = tmp_path / "p.csv"
    outcome = qcsearch("predict", bundle, "iris", "-o", target)
    assert outcome.code == 0
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert len(rows) == 150
    names = [name for name in rows[0] if name != "label"]
    for row in rows:
        shares = [float(row[name]) for name in names]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert names[int(np.argmax(shares))] == f"p_{row['label']}"
    assert "labelled samples (exact engine, noise of fake_manila)" in outcome.err


def test_predict_on_standard_output_is_csv_alone(qcsearch, bundle):
    outcome = qcsearch("predict", bundle, "iris")
    lines = outcome.out.splitlines()
    assert len(lines) == 151
    assert lines[0].startswith("label,p_")


def test_predict_for_machines_says_the_accuracy_of_labelled_data(qcsearch, bundle):
    found = qcsearch("predict", bundle, "iris", "--json").json
    assert found["n_samples"] == 150
    labels = np.repeat(found["target"]["classes"], 50)
    assert found["accuracy"] == pytest.approx(np.mean(labels == np.array(found["labels"])))
    assert np.array(found["probabilities"]).shape == (150, 3)


def test_predict_with_other_features_is_refused(qcsearch, bundle):
    outcome = qcsearch("predict", bundle, "digits")
    assert outcome.code == 2
    assert "64 features" in outcome.err


def test_an_unknown_backend_ends_in_code_5(qcsearch, bundle, own_run):
    for arguments in (("predict", bundle, "iris"), ("deploy", own_run)):
        outcome = qcsearch(*arguments, "--backend", "abacus")
        assert outcome.code == 5
        assert "abacus" in outcome.err


def test_deploy_leaves_three_scores_and_export_takes_its_weights(qcsearch, own_run, tmp_path):
    outcome = qcsearch("deploy", own_run, "--backend", "aer", "--steps", 2, "--shots", 128, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["kind"] == "simulated"
    assert {"noiseless", "noisy", "deployed"} <= set(found)
    assert found["noisy"]["shot_error"] is None
    assert found["deployed"]["shot_error"] is not None
    assert "training steps on the backend" in outcome.err
    assert not list(own_run.glob(".deployment-*"))
    kept = json.loads((own_run / "deployment.json").read_text())["parameters"]["weights"]
    for flags, same in (((), True), (("--trained",), kept == _weights(own_run / "model"))):
        path = tmp_path / f"bundle{len(flags)}"
        assert qcsearch("export", own_run, "-o", path, *flags).code == 0
        assert (_weights(path) == kept) is same


def test_a_deployed_run_reports_its_deployment(qcsearch, own_run):
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 1, "--shots", 64).code == 0
    assert qcsearch("report", own_run).code == 0
    page = (own_run / "report.html").read_text()
    assert '<h2 id="deployment">' in page
    assert "measured on aer" in page


def test_the_board_has_a_deployed_column_of_the_same_weights_and_samples(qcsearch, own_run):
    assert "deployed" not in qcsearch("board", own_run).out
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 1, "--shots", 64).code == 0
    found = json.loads((own_run / "deployment.json").read_text())
    outcome = qcsearch("board", own_run)
    assert "deployed: aer (simulated), 30 samples" in outcome.out
    head, (winner,), (deployed,) = (
        [line for line in outcome.out.splitlines() if line.lstrip().startswith(start)]
        for start in ("model ", "winner (trial", "winner, deployed")
    )
    assert "deployed" in head[0]
    assert f"{100 * found['deployed']['accuracy']:.1f} %" in deployed
    # not deployed and no error of shots; no spread over seeds and no simulation at finite shots
    assert winner.count("–") == deployed.count("–")
    rows = qcsearch("board", own_run, "--json").json["rows"]
    assert [row["kind"] for row in rows if row["accuracy_deployed"] is not None] == ["deployed"]
    (row,) = (row for row in rows if row["kind"] == "deployed")
    assert row["accuracy"] == found["noisy"]["accuracy"]
    assert row["accuracy_noiseless"] == found["noiseless"]["accuracy"]
    assert row["shot_error"] == found["deployed"]["shot_error"]
    assert row["split"] == "test"
    from qcsearch.search.finish.leaderboard import leaderboard
    from qcsearch.search.run.folder import RunFolder

    assert "on aer (simulated)" in str(leaderboard(RunFolder.open(own_run)))


def test_the_deployment_of_another_winner_is_left_out(qcsearch, own_run, tmp_path):
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 1, "--shots", 64).code == 0
    found = json.loads((own_run / "deployment.json").read_text())
    (own_run / "deployment.json").write_text(json.dumps(found | {"candidate": "0" * 64}))
    assert "deployed" not in qcsearch("board", own_run).out
    assert qcsearch("export", own_run, "-o", tmp_path / "bundle").code == 0
    assert _weights(tmp_path / "bundle") == _weights(own_run / "model")
    assert qcsearch("report", own_run).code == 0
    assert '<h2 id="deployment">' not in (own_run / "report.html").read_text()


def test_a_run_predicts_with_the_weights_that_its_deployment_kept(qcsearch, own_run):
    before = qcsearch("predict", own_run, "iris").out
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 1, "--shots", 64).code == 0
    found = json.loads((own_run / "deployment.json").read_text())
    found["parameters"]["weights"] = [weight + 0.5 for weight in found["parameters"]["weights"]]
    (own_run / "deployment.json").write_text(json.dumps(found))
    assert qcsearch("predict", own_run, "iris").out != before
    assert qcsearch("predict", own_run / "model", "iris").out == before


def test_export_binds_the_circuit_to_the_sample_that_is_asked_for(qcsearch, finished, tmp_path):
    def head(name, *options):
        outcome = qcsearch("export", finished, "-o", tmp_path / name, *options)
        assert outcome.code == 0, outcome.err
        text = (tmp_path / name / "circuit.qasm").read_text()
        assert (tmp_path / name / "circuit_inputs.qasm").read_text().count("input float[64] x") > 0
        assert qcsearch("verify", tmp_path / name).code == 0
        return next(line for line in text.splitlines() if line.startswith("// Features"))

    flowers = load_iris()
    names = ",".join(flowers.feature_names)
    np.savetxt(tmp_path / "new.csv", flowers.data[[3, 77]], delimiter=",", comments="", header=names)
    first = head("first")
    assert "sample 0 of the test split" in first
    assert head("again", "--sample", 0) == first
    other = head("other", "--sample", 5)
    assert "sample 5 of the test split" in other
    assert other.partition(":")[2] != first.partition(":")[2]
    rows = [head(f"file{k}", "--sample", f"{tmp_path / 'new.csv'}:{k}") for k in (0, 1)]
    assert f"sample 1 of '{tmp_path / 'new.csv'}'" in rows[1]
    assert rows[0].partition(": x")[2] != rows[1].partition(": x")[2]


@pytest.mark.parametrize("sample", ["30", "99999999999999999999", "-1", "nothing.csv", "", ":", "0x1", "1.0"])
def test_export_refuses_a_sample_that_is_not_there(qcsearch, finished, tmp_path, sample):
    outcome = qcsearch("export", finished, "-o", tmp_path / "bundle", "--sample", sample)
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) <= 2
    assert not (tmp_path / "bundle").exists()


def _weights(bundle):
    from qcsearch.bundle.read import load_bundle

    return load_bundle(bundle).parameters.weights.tolist()


def test_a_run_whose_plugin_is_gone_is_shown_as_far_as_it_can_be(qcsearch, own_run, monkeypatch, tmp_path):
    from qcsearch.circuits.ansatze import ANSATZE

    before = qcsearch("board", own_run).out
    names = {row["ansatz"] for row in qcsearch("board", own_run, "--json").json["rows"] if row["ansatz"]}
    for name in names:
        monkeypatch.delitem(ANSATZE._classes, name)
    board = qcsearch("board", own_run)
    assert (board.code, board.out) == (0, before)
    note = f"Note: '{min(names)}' is not one of the ansatze."
    assert note in board.err
    assert qcsearch("explain", own_run, 0).code == 0
    explained = qcsearch("explain", own_run)
    assert (explained.code, "Where the time of 3 trials went" in explained.out) == (0, True)
    assert "Note: The predictors cannot be computed: " in explained.err
    assert qcsearch("report", own_run, "-o", tmp_path / "report.html").code == 0
    assert note.removeprefix("Note: ") in unescape((tmp_path / "report.html").read_text())
    for command in (("predict", own_run, "iris"), ("search", "--run", own_run, "--trials", 9)):
        refused = qcsearch(*command)
        assert (refused.code, len(refused.err.splitlines())) == (2, 1), refused.err


@contextmanager
def read_only(folder):
    """Nothing below a folder can be written: by its mode, or for root, who may write all the same, as a mount."""
    if os.geteuid() != 0:
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    mounts = (["mount", "--bind", folder, folder], ["mount", "-o", "remount,bind,ro", folder])
    if not shutil.which("mount") or subprocess.run(mounts[0], capture_output=True).returncode:
        pytest.skip("root may write everywhere, and may not mount here")
    try:
        subprocess.run(mounts[1], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_run_that_may_not_be_written_can_be_looked_at_and_used(qcsearch, own_run, tmp_path):
    with read_only(own_run):
        for command in (
            ("board", own_run),
            ("explain", own_run, 0),
            ("report", own_run, "-o", tmp_path / "report.html"),
            ("export", own_run, "-o", tmp_path / "bundle"),
            ("predict", own_run, "iris", "-o", tmp_path / "labels.csv"),
        ):
            outcome = qcsearch(*command)
            assert outcome.code == 0, outcome.err
        refused = qcsearch("search", "--run", own_run, "--trials", 9)
        assert (refused.code, len(refused.err.splitlines())) == (2, 1), refused.err
