"""The Estimator beside the Sampler: the same values, the same account of every job, errors taken out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.deployment.deploying import deploy
from qcsearch.deployment.executors.ibm_estimator import _estimates
from qcsearch.deployment.finetune.options import TuningOptions
from qcsearch.deployment.inference import infer
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.settings import DeploymentSettings, MeasurementSettings
from qcsearch.deployment.values import Pub
from qcsearch.errors import BackendError, InputError
from qcsearch.training.single import train

CANDIDATE = {
    "encoding": {"name": "angle"},
    "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
    "qubits": [1, 2],
    "observables": ["Z0", "Z1", "X0Z1"],
    "training": {"steps": 30},
}


@pytest.fixture(scope="module")
def iris():
    return split(load_dataset("iris"), seed=0)


@pytest.fixture(scope="module")
def model(iris):
    return train(CANDIDATE, iris.train.X, iris.train.y, device="fake_valencia")


@pytest.fixture
def estimator(executor):
    """Opens an executor behind the Estimator."""
    return lambda level=0, **options: executor(primitive="estimator", resilience_level=level, **options)


@pytest.fixture
def bell():
    """|00⟩ + |11⟩ on qubits 0 and 1, turned by a parameter."""
    circuit = QuantumCircuit(5)
    for gate in (circuit.sx, lambda q: circuit.rz(Parameter("t"), q), circuit.sx):
        gate(0)
    circuit.cx(0, 1)
    observables = tuple(SparsePauliOp.from_sparse_list([(p, [0, 1], 1.0)], 5) for p in ("ZZ", "ZI"))
    return Pub(circuit, np.array([[0.0], [1.0], [np.pi]]), observables)


def test_values_are_those_of_the_noisy_engine_within_their_errors(server, estimator, model, iris):
    X = iris.test.X[:6]
    program = BackendProgram.of(model.transpiled, estimator(), 4000)
    found = program.measure(model.features(X), model.parameters.weights)
    away = (found.values - model.expectations(X)) / found.errors
    assert found.values.shape == (6, 3)
    assert np.abs(away).max() < 5
    assert 0.2 < np.mean(away**2) < 3
    assert len(server.billed) == 1
    assert program.usage.jobs == 1
    assert program.usage.shots == 2 * 6 * 4000  # two bases


def test_the_same_requests_again_cost_nothing_and_other_observables_do(server, estimator, bell):
    first = estimator()
    wanted = first.estimate([bell], 100)[0].values
    first.close()
    again = estimator()
    assert np.array_equal(again.estimate([bell], 100)[0].values, wanted)
    assert len(server.billed) == 1
    again.estimate([Pub(bell.circuit, bell.parameters, bell.observables[:1])], 100)
    assert len(server.billed) == 2


def test_shots_are_those_of_each_basis_and_set_of_parameters(server, estimator, bell):
    one = estimator()
    found = one.estimate([bell], 700)[0]
    (job,) = server.jobs.values()
    assert job.params["quantum_program"]["shots"] == 700
    assert one.work([bell], 700).executions == 3 * 700
    assert found.errors == pytest.approx(np.sqrt((1 - found.values**2) / 700), rel=0.1, abs=2e-3)


@pytest.mark.slow
def test_what_is_asked_for_reaches_the_service(server, estimator, bell):
    how = {"dynamical_decoupling": "XpXm", "twirling": True, "private": True, "mode": "batch"}
    estimator(2, **how).estimate([bell], 64)
    (job,) = server.jobs.values()
    asked = job.params["quantum_program"]["passthrough_data"]["post_processor"]["options"]
    assert (job.private, job.result) == (True, None)
    assert job.session in server.sessions
    assert asked["resilience_level"] == 2
    assert asked["resilience"]["zne_mitigation"]
    assert asked["twirling"]["enable_gates"]
    assert asked["dynamical_decoupling"]["sequence_type"] == "XpXm"
    assert server.leaks() == []


def test_a_job_that_was_accepted_but_answered_504_is_billed_once(server, estimator, bell):
    server.faults.add("submit", "after 504")
    estimator().estimate([bell], 50)
    assert len(server.billed) == len(server.jobs) == 1


@pytest.mark.parametrize("level", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_work_is_what_is_metered(server, estimator, bell, level):
    one = estimator(level)
    one.estimate([bell], 256)
    assert one.work([bell], 256).seconds == pytest.approx(server.billed_seconds, rel=0.1)
    assert one.budget.spent() == pytest.approx(server.billed_seconds)


@pytest.mark.slow
def test_level_1_takes_readout_errors_out(server, estimator, bell):
    ideal = np.array([[1, -1], [1, -np.cos(1.0)], [1, 1]])
    plain, mended = (
        estimator(level, journal=str(level)).estimate([bell], 2000)[0].values for level in (0, 1)
    )
    assert np.abs(mended - ideal).mean() < 0.6 * np.abs(plain - ideal).mean()


@pytest.mark.slow
def test_a_deployment_with_mitigation_says_so_and_claims_no_noise_model_check(server, estimator, model, iris):
    few = {
        "steps": 1,
        "shots": 32,
        "max_validation": 3,
        "max_test": 3,
        "tuning": TuningOptions(batch_size=2),
    }
    found = deploy(model, iris, estimator(1, device=model.device), DeploymentSettings(**few))
    assert found.mitigated
    assert found.noise_model_check is None
    assert any("resilience level 1: readout is mitigated" in notice for notice in found.notices)
    assert len(server.billed) == 4


@pytest.mark.slow
def test_a_plain_estimator_is_judged_by_the_noise_model_check(server, estimator, model, iris):
    few = {"steps": 0, "shots": 500, "max_validation": 2, "max_test": 8}
    found = deploy(model, iris, estimator(0, device=model.device), DeploymentSettings(**few))
    assert not found.mitigated
    assert found.noise_model_check.holds
    assert len(server.billed) == 2


def test_canaries_are_not_asked_of_the_estimator(server, estimator, model, iris):
    for wish in ({"canaries": True}, {"mitigate": True}):
        with pytest.raises(InputError, match="must not be asked of the estimator"):
            infer(model, iris.test.X, estimator(journal=str(wish)), MeasurementSettings(**wish))
    assert server.jobs == {}


def test_a_gate_that_the_processor_lacks_is_refused(server, estimator, bell):
    circuit = QuantumCircuit(5)
    circuit.h(0)
    with pytest.raises(BackendError, match="cannot run 'h'"):
        estimator().estimate([Pub(circuit, np.zeros((1, 0)), bell.observables)], 10)
    assert server.jobs == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"primitive": "guess"}, "sampler or estimator"),
        ({"resilience_level": 1}, "must not be given to the sampler"),
        ({"primitive": "estimator", "resilience_level": 3}, "must be 0, 1 or 2"),
    ],
)
def test_what_does_not_go_together_is_refused(server, executor, wrong, said):
    with pytest.raises(InputError, match=said):
        executor(**wrong)
    assert server.requests == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resilience-level", 1], "must not be given to the sampler"),
        (["--primitive", "estimator", "--canaries"], "must not be asked of the estimator"),
        (["--backend", "local:fake_valencia", "--primitive", "estimator"], "--primitive must go with"),
        (["--backend", "aer", "--private", "--mode", "batch"], "--private and --mode must go with"),
    ],
)
def test_commands_say_what_does_not_go_together(server, searched, call, words, said):
    limits = ("--backend", "ibm:ibm_valencia", "--max-qpu-seconds", 1000, "--yes")
    code, _, errors = call("deploy", searched("fake_valencia"), *limits, *words)
    assert code == 2
    assert said in errors
    assert server.jobs == {}


def test_an_extrapolation_that_failed_has_the_largest_error_there_can_be():
    observables = (SparsePauliOp(["Z", "X"], [0.5, -1.0]), SparsePauliOp("Z"))
    data = SimpleNamespace(evs=np.array([[np.nan], [0.3]]), stds=np.array([[0.1], [np.inf]]))
    found = _estimates(data, Pub(QuantumCircuit(1), np.zeros((1, 0)), observables))
    assert found.values.tolist() == [[0.0, 0.3]]
    assert found.errors.tolist() == [[1.5, 1.0]]


@pytest.mark.slow
def test_the_estimator_reads_all_133_qubits_and_is_right_on_each(serve, estimator):
    serve("ibm_torino")
    circuit = QuantumCircuit(133)
    for q, angle in ((5, 0.7), (60, 2.0)):
        circuit.sx(q)
        circuit.rz(angle, q)
        circuit.sx(q)
    circuit.cz(5, 4)
    observables = tuple(
        SparsePauliOp.from_sparse_list([(p, [q], 1.0)], 133) for p, q in (("Z", 60), ("Y", 60))
    )
    pub = Pub(circuit, np.zeros((1, 0)), observables)
    found = estimator(1, name="ibm_torino").estimate([pub], 4000)[0]
    assert np.abs(found.values - [[-np.cos(2.0), 0.0]]).max() < 0.1


@pytest.mark.slow
def test_a_deployment_behind_the_estimator_on_133_qubits(serve, estimator, iris):
    serve("ibm_torino")
    model = train(CANDIDATE, iris.train.X, iris.train.y, device="fake_torino")
    few = {"steps": 2, "shots": 256, "max_validation": 20, "max_test": 30}
    found = deploy(
        model, iris, estimator(0, name="ibm_torino", device=model.device), DeploymentSettings(**few)
    )
    assert abs(found.deployed.accuracy - found.noisy.accuracy) < 0.2
    assert found.noise_model_check.holds
