"""`qcsearch tomography`, and the section of the report."""

import json

import pytest


def test_a_state_is_measured_kept_and_in_the_report(qcsearch, own_run):
    outcome = qcsearch("tomography", own_run, "--shots", 512, "--sample", 3, "--json")
    assert outcome.code == 0, outcome.err
    found = outcome.json
    kept = json.loads((own_run / "tomography.json").read_text())
    assert kept == {key: value for key, value in found.items() if key not in ("run", "sentence")}
    assert len(found["qubits"]) == 2
    assert (found["usage"]["jobs"], found["usage"]["circuits"]) == (1, 11)
    assert found["notices"] == ["Encoded was sample 3 of the test split."]
    assert qcsearch("report", own_run).code == 0
    page = (own_run / "report.html").read_text()
    assert '<h2 id="tomography">State</h2>' in page
    assert found["sentence"] in page
    assert "⟨00|ρ|00⟩" in page
    # It was of another winner: not in the report any more.
    kept["candidate"] = "ab" * 32
    (own_run / "tomography.json").write_text(json.dumps(kept))
    assert qcsearch("report", own_run).code == 0
    assert 'id="tomography"' not in (own_run / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--qubits", "a"), "numbers with commas"),
        (("--qubits", "99"), "one to 3 of the model's"),
        (("--sample", 10_000), "'sample' must be one of"),
        (("--shots", 0), "shots"),
        (("--backend", "ibm:ibm_torino"), "--max-qpu-seconds"),
    ],
)
def test_what_cannot_be_measured_is_said(qcsearch, finished, words, says):
    outcome = qcsearch("tomography", finished, *words)
    assert outcome.code == 2
    assert says in outcome.err
    assert not (finished / "tomography.json").exists()
