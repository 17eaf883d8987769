"""Each field of a run's files changed: the command does its work, or says in one sentence why not."""

import json
import random
import shutil

import pytest
from fields import mutated

from qcsearch.devices.calibration.snapshot_files import read_snapshot
from qcsearch.errors import QCSearchError

FILES = ["run.json", "device.json", "result.json", "clock.json", "deployment.json", "warm_starts.json"]
LOOKING = [("board",), ("board", "--json"), ("explain", "0"), ("export", "-o", "{}"), ("cost",)]
WORKING = [
    ("report",),
    ("predict", "iris", "-o", "{}"),
    ("search", "--trials", "4"),
    ("deploy", "--backend", "aer"),
]


@pytest.fixture(scope="module")
def full(qcsearch, finished, tmp_path_factory):
    """A run that another one began, deployed: it has all files."""
    run = tmp_path_factory.mktemp("full") / "run"
    words = (
        "--device",
        "fake_manila",
        "--space",
        "tiny",
        "--trials",
        3,
        "--seed-from",
        finished,
        "--run",
        run,
    )
    assert qcsearch("search", "iris", *words).code == 0
    assert qcsearch("deploy", run, "--backend", "aer", "--steps", 0, "--shots", 64).code == 0
    return run


def spoil(run, name, rng):
    """Change one field; a device's digests are made right again."""
    what, data = mutated(json.loads((run / name).read_text()), rng)
    if name == "device.json" and isinstance(data, dict):
        data.pop("digest", None)
    (run / name).write_text(json.dumps(data))
    if name == "device.json":
        config = json.loads((run / "run.json").read_text())
        try:
            config["device_digest"] = read_snapshot(run / name).digest
        except QCSearchError:
            return what
        (run / "run.json").write_text(json.dumps(config))
    return what


def spoiled(qcsearch, source, folder, number, seed, commands):
    """Spoil so many runs; return how many commands could do their work."""
    rng, done = random.Random(seed), 0
    for i in range(number):
        name, run = FILES[i % len(FILES)], folder / f"run{i}"
        shutil.copytree(source, run)
        what = spoil(run, name, rng)
        verb, *words = rng.choice(commands)
        if name in ("clock.json", "warm_starts.json"):  # nobody else reads them
            verb, words = "search", ["--trials", "3"]
        run_words = ["--run", run] if verb == "search" else [run]
        outcome = qcsearch(verb, *run_words, *(word.format(folder / f"out{i}") for word in words))
        assert outcome.code in (0, 2, 3, 4, 5), (name, what, verb, outcome.err)
        if outcome.code == 2:
            last = outcome.err.strip().splitlines()[-1]
            assert last.startswith("Error: "), (name, what, last)
            assert len(last) < 1000, (name, what, last)
        done += outcome.code == 0
        shutil.rmtree(run)
    return done


@pytest.mark.slow
def test_a_changed_field_of_a_run_is_used_or_refused_in_a_sentence(qcsearch, full, tmp_path):
    assert 0 < spoiled(qcsearch, full, tmp_path, 120, 1, LOOKING) < 120


@pytest.mark.exhaustive
def test_a_thousand_changed_fields_of_a_run_are_used_or_refused_in_a_sentence(qcsearch, full, tmp_path):
    assert 0 < spoiled(qcsearch, full, tmp_path, 1000, 2, [*LOOKING, *WORKING]) < 1000


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("clock.json", "[]", "must hold the seconds"),
        ("clock.json", '{"seconds": 1e308}', "must hold the seconds"),
        ("warm_starts.json", '[{"source": 1}]', "what a run begins with"),
        ("warm_starts.json", "7", "cannot be read"),
        ("result.json", '{"best": "x"}', "the result of a search"),
        ("result.json", "[" * 50 + "]" * 50, "nested too deeply"),
    ],
)
def test_a_file_of_a_run_that_is_something_else_is_named(qcsearch, own_run, name, content, says):
    (own_run / name).write_text(content)
    words = ("board", own_run) if name == "result.json" else ("search", "--run", own_run, "--trials", "4")
    outcome = qcsearch(*words)
    assert outcome.code == 2, outcome
    assert says in outcome.err


def test_a_deployment_with_the_weights_of_another_model_is_refused(qcsearch, own_run, tmp_path):
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 0, "--shots", 64).code == 0
    data = json.loads((own_run / "deployment.json").read_text())
    kept = data["parameters"]["weights"]
    for weights in (kept[1:], [*kept[1:], 1e300]):
        data["parameters"]["weights"] = weights
        (own_run / "deployment.json").write_text(json.dumps(data))
        outcome = qcsearch("predict", own_run, "iris", "-o", tmp_path / "p.csv")
        assert outcome.code == 2
        assert "the weights of the run's winner" in outcome.err


def test_a_device_within_a_file_is_no_path(qcsearch, own_run, tmp_path, bundle):
    assert qcsearch("deploy", own_run, "--backend", "aer", "--steps", 0, "--shots", 64).code == 0
    data = json.loads((own_run / "deployment.json").read_text())
    remap = {"before": [0], "after": [0], "reason": "", "accuracy_before": None, "accuracy_after": 1.0}
    remap |= {"esp_before": None, "esp_after": 1.0, "device": str(own_run / "device.json")}
    (own_run / "deployment.json").write_text(json.dumps({**data, "remap": remap}))
    outcome = qcsearch("predict", own_run, "iris", "-o", tmp_path / "p.csv")
    assert outcome.code == 2
    assert "must be a JSON object" in outcome.err
