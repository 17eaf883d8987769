"""Small data: trials are judged by folds, and the winner by other folds than those it was chosen by."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import FixedTrial
from sklearn.metrics import r2_score

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.dataset import Dataset
from qcsearch.data.preprocessing.steps import Pipeline
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.device import Device
from qcsearch.search.finish.refit import refit
from qcsearch.search.finish.selection import left_out_score
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.control import TrialControl
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.folds import clearly_behind
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.record import TrialRecord
from qcsearch.training.parameters import Parameters
from qcsearch.training.scoring import classify

Search = Callable[..., SearchResult]

POINT = {
    "scaling": "standard",
    "encoding": "reuploading",
    "n_layers": 2,
    "region": 0,
    "observables": "Z+ZZ",
    "learning_rate": 0.1,
}


@pytest.fixture(scope="module")
def few() -> Dataset:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(120, 2))
    return load_dataset((X, (X[:, 0] + 0.5 * rng.normal(size=120) > 0).astype(int)))


@pytest.fixture(scope="module")
def small(few: Dataset, space: SearchSpace, device: Device) -> Objective:
    return Objective.of(Features(few, 0), space, device, 0)


@pytest.fixture(scope="module")
def candidate(small: Objective) -> Candidate:
    return small.bound.candidate(small.bound.draw(FixedTrial(POINT)))


@pytest.fixture(scope="module")
def record(small: Objective, candidate: Candidate) -> TrialRecord:
    return small(0, candidate, POINT)


@pytest.fixture(scope="module")
def found(search: Search, few: Dataset, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return search(tmp_path_factory.mktemp("small") / "run", dataset=few, n_trials=5)


@dataclass(frozen=True)
class Led:
    """A study whose best trial is known."""

    best: TrialRecord | None

    def report(self, rung: int, validation_score: float) -> float | None:
        return None

    def leader(self) -> TrialRecord | None:
        return self.best


def test_data_are_small_by_the_validation_part_that_was_cut_off(
    objective: Objective, few: Dataset, space: SearchSpace, device: Device
) -> None:
    assert len(objective.features.split.validation) == 96
    assert objective.n_folds == 0
    brought = replace(few, X_val=few.X[:20], y_val=few.y[:20])
    assert Objective.of(Features(brought, 0), space, device, 0).n_folds == 0
    assert Objective.of(Features(few, 0), space, device, 0, tuned=True).n_folds == 0
    never = SearchSpace.from_toml(f"{space.text}\n[small]\nbelow = 0", "never")
    assert Objective.of(Features(few, 0), never, device, 0).n_folds == 0
    assert Objective.of(Features(few, 0), space, device, 0).n_folds == 5


def test_what_a_space_says_of_small_data_holds_for_these_alone(
    few: Dataset, features: Features, space: SearchSpace, device: Device
) -> None:
    said = f"{space.text}\n[small]\nfolds = 3\nsteps = 7\nweight_decays = [0.5]"
    other = SearchSpace.from_toml(said, "other")
    here, there = (Objective.of(f, other, device, 0) for f in (Features(few, 0), features))
    assert (here.n_folds, there.n_folds) == (3, 0)
    options = [one.bound.candidate(one.bound.draw(FixedTrial(POINT))).training for one in (here, there)]
    assert [(o.steps, o.weight_decay) for o in options] == [(7, 0.5), (12, 0.0)]


def test_each_sample_is_scored_by_a_training_and_a_preprocessing_that_had_not_seen_it(
    small: Objective, candidate: Candidate, record: TrialRecord
) -> None:
    """The last weights of the first fold are the record's; what another says is trained again here."""
    assert record.outcome.kind == "kept"
    y = small.features.known_y
    assert len(record.predicted) == len(y) == 96
    assert record.validation_score == np.mean(np.equal(record.predicted, y))
    first, *_, last = small.features.folds(5)
    data = small.features.prepare(candidate.preprocessing).data
    transpiled, _, _ = small.transpile(candidate)
    said = classify(transpiled, record.parameters, data.validation.X, data.target).answers
    np.testing.assert_array_equal(said, np.asarray(record.predicted)[first.rows])
    steps = last.features.prepare(candidate.preprocessing).pipeline.steps
    own = Pipeline(steps[:-1]).transform(last.features.split.train.X)
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-9)
    fit = small.fold_fit(candidate, 4)
    said = classify(
        fit.transpiled,
        fit.parameters,
        Pipeline(steps).transform(last.features.split.validation.X),
        small.features.target,
    )
    np.testing.assert_array_equal(said.answers, np.asarray(record.predicted)[last.rows])


