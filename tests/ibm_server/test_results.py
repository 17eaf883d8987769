"""Results are read before they are believed: what is none is refused, kept, asked for again, and never in the way."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ibm_server.nonsense import BAD_RESULTS, edit, shots, swollen
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.deployment.values import Pub
from qcsearch.errors import BackendError, ResultError

ALWAYS = 1000
FEW = ("no shots", "a bit more", "NaN", "an item more", "another schema", "cut off")


@pytest.fixture
def whole():
    """A circuit for the Estimator, with two observables and three sets of parameters."""
    circuit = QuantumCircuit(5)
    circuit.sx(0)
    circuit.rz(Parameter("t"), 0)
    circuit.sx(0)
    observables = tuple(SparsePauliOp.from_sparse_list([(p, [0], 1.0)], 5) for p in "ZX")
    return Pub(circuit, np.array([[0.1], [1.0], [2.0]]), observables)


def slow_but(names, few):
    return [pytest.param(name, marks=[] if name in few else pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", slow_but(BAD_RESULTS, FEW))
def test_what_is_no_result_of_the_job_is_refused(server, executor, rotation, name):
    server.faults.add("results", BAD_RESULTS[name], ALWAYS)
    one = executor()
    with pytest.raises(BackendError) as caught:
        one.run([rotation], 64)
    assert caught.value.exit_code == 5
    assert str(caught.value).count("\n") == 0
    assert len(server.billed) == 1
    assert one.budget.spent() == pytest.approx(server.billed_seconds)


@pytest.mark.parametrize("level", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", slow_but(BAD_RESULTS, ("NaN", "no shots")))
def test_nor_is_it_believed_by_the_estimator(server, executor, whole, name, level):
    server.faults.add("results", BAD_RESULTS[name], ALWAYS)
    with pytest.raises(BackendError):
        executor(primitive="estimator", resilience_level=level).estimate([whole], 64)
    assert len(server.billed) == 1


@pytest.mark.parametrize("name", ["NaN", "cut off", "nothing"])
def test_a_bad_result_is_asked_for_once_more(server, executor, rotation, tmp_path, name):
    server.faults.add("results", BAD_RESULTS[name])
    (bits,) = executor().run([rotation], 64)
    assert bits.num_shots == 64
    assert server.calls("results") == 2
    assert len(list((tmp_path / "journal" / "results").glob("*.refused"))) == 1


def test_a_bad_result_does_not_stand_in_the_way_of_a_good_one(server, executor, rotation, tmp_path):
    server.faults.add("results", BAD_RESULTS["NaN"], 2)
    one = executor()
    with pytest.raises(ResultError) as caught:
        one.run([rotation], 64)
    (aside,) = (tmp_path / "journal" / "results").glob("*.refused")
    assert str(aside) in str(caught.value)
    assert "asks for the result of the same job once more" in caught.value.fix
    one.close()
    executor().run([rotation], 64)
    assert len(server.jobs) == 1


def test_a_bad_result_that_was_stored_once_is_asked_for_again(server, executor, rotation, tmp_path):
    one = executor()
    wanted = one.run([rotation], 64)[0].get_counts()
    (entry,) = one._journal.entries
    bad = BAD_RESULTS["NaN"](one._journal.load(entry)).decode()
    one._journal.store(entry, bad)
    one.close()
    assert executor().run([rotation], 64)[0].get_counts() == wanted
    assert len(server.jobs) == 1


def test_a_result_that_was_removed_is_asked_for_again(server, executor, rotation, tmp_path):
    one = executor()
    wanted = one.run([rotation], 64)[0].get_counts()
    one.close()
    (path,) = (tmp_path / "journal" / "results").glob("*.json")
    path.unlink()
    assert executor().run([rotation], 64)[0].get_counts() == wanted
    assert len(server.jobs) == 1


def test_whoever_removes_the_bad_result_pays_for_another_job(server, executor, rotation, tmp_path):
    server.faults.add("results", 404, ALWAYS)
    one = executor()
    with pytest.raises(ResultError, match="must give a job's result") as caught:
        one.run([rotation], 64)
    assert "remove that file" in caught.value.fix
    one.close()
    server.faults.clear()
    (aside,) = (tmp_path / "journal" / "results").glob("*.refused")
    aside.unlink()
    one = executor()
    one.run([rotation], 64)
    assert len(server.billed) == 2


@pytest.mark.parametrize("came", [1, 32, 128])
def test_other_numbers_of_shots_are_taken_as_they_came(server, executor, rotation, came):
    server.faults.add("results", shots(came))
    (bits,) = executor().run([rotation], 64)
    assert bits.num_shots == came


@pytest.mark.parametrize("twirling", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("level", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_estimates_of_fewer_shots_have_their_errors(server, executor, whole, level, twirling):
    server.faults.add("results", shots(4))
    one = executor(primitive="estimator", resilience_level=level, twirling=twirling)
    (found,) = one.estimate([whole], 64)
    assert found.shots == 4
    assert np.all(found.errors >= 0.26)
    (one_shot,) = _with(server, executor, whole, shots(1), level)
    assert one_shot.shots == 1
    assert np.all(one_shot.errors > 0.5)


def _with(server, executor, whole, effect, level):
    server.faults.add("results", effect)
    other = executor(journal="other", primitive="estimator", resilience_level=level)
    return other.estimate([whole], 64)


@pytest.mark.parametrize(
    ("megabytes", "message", "peak_mb"), [(256, "must be below", 100), (40, "far larger", 30)]
)
def test_a_result_that_swells_is_not_unpacked(server, executor, rotation, peak, megabytes, message, peak_mb):
    tensor = swollen(megabytes)
    server.faults.add("results", edit(lambda result: result["data"][0].update(results={"c": tensor})), ALWAYS)
    one = executor()
    with pytest.raises(ResultError, match=message):
        peak(lambda: one.run([rotation], 2**16), megabytes=peak_mb)


@pytest.mark.parametrize("primitive", ["sampler", "estimator"])
def test_how_a_result_is_evaluated_is_what_was_sent_and_not_what_came(
    server, executor, rotation, whole, primitive
):
    """A service that says the observables were others, or names another evaluation, changes nothing."""

    def forged(result):
        text = json.dumps(result["passthrough_data"]).replace("IIIIZ", "IIIIX").replace("v0.1", "v7")
        result["passthrough_data"], result["semantic_role"] = json.loads(text), "noise_learner_v3"

    def values(journal):
        if primitive == "sampler":
            return executor(journal=journal).run([rotation], 64)[0].get_counts()
        one = executor(journal=journal, primitive=primitive, resilience_level=0)
        return one.estimate([whole], 64)[0].values.tolist()

    wanted = values("plain")
    (job,) = server.jobs.values()
    server.faults.add("results", lambda _: edit(forged)(job.result))
    assert values("forged") == wanted
