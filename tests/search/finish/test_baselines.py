"""Baselines: the rows of data that the winner saw, circuits that lack one thing, numbers that agree everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.lowering import lower
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.splitting import split
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.selection.regions import topology
from qcsearch.search.finish.baselines.base import (
    NOISELESS,
    RANDOM,
    REFITTED,
    START,
    UNENTANGLED,
    RandomFeatures,
    Samples,
    Unmeasured,
)
from qcsearch.search.finish.baselines.circuits import quantum_rows
from qcsearch.search.finish.baselines.models import classical_rows
from qcsearch.search.finish.baselines.random_circuit import RandomCircuit, random_features
from qcsearch.search.finish.baselines.start_point import StartPoint
from qcsearch.search.finish.baselines.tuning import TUNING_ROWS, fitted
from qcsearch.search.finish.baselines.unentangled import Unentangled, without_two_qubit_gates
from qcsearch.search.finish.evaluate import evaluate
from qcsearch.search.finish.evaluated import EvaluatedWinner
from qcsearch.search.finish.finalist import Finalist
from qcsearch.search.finish.leaderboard import leaderboard, records
from qcsearch.search.finish.refit import refit
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.seeds import seed_words
from qcsearch.storage import canonical
from qcsearch.training.data import TrainingData
from qcsearch.training.scoring import accuracy
from qcsearch.training.shots.score import DRAWS, TOLD_SHOTS
from qcsearch.training.single import fit_candidate
from qcsearch.training.statistics import paired_difference, wilson
from qcsearch.training.transpiled import transpile_candidate

Search = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def full(search: Search, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """A small search with all baselines."""
    rng = np.random.default_rng(0)
    few = load_dataset((rng.normal(size=(150, 2)) + np.tile([[0.0], [1.5]], (75, 1)), np.tile([0, 1], 75)))
    return search(tmp_path_factory.mktemp("full") / "run", dataset=few, n_trials=3, baselines="full")


@pytest.fixture(scope="module")
def winner(objective: Objective, drawn: SearchResult) -> Finalist:
    """Trained on the training and validation parts together, for so long that these weights are kept."""
    longer = []
    for record in rank(records(RunFolder.open(drawn.run))):
        assert record.candidate is not None
        training = replace(record.candidate.training, steps=150)
        longer.append(replace(record, candidate=replace(record.candidate, training=training)))
    found, *_ = refit(objective, longer, deadline=None, emit=lambda event: None)
    assert found.whole is not None
    return found


def entangled(winner: Finalist, objective: Objective, **changes: Any) -> Finalist:
    """The finalist with two-qubit gates, of two kinds, one with a weight."""
    gates = [
        {"name": "ry", "qubits": [0], "angle": {"feature": 0, "weight": 0}},
        {"name": "ry", "qubits": [1], "angle": {"feature": 1}},
        {"name": "cx", "qubits": [0, 1]},
        {"name": "rzz", "qubits": [0, 1], "angle": {"weight": 1}},
        {"name": "rx", "qubits": [0], "angle": {"weight": 2}},
        {"name": "rx", "qubits": [1], "angle": {"weight": 2}},
    ]
    ansatz = Choice("gates", {"gates": gates})
    parts = {"encoding": Choice("none"), "ansatz": ansatz, "observables": ("Z0", "Z0Z1"), **changes}
    candidate = replace(winner.transpiled.candidate, **parts)
    transpiled = transpile_candidate(candidate, objective.device, 2)
    return Finalist(winner.record, transpiled, winner.fits, winner.whole)


def test_every_model_sees_the_rows_that_the_winner_saw(winner: Finalist, objective: Objective) -> None:
    found = evaluate(objective, winner)
    parts = split(objective.features.dataset, 0)
    both = EvaluatedWinner(objective, winner, found.test, found.predicted, found.predicted_at_shots)
    alone = replace(both, winner=Finalist(winner.record, winner.transpiled, winner.fits))
    for tested, n_train in ((both, len(parts.train) + len(parts.validation)), (alone, len(parts.train))):
        samples = tested.samples()
        assert len(samples.Z) == len(samples.X) == len(samples.y) == n_train
        assert tested.score("it", found.predicted).n_train == n_train
        np.testing.assert_array_equal(samples.y[: len(parts.train)], parts.train.y)
        np.testing.assert_array_equal(samples.X[: len(parts.train)], parts.train.X)
        np.testing.assert_array_equal(samples.X_test, parts.test.X)
    np.testing.assert_array_equal(both.samples().X[len(parts.train) :], parts.validation.X)


def test_settings_are_chosen_on_a_sample_but_the_model_is_fitted_to_all_rows() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2 * TUNING_ROWS, 2)), rng.integers(0, 2, 2 * TUNING_ROWS)
    found = fitted(KNeighborsClassifier(), {"n_neighbors": [1]}, X, Samples(X, X, X, X, y, 10, 0))
    assert found.score(X, y) == 1.0  # the nearest of each is itself: labels are coins, and all are known


def test_settings_are_those_that_do_best_in_the_folds() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = (X[:, 0] + 0.8 * rng.normal(size=300) > 0).astype(np.int64)
    found = fitted(KNeighborsClassifier(), {"n_neighbors": [1, 25]}, X, Samples(X, X, X, X, y, 10, 0))
    assert found["model"].n_neighbors == 25
    # Of a class of one sample there are no folds: what stands first is taken as it is.
    y[:] = 0
    y[0] = 1
    samples = Samples(X, X, X, X, y, 10, 0)
    assert fitted(KNeighborsClassifier(7), {"n_neighbors": [1, 25]}, X, samples)["model"].n_neighbors == 7


@pytest.mark.parametrize(
    "row", [row for row in classical_rows("full") if row.name != RANDOM], ids=lambda row: row.name
)
def test_every_classical_model_learns_from_the_features_that_its_name_says(row: Any) -> None:
    """Two blobs on features of which one set says nothing: a model can be good on those that it should see alone."""
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 60).astype(np.int64)
    told = rng.normal(scale=0.4, size=(120, 2)) + 2.0 * y[:, None]
    blank = rng.normal(size=(120, 2))
    Z, X = (blank, told) if row.name.endswith("raw features") else (told, blank)
    samples = Samples(Z[:90], Z[90:], X[:90], X[90:], y[:90], n_parameters=20, seed=0)
    predicted = row.predict(samples).answers
    assert predicted.shape == (30,)
    assert np.mean(predicted == y[90:]) > 0.9
    np.testing.assert_array_equal(row.predict(samples).answers, predicted)


def test_the_networks_of_the_winners_size_have_about_as_many_parameters() -> None:
    from qcsearch.search.finish.baselines.mlp import n_hidden

    for n_parameters, d, n_classes in ((60, 2, 2), (648, 16, 4), (131, 12, 4)):
        units = n_hidden(n_parameters, d, n_classes)
        total = (d + 1) * units + (units + 1) * n_classes
        assert abs(total - n_parameters) <= (d + 1 + n_classes) / 2


def test_the_gradient_of_the_sine_network_is_that_of_its_loss() -> None:
    from scipy.optimize import check_grad

    from qcsearch.search.finish.baselines.sine_classifier import SineNetworkClassifier

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(0, 3, 40)
    network = SineNetworkClassifier(4, penalty=0.1).fit(X, y)
    theta, weight = rng.normal(size=network.parameters_.shape), rng.uniform(0.5, 2.0, 40)
    loss = network._loss
    error = check_grad(lambda t: loss(t, X, y, weight)[0], lambda t: loss(t, X, y, weight)[1], theta)
    assert error < 1e-5


def test_the_winner_without_two_qubit_gates_has_its_one_qubit_gates_and_no_other(
    winner: Finalist, objective: Objective
) -> None:
    whole = entangled(winner, objective)
    found = Unentangled().train(objective, whole, None)
    before, after = whole.transpiled.gate_list, found.transpiled.gate_list
    assert found.transpiled.mapped.two_qubit_gates == 0
    assert whole.transpiled.mapped.two_qubit_gates > 0
    alone = [(g.name, g.qubits) for g in before.gates if len(g.qubits) == 1]
    assert [(g.name, g.qubits) for g in after.gates] == alone
    assert (before.n_weights, after.n_weights) == (3, 2)
    assert [g.angle.weight for g in after.gates if g.angle is not None] == [0, None, 1, 1]
    assert found.transpiled.candidate == whole.transpiled.candidate
    assert found.parameters.weights.shape == (2,)


@pytest.mark.parametrize("encoding", ["iqp", "amplitude", "weighted_sum"])
def test_it_is_made_of_every_encoding_also_of_one_that_derives_its_features(
    encoding: str, winner: Finalist, objective: Objective
) -> None:
    ansatz = Choice("hardware_efficient", {"n_layers": 2})
    whole = entangled(winner, objective, encoding=Choice(encoding), ansatz=ansatz)
    found = Unentangled().train(objective, whole, None)
    assert found.transpiled.mapped.two_qubit_gates == 0
    assert found.transpiled.gate_list.n_features == whole.transpiled.gate_list.n_features
    data = objective.features.prepare(whole.transpiled.candidate.preprocessing).data
    assert 0 <= accuracy(found.transpiled, found.parameters, data.validation, data.target) <= 1


def test_a_winner_without_two_qubit_gates_has_no_such_baseline(
    winner: Finalist, objective: Objective
) -> None:
    gates = [{"name": "ry", "qubits": [q], "angle": {"feature": q, "weight": q}} for q in range(2)]
    plain = entangled(winner, objective, ansatz=Choice("gates", {"gates": gates}))
    with pytest.raises(Unmeasured, match=r"The winner has no two-qubit gate\."):
        Unentangled().train(objective, plain, None)
    pairs = [{"name": "rzz", "qubits": [0, 1], "angle": {"feature": 0}}]
    blind = entangled(winner, objective, ansatz=Choice("gates", {"gates": pairs}))
    with pytest.raises(Unmeasured, match="All gates of the winner that read a feature"):
        Unentangled().train(objective, blind, None)


def test_a_circuit_without_any_gate_taken_out_trains_to_the_winners_very_weights(
    winner: Finalist, objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deleted is all that differs: with nothing deleted it is the training of the winner."""
    monkeypatch.setattr(
        "qcsearch.search.finish.baselines.unentangled.without_two_qubit_gates", lambda gate_list: gate_list
    )
    found = Unentangled().train(objective, winner, None)
    assert winner.whole is not None
    np.testing.assert_array_equal(found.parameters.vector, winner.whole.parameters.vector)


