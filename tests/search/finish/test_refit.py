"""The refit: what the winner is handed over with."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.device import Device
from qcsearch.search.finish.baselines.training import options_alike
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.finish.refit import refit
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.record import TrialRecord
from qcsearch.search.trial.seeds import seed_words
from qcsearch.training.loop.task import learning_rate, whole_schedule
from qcsearch.training.single import fit_candidate


@pytest.fixture
def ranked(finished: SearchResult) -> list[TrialRecord]:
    """Of trainings of a few steps."""
    return rank(records(RunFolder.open(finished.run)))


@pytest.fixture
def longer(ranked: list[TrialRecord]) -> list[TrialRecord]:
    """The same, to be trained to their end."""
    changed = []
    for record in ranked:
        assert record.candidate is not None
        training = replace(record.candidate.training, steps=150)
        changed.append(replace(record, candidate=replace(record.candidate, training=training)))
    return changed


def test_the_winner_is_trained_once_more_on_training_and_validation_parts_together(
    objective: Objective, longer: list[TrialRecord]
) -> None:
    winner, *others = refit(objective, longer, deadline=None, emit=lambda event: None)
    assert winner.whole is not None
    assert all(other.whole is None for other in others)
    assert winner.chosen is winner.whole
    assert winner.chosen.validation_score == winner.mean
    candidate = winner.transpiled.candidate
    data = objective.features.prepare(candidate.preprocessing).data
    again = fit_candidate(
        winner.transpiled,
        data.whole(),
        np.random.default_rng(seed_words(objective.seed, candidate, 1_000)),
        dtype="float32",
    )
    assert again.steps == candidate.training.steps
    assert winner.whole_steps is None
    assert winner.chosen.parameters == again.parameters


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_of_numbers_and_labels_the_last_training_ends_where_the_refits_know_other_samples_best(
    task: str, whole: str, device: Device
) -> None:
    """Of what is mostly noise more steps learn the noise: a trained circuit and the circuits beside it stop before."""
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(120, 2)), rng.normal(size=(120, 2))
    signal = 0.3 * X + noise
    data = load_dataset((X, signal if task == "regression" else (signal > 0).astype(int)), task=task)
    space = SearchSpace.from_toml(whole + "[small]\nbelow = 0", "whole")
    objective = Objective.of(Features(data, 0), space, device, 0)
    point = {name: next(iter(values)) for name, values in objective.bound.parameters.choices.items()}
    point |= {"n_layers": 3, "n_qubits": 2, "region": 0, "steps": 12, "learning_rate": 0.3, "head_rate": 3.0}
    record = objective(0, objective.bound.candidate(point), point)
    assert record.candidate is not None
    candidate = replace(record.candidate, training=replace(record.candidate.training, steps=200))
    record = replace(record, candidate=candidate)
    winner = refit(objective, [record], deadline=None, emit=lambda event: None)[0]
    curves = np.array([fit.losses for fit in winner.refits])
    least = int(curves[0, curves[:, :, 1].mean(axis=0).argmin(), 0])
    options = winner.transpiled.candidate.training
    assert winner.whole_steps == whole_schedule(options, least)
    assert 0 < winner.whole_steps < options.steps
    trained = objective.features.prepare(candidate.preprocessing).data.whole()
    words = seed_words(0, winner.transpiled.candidate, 1_000)
    assert winner.whole is not None
    rng = np.random.default_rng(words)
    alike = options_alike(winner, winner.transpiled)
    again = fit_candidate(winner.transpiled, trained, rng, options=alike, dtype="float32")
    assert (again.steps, again.parameters) == (winner.whole_steps, winner.whole.parameters)


@pytest.mark.parametrize(("schedule", "steps"), [("cosine", 60), ("cosine", 700), ("constant", 60)])
def test_a_whole_schedule_moves_as_far_as_the_beginning_of_a_longer_one(schedule: str, steps: int) -> None:
    longer = TrainingOptions(steps=1_000, schedule=schedule)
    whole = replace(longer, steps=whole_schedule(longer, steps))
    moved = sum(learning_rate(longer, step) for step in range(steps))
    assert sum(learning_rate(whole, step) for step in range(whole.steps)) == pytest.approx(moved, rel=0.03)
    assert whole_schedule(longer, 1_000) == 1_000


def test_without_the_time_the_best_by_validation_is_handed_over(
    objective: Objective, ranked: list[TrialRecord]
) -> None:
    winner = refit(objective, ranked, deadline=time.monotonic(), emit=lambda event: None)[0]
    assert winner.whole is None
    assert winner.chosen is winner.best


def test_a_tuning_starts_from_the_weights_there_are_to_the_last(
    objective: Objective, longer: list[TrialRecord]
) -> None:
    def still(record: TrialRecord) -> TrialRecord:
        assert record.candidate is not None
        training = replace(record.candidate.training, learning_rate=1e-9)
        return replace(record, candidate=replace(record.candidate, training=training))

    given = [still(r) for r in longer]
    winner = refit(objective, given, deadline=None, emit=lambda event: None, warm={})[0]
    assert winner.whole is not None
    np.testing.assert_allclose(winner.whole.parameters.weights, winner.record.parameters.weights, atol=1e-5)


@pytest.mark.parametrize("late", [False, True])
def test_weights_that_know_the_validation_part_are_what_the_last_training_of_a_tuning_starts_from(
    late: bool, objective: Objective, longer: list[TrialRecord]
) -> None:
    """Without the time for it they are handed over as they are; the choice before that does not see them."""
    deadline = time.monotonic() if late else None
    plain, *_ = refit(objective, longer, deadline=deadline, emit=lambda event: None, warm={})
    best = plain.best.parameters
    known = replace(best, weights=best.weights + 1e-6)
    warm = {plain.digest: known}
    winner, *_ = refit(objective, longer, deadline=deadline, emit=lambda event: None, warm=warm)
    assert (winner.digest, winner.mean) == (plain.digest, plain.mean)
    assert winner.whole is not None
    assert (winner.whole.parameters == known) == late
    assert winner.chosen.validation_score == winner.mean
    if late:
        assert plain.whole is None
    else:
        assert plain.whole is not None
        assert winner.whole.parameters != plain.whole.parameters


def test_a_last_training_that_is_right_on_fewer_samples_is_not_handed_over(
    objective: Objective, ranked: list[TrialRecord]
) -> None:
    """A few steps end anywhere; the others kept their best."""
    winner = refit(objective, ranked, deadline=None, emit=lambda event: None)[0]
    assert winner.whole is None


def test_of_equal_means_the_smaller_circuit_wins(objective: Objective, ranked: list[TrialRecord]) -> None:
    finalists = refit(objective, ranked, deadline=None, emit=lambda event: None)
    merits = [
        (-f.mean, f.transpiled.mapped.two_qubit_gates, f.transpiled.n_weights, f.mean_loss) for f in finalists
    ]
    assert merits == sorted(merits)
    assert np.isfinite(merits).all()
