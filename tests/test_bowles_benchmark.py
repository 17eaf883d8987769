"""`benchmarks/bowles.py`: each recipe against what it says, the study's own figures, and what is made of answers."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import BENCHMARKS, CHECKOUT_ONLY
from numpy.random import RandomState
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli, Statevector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        parts = (
            "answers",
            "compare",
            "models",
            "published",
            "recipes",
            "results",
            "sets",
            "tables",
            "tuning",
        )
        kinds = (f"external.models.{kind}" for kind in ("adam", "base", "dressed", "projected", "separable"))
        others = ("record.statistics", "record.store", "search.job", "bowles")
        names = (*(f"external.{part}" for part in parts), *kinds, *others)
        yield SimpleNamespace(**{name.split(".")[-1]: import_module(name) for name in names})


def rank(X):
    values = np.linalg.svd(X, compute_uv=False)
    return int(np.sum(values > 1e-9 * values[0]))


@pytest.mark.parametrize("n_features", [2, 5, 20])
def test_linearly_separable_points_keep_their_margin_from_the_plane_that_divides_them(bench, n_features):
    X, y = bench.recipes.linearly_separable(RandomState(0), n_features)
    assert X.shape == (300, n_features)
    assert np.abs(X).max() <= 1
    distance = np.abs(X.sum(axis=1))
    assert 0.02 * n_features < distance.min() < 0.06 * n_features
    np.testing.assert_array_equal(y, -np.sign(X.sum(axis=1)))


def test_bars_are_columns_and_stripes_rows_of_one_colour_each_with_its_chance(bench, monkeypatch):
    noisy, labels = bench.recipes.bars_and_stripes(RandomState(0), 8, 1000)
    monkeypatch.setattr(bench.recipes, "PIXEL_NOISE", 0.0)
    clean, y = bench.recipes.bars_and_stripes(RandomState(0), 8, 1000)
    images = clean.reshape(-1, 8, 8)
    assert set(np.unique(images)) == {-1.0, 1.0}
    assert (images[y == 1] == images[y == 1][:, :, :1]).all()
    assert (images[y == -1] == images[y == -1][:, :1, :]).all()
    np.testing.assert_array_equal(y, labels)
    np.testing.assert_allclose([y.mean(), images.mean()], 0, atol=0.1)
    assert np.std(noisy - clean) == pytest.approx(0.5, abs=0.01)


def test_a_hidden_manifold_has_its_dimension_below_the_nonlinearity_and_halves_its_points(bench):
    X, y = bench.recipes.hidden_manifold(RandomState(0), 10, dimension=3)
    assert X.shape == (300, 10)
    assert np.abs(X).max() < 1
    hidden = np.arctanh(X)
    assert rank(hidden - hidden.mean(axis=0)) == 3
    assert (y == 1).sum() == (y == -1).sum() == 150


def test_on_a_hidden_line_the_label_is_the_side_of_the_median(bench):
    X, y = bench.recipes.hidden_manifold(RandomState(1), 4, dimension=1)
    for feature in X.T:
        ordered = y[np.argsort(feature)]
        assert (ordered[:150] == ordered[0]).all()
        assert (ordered[150:] == -ordered[0]).all()


def test_two_curves_are_one_fourier_series_moved_along_every_axis(bench, monkeypatch):
    """Without noise either class lies in the span of 2 · degree waves, and both in the same."""
    monkeypatch.setattr(bench.recipes, "CURVE_NOISE", 0.0)
    X, y = bench.recipes.two_curves(RandomState(0), 12, degree=2, offset=0.3)
    first, second = X[y == -1], X[y == 1]
    assert len(first) == len(second) == 150
    np.testing.assert_allclose([X.mean(axis=0), X.std(axis=0) - 1], 0, atol=1e-12)
    directions = np.concatenate([first - first[0], second - second[0]])
    assert rank(first - first[0]) == rank(directions) == 4
    between = second[0] - first[0]
    assert rank(np.vstack([directions, between])) == 5
    still, _ = bench.recipes.two_curves(RandomState(0), 12, degree=2, offset=0.0)
    assert rank(still - still[0]) == 4


class CoordinatePlanes(RandomState):
    """Hyperplanes across the axes, through the origin, seen as they are."""

    def uniform(self, low=0.0, high=1.0, size=None):
        return np.eye(3) if size == (3, 3) else np.zeros(size)


def test_hyperplanes_count_on_how_many_upper_sides_a_point_is_and_tell_odd_from_even(bench):
    """Of three coordinate planes the sign of the product of coordinates: -1 for no or two positive ones."""
    X, y = bench.recipes.hyperplanes(CoordinatePlanes(5), 3, n_features=3)
    points = RandomState(5).normal(size=(1200, 3))
    parity = np.sign(np.prod(points, axis=1))
    kept = np.concatenate([points[parity < 0][:150], points[parity > 0][:150]])
    np.testing.assert_array_equal(y, np.sign(np.prod(kept, axis=1)))
    for seen, axis in zip(X.T, kept.T, strict=True):
        assert np.corrcoef(seen, axis)[0, 1] == pytest.approx(1)


def test_hyperplanes_are_seen_in_three_dimensions_and_one_of_them_divides_linearly(bench):
    X, y = bench.recipes.hyperplanes(RandomState(0), 1, n_features=10)
    assert X.shape == (300, 10)
    assert rank(X) == 3
    assert LogisticRegression(C=1e4, max_iter=5000).fit(X, y).score(X, y) > 0.99


@CHECKOUT_ONLY
def test_mnist_tests_each_seed_on_rows_of_its_own_that_nobody_learns_from(bench):
    draws = [bench.sets.draw("mnist_pca_10", seed) for seed in range(5)]
    tests = np.concatenate([parts.X_test for parts in draws])
    trained = np.concatenate([parts.X_train for parts in draws])
    assert tests.shape == trained.shape == (1250, 10)
    assert len(np.unique(tests, axis=0)) == 1250
    assert len(np.unique(np.concatenate([tests, trained]), axis=0)) == 1250 + len(np.unique(trained, axis=0))
    assert all(set(parts.y_train) == set(parts.y_test) == {-1, 1} for parts in draws)
    with pytest.raises(SystemExit, match="seeds below 5"):
        bench.sets.draw("mnist_pca_10", 5)


def test_the_chosen_sets_are_of_all_six_families_with_the_study_s_numbers_of_rows(bench):
    assert len(bench.sets.CHOSEN) >= 15
    assert {bench.sets.family(name) for name in bench.sets.CHOSEN} == set(bench.sets.FAMILIES)
    assert set(bench.sets.CHOSEN) <= set(bench.sets.SETS)
    for name in ("bars_and_stripes_4", "hidden_manifold_diff_20", "two_curves_5", "hyperplanes_diff_10"):
        parts = bench.sets.draw(name, 1)
        rows = (1000, 200) if name.startswith("bars") else (240, 60)
        assert (len(parts.X_train), len(parts.X_test)) == rows == (len(parts.y_train), len(parts.y_test))


def test_a_draw_depends_on_its_seed_alone(bench):
    name = "two_curves_5"
    first = bench.sets.draw(name, 1)
    bench.sets.draw("hidden_manifold_5", 3)
    assert bench.sets.draw(name, 1).digest == first.digest
    assert len({bench.sets.draw(name, seed).digest for seed in range(4)}) == 4


@pytest.mark.parametrize(
    "name",
    [
        "linearly_separable_10",
        "hidden_manifold_5",
        "hidden_manifold_10",
        "hidden_manifold_diff_20",
        "two_curves_diff_10",
        "hyperplanes_diff_20",
    ],
)
def test_the_study_s_svc_is_right_on_as_many_rows_of_seed_0_as_the_study_says(bench, name):
    """Its grid, its folds, its scale: this holds for its very numbers alone."""
    parts = bench.sets.draw(name, 0)
    grid = {"C": [0.1, 1, 10, 100], "gamma": [0.001, 0.01, 0.1, 1]}
    model = GridSearchCV(SVC(), grid, cv=5).fit(parts.X_train, parts.y_train)
    right = model.score(parts.X_test, parts.y_test)
    assert right == pytest.approx(bench.published.published(name)["SVC"], abs=1e-12)


def test_published_figures_are_five_trainings_each_on_the_rows_of_a_chosen_set(bench):
    stored = json.loads((BENCHMARKS / "external" / "published.json").read_text())
    assert set(stored) == set(bench.sets.CHOSEN)
    for name, found in stored.items():
        rows = 200 if name.startswith("bars") else 250 if name.startswith("mnist") else 60
        assert found["rows"] == rows
        assert all(len(right) == 5 and max(right) <= rows for right in found["right"].values())


def test_the_best_of_the_study_s_models_is_quantum_and_separable_or_not(bench):
    scores = {"SVC": 0.9, "SeparableKernelClassifier": 0.8, "WeiNet": 0.6, "ProjectedQuantumKernel": 0.7}
    assert bench.published.best(scores, separable=False) == "ProjectedQuantumKernel"
    assert bench.published.best(scores, separable=True) == "SeparableKernelClassifier"
    assert bench.published.best({"SVC": 0.9}, separable=True) is None
    assert bench.published.published("linearly_separable_2") == {}


def last(answers):
    return {key: value for answer in answers for key, value in answer.items()}


def test_a_model_is_tuned_without_the_test_part(bench):
    parts = bench.sets.draw("linearly_separable_5", 0)
    found = last(bench.tuning.answers("logistic regression", parts, 0, 60))
    assert found["right"].count("1") >= 57
    assert found["tried"] == found["of"] == 14
    turned = last(bench.tuning.answers("logistic regression", replace(parts, y_test=-parts.y_test), 0, 60))
    assert (turned["chosen"], turned["validation"]) == (found["chosen"], found["validation"])
    assert turned["right"] == found["right"].translate(str.maketrans("01", "10"))


def test_the_first_answer_is_of_defaults_and_the_last_of_the_best_point(bench):
    parts = bench.sets.draw("hidden_manifold_5", 0)
    said = list(bench.tuning.answers("logistic regression", parts, 0, 60))
    assert (said[0]["validation"], said[0]["chosen"], said[0]["tried"]) == (None, {}, 0)
    better = [one["validation"] for one in said[1:] if "validation" in one]
    assert better == sorted(set(better))
    assert len(better) < len(said) - 1


STUDY = ("projected kernel", "dressed circuit", "separable circuit")


def statevectors(circuit, qubits):
    """Expectation values of X of each qubit, then of Y, then of Z; qubit 0 first."""
    state = Statevector(circuit)
    return np.array([state.expectation_value(Pauli(p), [q]).real for p in "XYZ" for q in range(qubits)])


def test_the_projected_kernel_is_that_of_the_circuit_that_the_study_draws(bench):
    rng = np.random.default_rng(0)
    X, rotations = rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
    for x, found in zip(X, bench.projected.paulis(X, rotations, 0.7, 2), strict=True):
        circuit = QuantumCircuit(4)
        for qubit, (phi, theta, omega) in enumerate(rotations):
            circuit.rz(phi, qubit)
            circuit.ry(theta, qubit)
            circuit.rz(omega, qubit)
        for _ in range(2):
            for j, feature in enumerate(x):
                angle = feature * 0.7 / 2 * 3
                circuit.rxx(angle, j, j + 1)
                circuit.ryy(angle, j, j + 1)
                circuit.rzz(angle, j, j + 1)
        np.testing.assert_allclose(found, statevectors(circuit, 4), atol=1e-12)


@pytest.mark.parametrize("n_qubits", [2, 3, 5])
def test_the_dressed_circuit_is_the_study_s_with_a_ring_of_cnots(bench, n_qubits):
    rng = np.random.default_rng(1)
    angles, weights = rng.normal(size=(2, n_qubits)), rng.normal(size=(2, n_qubits))
    found = bench.dressed._expectations(bench.dressed._states(angles, weights)[-1])
    for a, values in zip(angles, found, strict=True):
        circuit = QuantumCircuit(n_qubits)
        for qubit in range(n_qubits):
            circuit.h(qubit)
            circuit.ry(a[qubit], qubit)
        for layer in weights:
            for qubit, weight in enumerate(layer):
                circuit.ry(weight, qubit)
            for qubit in range(n_qubits if n_qubits > 2 else 1):
                circuit.cx(qubit, (qubit + 1) % n_qubits)
        np.testing.assert_allclose(values, statevectors(circuit, n_qubits)[-n_qubits:], atol=1e-6)


def test_the_separable_circuit_is_the_study_s(bench):
    rng = np.random.default_rng(2)
    weights, X = rng.normal(size=(3, 3, 2)), rng.normal(size=(4, 2))
    vectors, _ = bench.separable._run(weights, X)
    for row, x in enumerate(X):
        circuit = QuantumCircuit(2)
        for layer, rotations in enumerate(weights):
            for qubit in range(2):
                circuit.rz(rotations[0, qubit], qubit)
                circuit.ry(rotations[1, qubit], qubit)
                circuit.rz(rotations[2, qubit], qubit)
                if layer < 2:
                    circuit.ry(x[qubit], qubit)
        np.testing.assert_allclose(vectors[:, row].ravel(), statevectors(circuit, 2), atol=1e-12)


def test_gradients_of_the_trained_circuits_are_those_of_their_losses(bench):
    rng = np.random.default_rng(3)
    X, codes = rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    cases = (
        (lambda p: bench.dressed.gradient(p, X, codes), [(3, 3), (2, 3), (2, 3)]),
        (lambda p: bench.separable.gradient(p[0], X, codes), [(3, 3, 3)]),
    )
    for gradient, shapes in cases:
        at = [rng.normal(size=shape) for shape in shapes]
        for n, slope in enumerate(gradient(at)[1]):
            for index in np.ndindex(*shapes[n]):
                step = np.zeros(shapes[n])
                step[index] = 1e-5
                ahead, behind = ([*at[:n], at[n] + sign * step, *at[n + 1 :]] for sign in (1, -1))
                assert slope[index] == pytest.approx(
                    (gradient(ahead)[0] - gradient(behind)[0]) / 2e-5, abs=1e-6
                )


def test_a_training_ends_where_the_loss_is_flat(bench):
    rng, seen = np.random.default_rng(4), []

    def gradient(parameters, rows):
        seen.append(len(rows))
        distance = parameters[0] - 3.0
        return float(distance @ distance) + rng.normal(), [2 * distance]

    (found,) = bench.adam.trained([np.zeros(2)], gradient, 100, rng, 0.1, 5000)
    np.testing.assert_allclose(found, 3.0, atol=0.1)
    assert 2 * bench.adam.INTERVAL < len(seen) < 5000
    assert set(seen) == {bench.adam.BATCH}


def test_the_study_s_models_learn_what_they_can(bench):
    parts = bench.sets.draw("linearly_separable_5", 0)
    settings = {"projected kernel": {"embed__t": 0.1, "embed__trotter_steps": 1}}
    for name in STUDY:
        model = bench.models.MODELS[name].make(0, 60).set_params(**settings.get(name, {}))
        assert model.fit(parts.X_train, parts.y_train).score(parts.X_test, parts.y_test) >= 0.9, name
        assert set(model.predict(parts.X_test)) == {-1, 1}


@pytest.mark.parametrize("name", [name for name in STUDY if name != "separable circuit"])
def test_a_model_that_cannot_be_simulated_here_says_why(bench, name):
    parts = bench.sets.draw("bars_and_stripes_8", 0)
    with pytest.raises(bench.base.NeedsMore, match=r"6[45] qubits of a state vector .* are more than the 1"):
        next(bench.tuning.answers(name, parts, 0, 60))


@pytest.mark.slow
def test_the_libraries_models_learn_what_they_can_where_they_are_installed(bench):
    names = [name for name in bench.models.LIBRARIES if bench.models.MODELS[name].installed]
    if not names:
        pytest.skip("qiskit-machine-learning and squlearn are not installed")
    parts = bench.sets.draw("linearly_separable_2", 0)
    for name in names:
        model = bench.models.MODELS[name].make(0, 20)
        right = model.fit(parts.X_train, parts.y_train).score(parts.X_test, parts.y_test)
        assert right >= (0.6 if name.startswith("VQC") else 0.85), name


def test_rows_of_several_draws_are_counted_together(bench):
    rows = bench.compare.Rows.of(["1" * 30 + "0" * 6, "1" * 24])
    assert (rows.n, rows.accuracy) == (60, 0.9)
    assert rows.interval == bench.statistics.wilson(0.9, 60)


def rows_apart(bench, ahead, behind, both=40):
    mine = "1" * ahead + "0" * behind + "1" * both
    other = "0" * ahead + "1" * behind + "1" * both
    return bench.compare.Rows.of([mine]), bench.compare.Rows.of([other])


@pytest.mark.parametrize(
    ("ahead", "behind", "p", "verdict"),
    [(6, 0, 2 / 64, 1), (0, 6, 2 / 64, -1), (5, 0, 2 / 32, 0), (9, 1, 2 * 11 / 1024, 1), (0, 0, 1.0, 0)],
)
def test_mcnemar_counts_the_rows_where_just_one_is_right(bench, ahead, behind, p, verdict):
    pair = rows_apart(bench, ahead, behind)
    assert bench.compare.mcnemar(*pair) == pytest.approx(p)
    assert bench.compare.verdict(*pair) == verdict


def test_models_are_compared_on_the_same_rows_or_not_at_all(bench):
    with pytest.raises(ValueError, match="One has 3, the other 2"):
        bench.compare.mcnemar(bench.compare.Rows.of(["111"]), bench.compare.Rows.of(["11"]))


def test_a_lead_is_the_mean_of_the_sets_with_the_error_of_their_rows(bench):
    one, other = rows_apart(bench, 10, 0, both=90), rows_apart(bench, 0, 5, both=5)
    mine, theirs = ({"a": one[which], "b": other[which]} for which in (0, 1))
    mean, interval = bench.compare.lead(mine, theirs)
    assert mean == pytest.approx((0.1 - 0.5) / 2)
    error = 1.959964 * np.sqrt(0.1 * 0.9 / 100 + 0.25 / 10) / 2
    assert (interval.high - mean, mean - interval.low) == pytest.approx((error, error))


CLASSICAL = ("logistic regression", "SVC", "MLP")

WHERE = {
    "commit": "abc",
    "date": "2026-11-28",
    "machine": {"cpu": "a core", "cores": 1, "threads": 1},
    "versions": {},
}


def search_entry(task, seed, right, validation=0.95):
    share = right.count("1") / len(right)
    settings = {"task": task, "seed": seed, "strategy": "auto", "space": "default", "device": "fake_torino"}
    return {
        "settings": {**settings, "max_seconds": 60, "workers": 1},
        "scores": {"noisy": share, "noiseless": share, "validation": validation},
        "after": {"right": right},
        "model": {"n_qubits": 4, "two_qubit_gates": 3},
        "cost": {"trials": 20, "wall_seconds": 60.0},
        **WHERE,
    }


def model_entries(task, seed, rights):
    return [
        {
            "settings": {"task": task, "seed": seed, "model": name},
            "scores": {"right": right, "validation": 0.9, "tried": 5, "of": 5},
            **WHERE,
        }
        for name, right in rights.items()
    ]


def test_the_tables_join_the_draws_of_a_set_and_put_the_study_s_own_beside_its_figures(bench):
    name, rivals = (
        "hidden_manifold_5",
        {"logistic regression": "0" * 60, "SVC": "1" * 40 + "0" * 20, "MLP": "1" * 60},
    )
    mine = "1" * 42 + "0" * 18
    searches = [search_entry(name, seed, mine) for seed in (0, 1)]
    classical = [entry for seed in (0, 1) for entry in model_entries(name, seed, rivals)]
    text = bench.tables.render(searches, classical)
    all_draws, own = [line for line in text.splitlines() if line.startswith(f"| {name}")]
    assert "| 2 × 60 | 0.7000 [0.613–0.775] | 0.7000 | 0.0000 [0.000–0.031] ↓ |" in all_draws
    assert "| 0.6667 [0.578–0.745] | 1.0000 [0.969–1.000] ↑ | +25.0 | 4 | 3 | 20 |" in all_draws
    assert "| qcsearch | 1 | 0.7000 |  |  |  |  | +25.0 | +25.0 |" in text
    told = "-30.0 [-38.2 – -21.8] | 0, 1, 0 | 0, 1, 0 | p = 1, cannot be told apart"
    assert f"| MLP | 1 | 1.0000 | {told} | -10.0 | -10.0 |" in text
    assert (
        "| 60 | 0.7000 [0.575–0.801] | 0.6667 | 1.0000 | – | – | 0.6667 | 0.6767 | 0.7067 | 0.7000 |" in own
    )
    assert "| 0.7100, CircuitCentricClassifier | 0.6567, SeparableVariationalClassifier |" in own
    assert "SVC 0.7000 against 0.6667 on the mean of 1 set, 1 higher, 0 lower, 0 equal" in text
    assert (
        "ProjectedQuantumKernel 0.7000 against 0.7000 on the mean of 1 set, 0 higher, 0 lower, 1 equal"
        in text
    )


def test_a_draw_counts_when_every_model_has_answered_it(bench):
    rights = dict.fromkeys(CLASSICAL, "1" * 60)
    searches = [search_entry("two_curves_5", seed, "1" * 60) for seed in (0, 1)]
    text = bench.tables.render(searches, model_entries("two_curves_5", 1, rights))
    assert "| two_curves_5 | 1 × 60 |" in text
    assert "the study's own draw" not in text
    assert bench.tables.render([], []) == "Nothing was measured."


def test_a_model_without_a_number_is_told_with_its_reason_and_compared_where_it_has_one(bench):
    name, rights = "dressed circuit", dict.fromkeys(CLASSICAL, "1" * 60)
    sets = ("two_curves_5", "bars_and_stripes_8")
    searches = [search_entry(one, 0, "1" * 50 + "0" * 10) for one in sets]
    fits = [entry for one in sets for entry in model_entries(one, 0, {**rights, name: "1" * 40 + "0" * 20})]
    fits[3]["scores"] |= {"validation": None, "tried": 0}
    fits[7]["scores"] = {"missing": "64 qubits are too many.", "seconds": 1.0}
    text = bench.tables.render(searches, fits)
    first, second = (
        next(line for line in text.splitlines() if line.startswith(f"| {one} | 1")) for one in sets
    )
    assert "| 0.6667 [0.541–0.773] ↓ ° |" in first
    assert "| – |" in second
    assert f"* {name} has no number, set (seed) bars_and_stripes_8 (0): 64 qubits are too many." in text
    assert f"* ° {name} was tested with its defaults" in text
    assert f"* {name} went through 0 of 5 points of its grid." in text
    assert "SVC went through" not in text
    assert f"| {name} | 1 | 0.6667 | +16.7 [" in text
    assert "] | 1, 0, 0 | 1, 0, 0 | p = 1, cannot be told apart | – | – |" in text
    assert "All 4 models that answered every set, over 2 sets: mean ranks" in text
    ranks = bench.results.ranked(searches, fits)
    assert ranks.ranks == {"logistic regression": 2.0, "SVC": 2.0, "MLP": 2.0, "qcsearch": 4.0}
    assert "Told apart by it: none." in text


def test_a_run_is_seed_by_seed_and_says_how_long_it_takes(bench, monkeypatch, capsys, tmp_path):
    done = []

    def searched(jobs, asked, side_by_side):
        done.append([(job.settings["task"], job.settings["seed"]) for job in jobs])
        return []

    monkeypatch.setattr(bench.bowles, "measure", searched)
    monkeypatch.setattr(bench.bowles, "of_models", lambda cells, store, asked: done.append(list(cells)) or [])
    sets = ["two_curves_2", "two_curves_3"]
    words = ["bowles.py", "--sets", *sets, "--seeds", "2", "--models", "SVC", "MLP", "--runs", str(tmp_path)]
    monkeypatch.setattr("sys.argv", words)
    bench.bowles.main()
    assert done == [[(name, seed) for name in sets] for seed in (0, 0, 1, 1)]
    told = "4 searches of 300 s and 8 fits of as much at most, 2 at once: 0.2 h and at most 0.3 h"
    assert told in capsys.readouterr().err


def test_what_the_study_drew_otherwise_is_marked_and_not_counted_against_it(bench):
    rights = dict.fromkeys(CLASSICAL, "1" * 250)
    text = bench.tables.render(
        [search_entry("mnist_pca_5", 0, "1" * 250)], model_entries("mnist_pca_5", 0, rights)
    )
    assert "| mnist_pca_5 § | 250 |" in text
    assert "SVC on no set" in text
    assert "| qcsearch | 1 | 1.0000 |  |  |  |  | -5.0 | – |" in text


def test_each_draw_is_a_search_of_its_own(bench, tmp_path):
    files = [bench.sets.archive("linearly_separable_2", seed, tmp_path) for seed in (0, 1)]
    settings = [
        bench.job.job("linearly_separable_2", seed, max_seconds=9.0, data=data).settings
        for seed, data in enumerate(files)
    ]
    assert [one["task"] for one in settings] == ["linearly_separable_2"] * 2
    assert settings[0]["data_digest"] != settings[1]["data_digest"]


@pytest.mark.slow
def test_the_rows_of_a_winner_are_those_of_its_accuracy(bench, tmp_path):
    data = bench.sets.archive("linearly_separable_2", 0, tmp_path)
    options = {"device": "fake_manila", "space": "tiny", "n_trials": 2, "alone": False}
    after = partial(bench.answers.of_winner, data=data)
    found = bench.job.job("linearly_separable_2", 0, data=data, after=after, **options).run(tmp_path / "runs")
    right = found["after"]["right"]
    assert len(right) == 60
    assert right.count("1") / 60 == pytest.approx(found["scores"]["noisy"])


@pytest.mark.slow
def test_results_are_stored_and_not_found_again_and_what_cannot_be_is_told(bench, tmp_path):
    def measured(stored=False):
        store = bench.store.Store(tmp_path / "models.json")
        models = ["logistic regression", "dressed circuit"]
        asked = argparse.Namespace(again=False, stored=stored, jobs=1, models=models, max_seconds=12.0)
        cells = [("linearly_separable_2", 0), ("bars_and_stripes_8", 0)]
        return bench.answers.of_models(cells, store, asked)

    assert measured(stored=True) == []
    first = measured()
    assert [entry["settings"]["model"] for entry in first] == ["logistic regression", "dressed circuit"] * 2
    assert all(entry["scores"]["right"].count("1") >= 54 for entry in first[:2])
    assert "64 qubits" in first[3]["scores"]["missing"]
    assert measured() == measured(stored=True) == first


@pytest.mark.slow
def test_a_model_that_is_slow_is_ended_with_its_seconds_and_keeps_its_last_answer(bench):
    settings = {"model": "dressed circuit", "task": "two_curves_10", "seed": 0}
    found = bench.tuning.tuned({**settings, "max_seconds": 1.0})
    assert found["missing"] == "One training was not through after 1 s."
    assert found["seconds"] < 3
    found = bench.tuning.tuned({**settings, "model": "MLP", "max_seconds": 8.0})
    assert len(found["right"]) == 60
    assert found["tried"] < found["of"]
    assert found["seconds"] < 10