def test_a_random_circuit_has_the_weights_that_the_winner_began_with(
    winner: Finalist, objective: Objective
) -> None:
    assert winner.whole is not None
    circuit = winner.transpiled
    data = objective.features.prepare(circuit.candidate.preprocessing).data.whole()
    asked = TrainingData(data.train, data.target)
    words = seed_words(objective.seed, circuit.candidate, winner.whole.seed_index)
    options = replace(circuit.candidate.training, steps=0)
    before = fit_candidate(circuit, asked, np.random.default_rng(words), options=options)
    found = random_features(objective, winner, data.train.X, data.train.X[:5])
    values = circuit.compile().values(circuit.derive(data.train.X), before.parameters.weights)
    np.testing.assert_allclose(found.values, values)
    exact, *drawn = found.values_test
    np.testing.assert_allclose(exact, values[:5])
    assert len(drawn) == DRAWS
    assert np.abs(np.mean(drawn, axis=0) - exact).max() < 5 / np.sqrt(TOLD_SHOTS * DRAWS)
    assert found.n_hidden == 0
    deep = entangled(winner, objective, head=Choice("mlp", {"hidden": 5}))
    assert random_features(objective, deep, data.train.X, data.train.X[:5]).n_hidden == 5


@pytest.mark.parametrize("n_hidden", [0, 4])
def test_its_head_is_fitted_to_its_end(n_hidden: int) -> None:
    """Values as small as strong noise leaves them, which tell the classes apart all the same."""
    rng = np.random.default_rng(0)
    y = np.tile([0, 1, 2], 40).astype(np.int64)
    values = 0.02 * np.eye(3)[y] + 0.001 * rng.normal(size=(120, 3))
    none = np.zeros((120, 1))
    random = RandomFeatures(values[:90], np.stack([values[90:], values[90:]]), n_hidden)
    samples = Samples(none[:90], none[90:], none[:90], none[90:], y[:90], 10, 0, random)
    np.testing.assert_array_equal(RandomCircuit().predict(samples).answers, [y[90:], y[90:]])