def test_at_finitely_many_shots_a_trial_is_judged_by_several_measurements_of_each_sample(
    few: Dataset, space: SearchSpace, device: Device, candidate: Candidate
) -> None:
    measured = Objective.of(Features(few, 0), space, device, 0, shots=16)
    record = measured(0, candidate, POINT)
    right = np.mean(np.equal(record.predicted, measured.features.known_y))
    assert record.validation_score_noisy == right != record.validation_score


def test_weights_that_another_trial_learned_start_the_first_fold_alone(
    small: Objective, candidate: Candidate, record: TrialRecord
) -> None:
    """They have seen what the other folds are tested on."""
    known = Parameters(record.parameters.weights + 1.0, record.parameters.head)
    other = small(1, candidate, POINT, start=known)
    rest = np.setdiff1d(np.arange(96), small.features.folds(5)[0].rows)
    said = [np.asarray(one.predicted)[rest] for one in (record, other)]
    np.testing.assert_array_equal(*said)
    assert other.parameters != record.parameters


def test_a_trial_that_is_clearly_behind_ends_before_its_last_fold(
    small: Objective, candidate: Candidate, record: TrialRecord
) -> None:
    perfect = replace(record, trial=3, predicted=tuple(small.features.known_y.tolist()))
    ended = small(1, candidate, POINT, control=TrialControl(Led(perfect)))
    assert ended.outcome.kind == "pruned"
    assert ended.outcome.threshold == 1.0
    assert ended.outcome.text.startswith("Stopped after ")
    assert "of 5 folds" in ended.outcome.text
    assert ended.validation_score is None
    equal = small(1, candidate, POINT, control=TrialControl(Led(record)))
    assert equal.validation_score == record.validation_score


def test_the_test_for_that_is_the_sign_test() -> None:
    right, wrong = np.ones(8), np.zeros(8)
    assert clearly_behind(right, right) is None
    assert clearly_behind(right, wrong) is None
    assert clearly_behind(wrong[:3], right[:3]) is None  # p = 1/8
    assert clearly_behind(wrong[:4], right[:4]) == pytest.approx(1 / 16)


def test_of_numbers_it_is_that_of_the_signed_ranks_where_the_mean_is_lower_too() -> None:
    near, far = -0.1 * np.arange(1.0, 9.0), -np.arange(1.0, 9.0)
    assert clearly_behind(far, near) == pytest.approx(1 / 256)
    assert clearly_behind(near, far) is None
    once_far = np.append(near[:-1] - 0.01, 50.0)  # mostly behind, and better on the mean
    assert clearly_behind(once_far, near) is None


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_numbers_and_labels_are_judged_by_folds_too(
    task: str, space: SearchSpace, device: Device, few: Dataset, tmp_path: Path
) -> None:
    y = few.X @ [[1.0, 0.5], [0.0, 1.0]]
    data = load_dataset((few.X, y if task == "regression" else (y > 0).astype(int)), task=task)
    judged = Objective.of(Features(data, 0), space, device, 0)
    assert judged.n_folds == 5
    record = judged(0, judged.bound.candidate(judged.bound.draw(FixedTrial(POINT))), POINT)
    again = TrialRecord.from_json(json.loads(json.dumps(record.to_json())))
    assert again.predicted == record.predicted
    said, y = np.array(again.predicted), judged.features.known_y
    assert record.validation_score == pytest.approx(
        r2_score(y, said) if task == "regression" else np.mean((y == said).all(axis=1))
    )
    perfect = replace(record, trial=3, predicted=tuple(map(tuple, y.tolist())))
    ended = judged(1, record.candidate, POINT, control=TrialControl(Led(perfect)))
    assert (ended.outcome.kind, ended.outcome.threshold) == ("pruned", 1.0)
    winner, *_ = refit(judged, [record], deadline=None, emit=lambda event: None)
    assert winner.selection is not None
    assert (winner.selection.n_folds, winner.selection.n_samples) == (5, 96)
    assert winner.selection.repeats == len(winner.fits) - 1 > 0


