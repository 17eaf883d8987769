from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.bases import measurement_bases
from qcsearch.data.splitting import Part
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.measurement import estimate
from qcsearch.deployment.program import BackendProgram
from qcsearch.devices.calibration.providers import get_device
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.scoring import accuracy
from qcsearch.training.shots import sampling
from qcsearch.training.shots.sampling import sampled_values
from qcsearch.training.shots.score import DRAWS, answers_at_shots, shot_score
from qcsearch.training.transpiled import transpile_candidate

SHOTS = 64


@pytest.fixture(scope="module")
def transpiled():
    """Three qubits of a noisy device; observables along three axes, several of them with shots in common."""
    candidate = Candidate(
        encoding=Choice("reuploading"),
        ansatz=Choice("hardware_efficient", {"n_layers": 2}),
        qubits=(1, 2, 3),
        observables=("Z0", "Z1", "Z0Z1", "X2", "X1X2", "Y0"),
    )
    return transpile_candidate(candidate, get_device("fake_manila"), 3)


@pytest.fixture(scope="module")
def case(transpiled):
    rng = np.random.default_rng(3)
    return transpiled.derive(rng.uniform(-1, 1, (2, 3))), transpiled.initial_weights(rng)


def drawn(transpiled, case, n_draws, seed=0):
    X, w = case
    return np.stack(list(sampled_values(transpiled, w, X, SHOTS, np.random.default_rng(seed), n_draws)))


def covariances(transpiled, case):
    """`(⟨O_i O_j⟩ − ⟨O_i⟩⟨O_j⟩)/S` where both are read from one basis, else 0; `(n_samples, n, n)`."""
    X, w = case
    values = transpiled.compile().values(X, w)
    n = values.shape[1]
    found = np.zeros((len(X), n, n))
    for basis in measurement_bases(transpiled.observables):
        together = [term.observable for term in basis.terms]
        for i in together:
            for j in together:
                product = (transpiled.observables[i] @ transpiled.observables[j]).simplify()
                whole = (
                    1.0
                    if set(str(product.paulis[0])) == {"I"}
                    else transpiled.program([product]).values(X, w)[:, 0]
                )
                found[:, i, j] = (whole - values[:, i] * values[:, j]) / SHOTS
    return values, found


def test_means_variances_and_covariances_of_the_draws_are_those_of_the_formula(transpiled, case):
    values, wanted = covariances(transpiled, case)
    n_draws = 4_000
    found = drawn(transpiled, case, n_draws)
    errors = np.sqrt(np.einsum("sii->si", wanted) / n_draws)
    assert np.abs((found.mean(axis=0) - values) / errors).max() < 4.5
    for sample in range(len(values)):
        measured, exact = np.cov(found[:, sample].T), wanted[sample]
        scale = np.sqrt(np.outer(np.diag(exact), np.diag(exact)) + exact**2)
        assert np.abs((measured - exact) / scale).max() < 4.5 / np.sqrt(n_draws)
    assert np.abs(wanted[:, 0, 2]).max() > 0.2 / SHOTS  # they do vary together


def test_the_draws_are_those_of_aers_counts(transpiled, case):
    """Aer runs the mapped circuit under the device's noise model, readout errors included, shot by shot."""
    X, w = case
    n_draws = 500
    executor = open_executor("aer", device=transpiled.device, seed=7)
    program = BackendProgram.of(transpiled, executor, SHOTS * n_draws)
    bits, _ = program.sample(np.hstack([X, np.tile(w, (len(X), 1))]))
    counted = []
    for sample in range(len(X)):
        alone = [one[sample].reshape(n_draws, SHOTS, -1) for one in bits]
        counted.append(estimate(transpiled.observables, program.bases, alone).values)
    found = drawn(transpiled, case, n_draws, seed=1)
    for sample in range(len(X)):
        ours, theirs = found[:, sample], counted[sample]
        errors = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / n_draws)
        assert np.abs((ours.mean(axis=0) - theirs.mean(axis=0)) / errors).max() < 4.5
        scale = np.sqrt(np.outer(ours.var(axis=0), ours.var(axis=0)))
        assert np.abs((np.cov(ours.T) - np.cov(theirs.T)) / scale).max() < 4.5 * np.sqrt(2 * 2 / n_draws)