def test_a_circuit_without_weights_is_not_compared_with_an_untrained_one() -> None:
    none, y = np.zeros((4, 1)), np.array([0, 1, 0, 1])
    with pytest.raises(Unmeasured, match=r"The winner's circuit has no weights to train\."):
        RandomCircuit().predict(Samples(none, none, none, none, y, 10, 0))


@pytest.mark.parametrize("name", ["svc", "kernel_ridge", "gaussian_process"])
def test_a_head_that_is_fitted_is_the_winners_own(name: str) -> None:
    rng = np.random.default_rng(0)
    y = np.tile([0, 1, 2], 40).astype(np.int64)
    values = 0.5 * np.eye(3)[y] + 0.05 * rng.normal(size=(120, 3))
    none = np.zeros((120, 1))
    head = canonical.dumps(Choice(name).to_json())
    random = RandomFeatures(values[:90], np.stack([values[90:], values[90:]]), 0, head)
    samples = Samples(none[:90], none[90:], none[:90], none[90:], y[:90], 10, 0, random)
    np.testing.assert_array_equal(RandomCircuit().predict(samples).answers, [y[90:], y[90:]])


def test_the_start_point_is_the_first_of_the_space_for_as_many_steps_as_the_winner(
    winner: Finalist, objective: Objective
) -> None:
    found = StartPoint().train(objective, winner, None)
    candidate: Candidate = found.transpiled.candidate
    assert (candidate.encoding.name, candidate.training.learning_rate) == ("reuploading", 0.1)
    assert candidate.ansatz.settings["n_layers"] == 2
    assert candidate.training.steps == winner.transpiled.candidate.training.steps
    assert candidate.qubits == objective.bound.regions[2][0]


