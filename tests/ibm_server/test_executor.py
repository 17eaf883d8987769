from __future__ import annotations

import itertools

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.deployment.ibm.options import IbmOptions
from qcsearch.deployment.values import Pub
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import InputError
from qcsearch.testing.executors import ExecutorConformance


class TestIbmConformance(ExecutorConformance):
    seeded = False

    @pytest.fixture
    def open_executor(self, executor):
        journals = itertools.count()
        return lambda seed: executor(journal=f"journal-{next(journals)}", seed=seed)


def test_one_request_is_one_job_and_the_key_stays_at_home(server, executor, rotation):
    found = executor().run([rotation], 1000)[0]
    ones = found.to_bool_array()[:, :, 0].mean(axis=1)
    assert np.abs(ones - [0, 1]).max() < 0.15
    assert len(server.jobs) == len(server.billed) == 1
    assert server.leaks() == []


def test_the_same_requests_again_cost_nothing(server, executor, rotation):
    first = executor()
    wanted = [first.run([rotation], 200)[0].get_counts() for _ in range(2)]
    first.close()
    again = executor()
    found = [again.run([rotation], 200)[0].get_counts() for _ in range(2)]
    assert found == wanted
    assert wanted[0] != wanted[1]
    assert len(server.jobs) == 2


def test_decoupling_twirling_and_privacy_reach_the_service(server, executor, rotation):
    options = {"dynamical_decoupling": "XY4", "twirling": True, "private": True, "mode": "batch"}
    found = executor(**options).run([rotation], 64)[0]
    assert found.num_shots >= 64
    (job,) = server.jobs.values()
    assert job.private
    assert job.session in server.sessions
    items = job.params["quantum_program"]["items"]
    assert [item["item_type"] for item in items] == ["samplex"]
    asked = job.params["quantum_program"]["passthrough_data"]["post_processor"]["options"]
    assert asked["dynamical_decoupling"]["enable"]
    assert asked["dynamical_decoupling"]["sequence_type"] == "XY4"


def test_a_session_is_closed_when_the_seconds_of_the_ceiling_have_passed(server, executor, rotation):
    one = executor(mode="session", max_qpu_seconds=77.5)
    one.run([rotation], 50)
    (session,) = server.sessions.values()
    assert (session["mode"], session["max_ttl"]) == ("dedicated", 78)
    one.close()
    assert not session["accepting_jobs"]


def test_private_results_are_kept_before_they_are_gone(server, executor, rotation):
    one = executor(private=True)
    wanted = one.run([rotation], 100)[0].get_counts()
    one.close()
    (job,) = server.jobs.values()
    assert job.result is None
    assert executor(private=True).run([rotation], 100)[0].get_counts() == wanted


def test_what_a_job_cost_is_in_the_budget(server, executor, rotation):
    one = executor()
    one.run([rotation], 2000)
    assert one.budget.spent() == pytest.approx(server.billed_seconds)
    assert server.billed_seconds > 2


@pytest.mark.parametrize(
    "wrong",
    [{"max_qpu_seconds": 0.0}, {"dynamical_decoupling": "YY"}, {"mode": "lease"}, {"max_drift": 2.0}],
)
def test_options_out_of_range_are_refused_before_anything_is_sent(server, executor, wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        executor(**wrong)
    assert server.requests == []
    assert IbmOptions(1.0).sampler("x", 1e9)["environment"]["job_tags"] == ["x"]


@pytest.fixture
def fractional(serve, executor):
    """A processor with rzz, for a model that was made for it."""
    serve("ibm_fractional")
    device = get_device("fake_fractional")
    return lambda **options: executor("ibm_fractional", device=device, **options)


@pytest.fixture
def turn():
    """A rzz of any angle, seen as a rotation of qubit 0."""
    circuit = QuantumCircuit(5, 1)
    circuit.rx(np.pi / 2, 0)
    circuit.rzz(Parameter("t"), 0, 1)
    circuit.rx(-np.pi / 2, 0)
    return circuit


def test_rzz_of_any_angle_is_folded_before_it_is_submitted(fractional, turn):
    angles = np.array([-4.0, -1.0, 1.0, 4.0])
    measured = turn.copy()
    measured.measure(0, 0)
    found = fractional().run([Pub(measured, angles[:, None])], 2000)[0]
    ones = found.to_bool_array()[:, :, 0].mean(axis=1)
    assert np.abs(ones - (1 - np.cos(angles)) / 2).max() < 0.08
    z = (SparsePauliOp.from_sparse_list([("Z", [0], 1.0)], 5),)
    one = fractional(journal="other", primitive="estimator", resilience_level=0)
    values = one.estimate([Pub(turn, angles[:, None], z)], 2000)[0].values[:, 0]
    assert np.abs(values - np.cos(angles)).max() < 0.16


@pytest.mark.parametrize("how", [{"twirling": True}, {"primitive": "estimator", "resilience_level": 2}])
def test_rzz_is_neither_twirled_nor_extrapolated(fractional, turn, how):
    z = (SparsePauliOp.from_sparse_list([("Z", [0], 1.0)], 5),)
    one, pub = fractional(**how), Pub(turn, np.array([[1.0]]), z)
    with pytest.raises(InputError, match="must be Clifford gates"):
        one.estimate([pub], 10) if "primitive" in how else one.run([pub], 10)