def test_a_basis_of_too_many_qubits_keeps_the_variances_and_loses_the_covariances(
    transpiled, case, monkeypatch
):
    monkeypatch.setattr(sampling, "MOST_QUBITS", 0)
    values, wanted = covariances(transpiled, case)
    n_draws = 4_000
    found = drawn(transpiled, case, n_draws)
    variances = np.einsum("sii->si", wanted)
    assert np.abs((found.mean(axis=0) - values) / np.sqrt(variances / n_draws)).max() < 4.5
    assert np.abs(found.var(axis=0) / variances - 1).max() < 4.5 * np.sqrt(2 / n_draws)
    correlation = np.corrcoef(found[:, 0].T)
    assert np.abs(correlation - np.eye(len(correlation))).max() < 4.5 / np.sqrt(n_draws)


def test_equal_seeds_draw_equal_values_and_others_do_not(transpiled, case):
    assert np.array_equal(drawn(transpiled, case, 3), drawn(transpiled, case, 3))
    assert not np.array_equal(drawn(transpiled, case, 3), drawn(transpiled, case, 3, seed=1))


def test_a_score_at_very_many_shots_is_that_at_infinitely_many_and_at_few_it_is_lower(model, iris):
    X, names = iris
    y = np.searchsorted(model.target.names, names)
    Z = np.asarray(model.pipeline.transform(X), dtype=np.float64)
    scores = {
        shots: shot_score(
            model.target,
            answers_at_shots(model.transpiled, model.parameters, Z, model.target, shots, 0),
            y,
            shots,
        )
        for shots in (1, 16, 1_000_000)
    }
    exact = accuracy(model.transpiled, model.parameters, Part(Z, y), model.target)
    assert scores[1_000_000].accuracy == pytest.approx(exact, abs=0.01)
    assert scores[1].accuracy + 0.1 < scores[16].accuracy < exact + 0.02
    assert scores[1_000_000].spread < 0.01 < scores[1].spread
    assert scores[16].interval[0] < scores[16].accuracy < scores[16].interval[1]


def test_the_expected_accuracy_is_the_mean_of_single_measurements_on_aer(model, iris):
    """What a deployment with so many shots finds on the same samples, again and again."""
    X, names = iris
    y, few = np.searchsorted(model.target.names, names), 4
    rows = np.arange(0, len(X), 3)
    Z = np.asarray(model.pipeline.transform(X[rows]), dtype=np.float64)
    found = shot_score(
        model.target,
        answers_at_shots(model.transpiled, model.parameters, Z, model.target, SHOTS, 0),
        y[rows],
        SHOTS,
    )
    head = BoundHead.of(model.candidate, model.parameters.head, model.target)
    measured = []
    for seed in range(few):
        executor = open_executor("aer", device=model.device, seed=seed)
        program = BackendProgram.of(model.transpiled, executor, SHOTS)
        values = program.values(model.transpiled.derive(Z), model.parameters.weights)
        measured.append(np.mean(head.answers(values) == y[rows]))
    error = found.spread * np.sqrt(1 / few + 1 / DRAWS)
    assert np.mean(measured) == pytest.approx(found.accuracy, abs=4.5 * error)


def test_a_candidate_whose_observables_are_read_from_one_basis_is_sampled_too(transpiled, case):
    alone = replace(transpiled, observables=transpiled.observables[:1])
    found = drawn(alone, case, 200)
    assert found.shape == (200, 2, 1)
    assert set(np.unique(np.round((found + 1) * SHOTS / 2, 6) % 1)) == {0.0}