def test_a_winner_that_is_the_start_point_and_a_space_without_one_have_no_such_baseline(
    winner: Finalist, objective: Objective, quick: str
) -> None:
    start = StartPoint().train(objective, winner, None).transpiled.candidate
    itself = replace(start, training=replace(start.training, steps=objective.space.file.training.steps.min))
    same = Finalist(replace(winner.record, candidate=itself), winner.transpiled, winner.fits, winner.whole)
    with pytest.raises(Unmeasured, match="The winner is the start point itself"):
        StartPoint().train(objective, same, None)
    bare = SearchSpace.from_toml(quick[: quick.index("[[start]]")], "bare")
    other = Objective.of(objective.features, bare, objective.device, 0)
    with pytest.raises(Unmeasured, match="The search space 'bare' has no start point"):
        StartPoint().train(other, winner, None)


def test_a_search_shows_every_baseline_or_says_why_not(full: SearchResult) -> None:
    asked = {row.name for row in (*classical_rows("full"), *quantum_rows("full"))} | {"majority class"}
    assert {one.name for one in full.baselines} | full.missing.keys() == asked
    shown = {row.name for row in leaderboard(RunFolder.open(full.run)) if row.split == "test"}
    assert asked <= shown
    assert {one.n_train for one in full.baselines} <= {96, 96 + 24}


