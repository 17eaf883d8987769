"""What is odd about a device is said by every command that uses it."""

import json

import pytest


@pytest.fixture(scope="module")
def odd(qcsearch, tmp_path_factory):
    """A device file with P(1|0) of 0.99 on one qubit, and 40 % errors on a coupling."""
    path = tmp_path_factory.mktemp("odd") / "odd.json"
    assert qcsearch("devices", "snapshot", "fake_manila", "-o", path).code == 0
    raw = json.loads(path.read_text())
    raw.pop("digest")
    raw["qubits"][4].update(p10=0.99, p01=0.005)
    for gate in raw["gates"]:
        if set(gate["qubits"]) == {2, 3}:
            gate["error"] = 0.4
        if gate["name"] == "id":
            gate["duration"] = None
    path.write_text(json.dumps(raw))
    return path


SAID = (
    "Note: One of the two states is misread more often than not, which makes the readout nearly useless, on qubit 4.",
    "Note: Two-qubit error is 0.1 or more, so little is left of what runs there: cx 2-3, cx 3-2.",
    "Note: Gate duration is unknown, and counted as 0: id 0, id 1, id 2, id 3, id 4.",
)


@pytest.fixture(scope="module")
def run(qcsearch, odd, tmp_path_factory):
    """A small search there, and what it said."""
    path = tmp_path_factory.mktemp("odd") / "run"
    words = ("iris", "--device", odd, "--space", "tiny", "--trials", 1, "--run", path, "--baselines", "none")
    outcome = qcsearch("search", *words)
    assert outcome.code in (0, 3), outcome.err
    return path, outcome


@pytest.mark.parametrize(
    "command",
    [
        ("cost", "RUN", "--backend", "aer", "--steps", 0, "--json"),
        ("deploy", "RUN", "--backend", "aer", "--steps", 0, "--shots", 16, "--json"),
        ("predict", "RUN", "iris", "--json"),
        ("export", "RUN", "-o", "OUT"),
        ("tune", "RUN", "--device", "ODD", "--top", 1, "--run", "OUT"),
    ],
)
def test_every_command_says_it_once(qcsearch, run, odd, command, tmp_path):
    places = {"RUN": run[0], "OUT": tmp_path / "out", "ODD": odd}
    outcome = qcsearch(*(places.get(word, word) for word in command))
    for sentence in SAID:
        assert outcome.err.splitlines().count(sentence) == 1, outcome.err


def test_search_says_it_without_being_asked(run):
    for sentence in SAID:
        assert run[1].err.splitlines().count(sentence) == 1


@pytest.mark.parametrize(
    "command", [("devices", "check"), ("devices", "show"), ("check", "iris", "--device")]
)
def test_looking_at_the_device_says_it(qcsearch, odd, command):
    outcome = qcsearch(*command, odd)
    for sentence in SAID:
        assert outcome.out.splitlines().count(sentence) == 1


def test_a_long_list_is_one_line(qcsearch, capsys):
    from qcsearch.cli.output import say_notes
    from qcsearch.devices.calibration.providers import get_device

    say_notes(get_device("fake_torino"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(get_device("fake_torino").notices)
    assert max(map(len, lines)) < 220
    assert any("`qcsearch devices check` says all" in line for line in lines)


def test_the_estimator_logs_it(odd, caplog):
    from sklearn.datasets import load_iris

    from qcsearch import QuantumCircuitSearchClassifier

    X, y = load_iris(return_X_y=True)
    QuantumCircuitSearchClassifier(
        device=str(odd), space="tiny", n_trials=1, random_state=0, baselines="none"
    ).fit(X, y)
    assert sum("One of the two states is misread" in record.message for record in caplog.records) == 1
