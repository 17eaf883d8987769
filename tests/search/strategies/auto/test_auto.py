"""The default strategy: neighbours of good trials, and good circuits refined from their parent's weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data import load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.selection.regions import topology
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import load_space
from qcsearch.search.strategies import StrategyContext
from qcsearch.search.strategies.auto.auto import Auto
from qcsearch.search.strategies.auto.neighbours import NeighbourSampler
from qcsearch.search.strategies.auto.refine import _Circuit, refine
from qcsearch.search.strategies.tpe import TPE
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import Outcome, TrialRecord
from qcsearch.training.parameters import Parameters

MakeContext = Callable[..., StrategyContext]
Search = Callable[..., SearchResult]

STEPS = {"drop_pair": -1, "add_pair": 1, "drop": -1, "add": 1, "move": 0, "region": 0, "measure": 0}


@pytest.fixture(scope="module")
def parent(objective: Objective, finished: SearchResult) -> TrialRecord:
    found = [r for r in records(RunFolder.open(finished.run)) if r.outcome.kind == "kept"]
    return max(found, key=lambda record: (record.costs.two_qubit_gates if record.costs else 0, -record.trial))


def test_what_was_not_tried_is_tried_as_it_was_drawn(context: MakeContext, parent: TrialRecord) -> None:
    given = replace(context(), history=lambda: [parent])
    assert given.params != parent.params
    assert Auto().propose(given).candidate == given.template


def test_what_was_tried_is_refined_from_the_weights_of_the_best_that_came_of_it(
    context: MakeContext, objective: Objective, parent: TrialRecord
) -> None:
    worse = replace(
        parent,
        validation_score=0.0,
        parameters=replace(parent.parameters, weights=0 * parent.parameters.weights),
    )
    given = replace(context(params=parent.params), history=lambda: [parent, worse])
    proposal = Auto().propose(given)
    assert proposal.candidate.ansatz.name == "gates"
    assert set(proposal.start.weights) <= {*parent.parameters.weights, 0.0}
    assert proposal.candidate == Auto().propose(given).candidate
    assert objective.transpile(proposal.candidate)[0].n_weights == len(proposal.start.weights)
    pruned = replace(parent, outcome=replace(parent.outcome, kind="pruned"))
    again = Auto().propose(replace(given, history=lambda: [pruned]))
    assert again.candidate == given.template


@pytest.mark.parametrize("change", sorted(STEPS))
def test_each_change_is_one_step_away(objective: Objective, parent: TrialRecord, change: str) -> None:
    assert parent.candidate is not None
    for seed in range(5):
        circuit = _Circuit(
            objective, parent.candidate, parent.parameters.weights, np.random.default_rng(seed)
        )
        before = len(circuit._gates)
        getattr(circuit, change)()
        child = circuit.proposal(parent).candidate
        assert len(child.ansatz.settings["gates"]) == before + STEPS[change]
        moved = child.qubits != parent.candidate.qubits
        assert not moved or change == "region"
        assert topology(objective.device, child.qubits) == topology(objective.device, parent.candidate.qubits)
        differ = set(child.observables) ^ set(parent.candidate.observables)
        assert len(differ) == (change == "measure")
        objective.transpile(child)


def test_an_unchanged_circuit_written_gate_by_gate_with_its_weights_is_what_it_was(
    objective: Objective, parent: TrialRecord
) -> None:
    """Also with a rotation added that begins as the identity, noise of its own aside."""
    assert parent.candidate is not None
    circuit = _Circuit(objective, parent.candidate, parent.parameters.weights, np.random.default_rng(0))
    same = circuit.proposal(parent)
    circuit.add()
    grown = circuit.proposal(parent)
    data = objective.features.prepare(parent.candidate.preprocessing).data
    values = {}
    for name, candidate, weights in (
        ("parent", parent.candidate, parent.parameters.weights),
        ("same", same.candidate, same.start.weights),
        ("grown", grown.candidate, grown.start.weights),
    ):
        transpiled, _, _ = objective.transpile(candidate)
        assert weights is not None
        program = transpiled.compile(noise=False)
        values[name] = program.values(transpiled.derive(data.validation.X), weights)
    np.testing.assert_allclose(values["same"], values["parent"], atol=1e-12)
    np.testing.assert_allclose(values["grown"], values["parent"], atol=1e-12)
    assert len(same.start.head)
    assert same.rate < 1
    assert same.candidate.training == parent.candidate.training


def test_a_child_of_a_child_is_another_circuit_and_trains_at_the_same_rate(
    objective: Objective, parent: TrialRecord
) -> None:
    lineage, record = {parent.candidate}, parent
    for seed in range(6):
        child = refine(objective, record, np.random.default_rng(seed))
        assert child is not None
        assert len(child.start.weights)
        assert child.rate * child.candidate.training.learning_rate == pytest.approx(
            0.3 * parent.candidate.training.learning_rate
        )
        assert child.lineage == parent.trial
        assert child.candidate not in lineage
        lineage.add(child.candidate)
        found = replace(record.parameters, weights=child.start.weights)
        record = replace(record, trial=99, candidate=child.candidate, parameters=found, lineage=child.lineage)


def test_the_last_gate_that_reads_data_is_not_dropped(objective: Objective, parent: TrialRecord) -> None:
    assert parent.candidate is not None
    circuit = _Circuit(objective, parent.candidate, parent.parameters.weights, np.random.default_rng(0))
    for _ in range(200):
        circuit.drop()
    gates = circuit.proposal(parent).candidate.ansatz.settings["gates"]
    assert (
        sum("feature" in gate.get("angle", {}) for gate in gates if isinstance(gate.get("angle"), dict)) >= 1
    )
    objective.transpile(circuit.proposal(parent).candidate)


def test_features_that_an_encoding_derives_are_not_written_gate_by_gate(
    objective: Objective, parent: TrialRecord
) -> None:
    assert parent.candidate is not None
    derived = replace(parent, candidate=replace(parent.candidate, encoding=Choice("iqp")))
    assert refine(objective, derived, np.random.default_rng(0)) is None


def test_a_neighbour_differs_from_one_of_the_best_in_one_to_three_steps() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", ["a", "b", "c"])
        return trial.suggest_int("n", 1, 9) + trial.suggest_float("rate", 0.01, 1.0, log=True) + (kind == "a")

    study.optimize(objective, n_trials=20)
    best = sorted(study.trials, key=lambda trial: -trial.value)[:3]
    for seed in range(30):
        for neighbours, repeats, counts in ((1.0, 0.0, {1, 2, 3}), (0.0, 1.0, {0})):
            study.sampler = NeighbourSampler(seed, TPE(10).sampler(seed), 10, 3, neighbours, repeats)
            trial = study.ask()
            objective(trial)
            differ = [sum(trial.params[k] != parent.params[k] for k in trial.params) for parent in best]
            assert min(differ) in counts
            assert abs(trial.params["n"] - best[int(np.argmin(differ))].params["n"]) <= 2
            study.tell(trial, 0.0)
    again = study.sampler = NeighbourSampler(0, TPE(10).sampler(0), 10, 3, 0.0, 1.0)
    study.enqueue_trial(best[0].params)
    study.tell(study.ask(), best[0].value)
    parents = [trial.params for trial in again._best(study)]
    assert len(parents) == 3
    assert parents.count(best[0].params) == 1
    study.sampler = NeighbourSampler(0, TPE(1000).sampler(0), 1000, 3, 1.0, 0.0)
    assert study.ask().suggest_categorical("kind", ["a", "b", "c"])


def test_refined_trials_stand_on_the_board_and_can_win(search: Search, tmp_path: Path) -> None:
    search(tmp_path / "run", n_trials=24, strategy="auto")
    found = records(RunFolder.open(tmp_path / "run"))
    refined = [r for r in found if r.candidate is not None and r.candidate.ansatz.name == "gates"]
    assert refined
    assert any(record.outcome.kind == "kept" for record in refined)
    assert not any(record.outcome.kind == "reused" for record in found)


@pytest.mark.parametrize("seed", range(8))
def test_a_child_of_a_circuit_that_starts_from_states_starts_from_them_too(seed: int) -> None:
    device = get_device("fake_manila")
    objective = Objective.of(
        Features(load_dataset("transverse_ising:4:80"), 0), load_space("quantum_data"), device, 0
    )
    data = objective.features.dataset
    assert data.quantum is not None
    candidate = Candidate(
        data.quantum.encoding,
        Choice("hardware_efficient", {"n_layers": 2}),
        (0, 1, 2, 3),
        ("Z0", "Z3"),
        Preprocessing(scaling="none"),
    )
    transpiled, _, _ = objective.transpile(candidate)
    weights = np.linspace(0.1, 1.0, transpiled.n_weights)
    record = TrialRecord(0, candidate, {}, Outcome("kept", ""), parameters=Parameters(weights))
    child = refine(objective, record, np.random.default_rng(seed))
    assert child is not None
    assert child.candidate.encoding == candidate.encoding
    refined, _, _ = objective.transpile(child.candidate)
    X = refined.derive(data.X[:3])
    assert refined.compile().values(X, child.start.weights).shape == (3, len(child.candidate.observables))