def test_board_json_and_file_hold_the_same_numbers_and_these_are_those_of_the_samples(
    full: SearchResult,
) -> None:
    folder = RunFolder.open(full.run)
    assert folder.result() == full
    parts, model = split(folder.dataset, 0), full.model
    codes = {label: k for k, label in enumerate(model.target.labels)}
    right = np.array([codes[label] for label in model.predict(parts.test.X)]) == parts.test.y
    best, n = full.best, len(parts.test)
    assert (best.n_test, best.test_interval_noisy) == (n, wilson(right.mean(), n))
    rows = {row.name: row for row in leaderboard(folder)}
    listed = {one["name"]: one for one in full.to_json()["baselines"]}
    for one in full.baselines:
        row = rows[one.name]
        assert row.interval == one.test_interval == wilson(one.test_accuracy, n)
        assert row.difference == one.difference
        assert (row.accuracy if one.quantum else row.accuracy_noiseless) == one.test_accuracy
        assert one.difference.value == pytest.approx(right.mean() - one.test_accuracy)
        assert listed[one.name]["difference"]["p"] == one.difference.p
    majority = parts.test.y == np.bincount(parts.train.y).argmax()
    assert full.baselines[0].difference == paired_difference(right, majority)


def test_one_sentence_says_what_was_added_also_when_it_is_nothing(full: SearchResult) -> None:
    said = leaderboard(RunFolder.open(full.run)).added
    assert said.startswith(f"What it added, on n = {full.best.n_test} test samples: ")
    parts = {
        UNENTANGLED: "entanglement",
        START: "search",
        RANDOM: "training of the circuit",
        NOISELESS: "noise in the training",
        REFITTED: "a head refitted under noise",
    }
    for name, what in parts.items():
        found = {one.name: one.difference for one in full.baselines}.get(name)
        assert (what in said) == (found is not None)
    told_apart = [one.difference.settled for one in full.baselines if one.name in parts]
    assert said.count("cannot be told from nothing") == told_apart.count(False)
    assert str(leaderboard(RunFolder.open(full.run))).count(said) == 1


def test_without_baselines_there_is_the_majority_alone_and_nothing_is_said(finished: SearchResult) -> None:
    assert [one.name for one in finished.baselines] == ["majority class"]
    assert finished.missing == {}
    assert leaderboard(RunFolder.open(finished.run)).added == ""


def test_the_search_itself_is_the_same_whatever_it_is_compared_with(
    search: Search, full: SearchResult, tmp_path: Path
) -> None:
    dataset = RunFolder.open(full.run).dataset
    alone = search(tmp_path / "run", dataset=dataset, n_trials=3, baselines="none")
    assert (alone.best, alone.seeds) == (full.best, full.seeds)
    first, second = (records(RunFolder.open(result.run)) for result in (alone, full))
    assert [(r.params, r.parameters) for r in first] == [(r.params, r.parameters) for r in second]


def test_all_baselines_are_part_of_the_seconds(search: Search, quick: str, tmp_path: Path) -> None:
    space = SearchSpace.from_toml(quick.replace("steps = 12", "steps = 4000"), "slow")
    started = time.monotonic()
    result = search(tmp_path / "run", space=space, max_seconds=6, baselines="full")
    assert time.monotonic() - started < 7
    assert {one.name for one in result.baselines} >= {"majority class"}


def test_gates_are_deleted_with_their_weights() -> None:
    candidate = Candidate(Choice("reuploading"), Choice("quantumnas_zz_ry", {"n_layers": 2}), (0, 1), ("Z0",))
    whole = lower(candidate, topology(get_device("fake_manila"), (0, 1)), 2)
    alone = without_two_qubit_gates(whole)
    assert whole.n_weights - alone.n_weights == sum(len(gate.qubits) == 2 for gate in whole.gates) == 2


@pytest.mark.parametrize(
    "row", [row for row in classical_rows("full")[:7] if row.name != RANDOM], ids=lambda row: row.name
)
def test_a_model_hears_of_the_weights_of_samples(row: Any) -> None:
    """Two overlapping classes: with twenty times the weight the second is what the overlap is said to be."""
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 60)
    X = rng.normal(size=(120, 2)) + 0.7 * y[:, None]
    plain = Samples(X[:90], X[90:], X[:90], X[90:], y[:90], n_parameters=20, seed=0)
    weighted = replace(plain, weight=np.where(y[:90] == 1, 20.0, 1.0))
    assert row.predict(weighted).answers.mean() > row.predict(plain).answers.mean() + 0.1