def test_a_deadline_cuts_a_trial_between_its_folds(
    small: Objective, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(self: Objective, *_: object, **__: object) -> None:
        raise AssertionError("no fold is begun after the deadline")

    monkeypatch.setattr(Objective, "fold_fit", late)
    started = time.monotonic()
    control = TrialControl(Slow(started + 1.0), deadline=started + 1.0)
    cut = small(1, candidate, POINT, control=control)
    assert (cut.outcome.kind, cut.predicted) == ("cut", ())


@dataclass(frozen=True)
class Slow:
    """A study that answers when a deadline is over, at the end of the first fold."""

    until: float

    def report(self, rung: int, validation_score: float) -> float | None:
        return None

    def leader(self) -> TrialRecord | None:
        time.sleep(max(0.0, self.until - time.monotonic()))
        return None


def test_no_score_counts_for_the_finalist_that_it_helped_to_choose() -> None:
    trials, repeats = [0.9, 0.8], [[0.5, 0.7], [0.6, 0.6]]
    scores = np.array([[own, *rest] for own, rest in zip(trials, repeats, strict=True)])
    # Without the first repeat the first finalist is best (0.7), and has 0.5 there; without the second the other.
    assert left_out_score(scores) == pytest.approx((0.5 + 0.6) / 2)
    assert left_out_score(scores[:, :2]) == pytest.approx(0.5)  # by their trials


def test_finalists_are_judged_by_other_folds_than_their_trials(small: Objective, found: SearchResult) -> None:
    winner, *others = refit(small, rank(found.records), deadline=None, emit=lambda event: None)
    for finalist in (winner, *others):
        assert [fit.seed_index for fit in finalist.refits] == [1, 2]
        assert [len(fit.folds) for fit in finalist.refits] == [5, 5]
        assert finalist.best is finalist.fits[0]
    assert winner.whole is None or len(winner.whole.parameters.weights) == winner.transpiled.n_weights
    shown = winner.selection
    assert shown is not None
    assert (shown.n_samples, shown.n_folds, shown.repeats) == (96, 5, 2)
    assert shown.chosen_by == winner.mean >= shown.score
    late = refit(small, rank(found.records), deadline=time.monotonic(), emit=lambda event: None)[0].selection
    assert late is not None
    assert (late.repeats, late.interval) == (0, None)


def test_the_result_says_what_the_winner_was_chosen_by(found: SearchResult) -> None:
    best = json.loads(json.dumps(found.to_json()))["best"]
    assert best["selection"]["score"] == best["validation_score"]
    assert best["selection"]["n_folds"] == 5
    low, high = best["selection"]["interval"]
    assert low < best["validation_score"] < high
    text = found.best.selection.text()
    assert "by 5 folds of 96 samples" in text
    assert "the finalists 2 times more, with other folds" in text
    assert [score.seed_index for score in found.seeds] == [0, 1, 2]


def test_a_search_in_two_sessions_ends_where_one_does(
    search: Search, few: Dataset, found: SearchResult, tmp_path: Path
) -> None:
    search(tmp_path / "run", dataset=few, n_trials=2)
    again = search(tmp_path / "run", dataset=few, n_trials=5)
    assert again.best == found.best
    assert [r.predicted for r in again.records] == [r.predicted for r in found.records]


def test_a_short_time_ends_with_a_winner(search: Search, few: Dataset, tmp_path: Path) -> None:
    started = time.monotonic()
    result = search(tmp_path / "run", dataset=few, max_seconds=3)
    assert time.monotonic() - started < 6
    assert result.best.n_test == 24
