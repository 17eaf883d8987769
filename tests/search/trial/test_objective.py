from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from optuna.trial import FixedTrial

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.preprocessing.reductions import PrincipalComponents
from qcsearch.data.sources.load import load_dataset
from qcsearch.data.targets import Classes
from qcsearch.devices.device import Device
from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.control import TrialControl
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.seeds import seed_words
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import ParameterCounts

FULL = {
    "scaling": "minmax",
    "encoding": "reuploading",
    "n_layers": 2,
    "region": 0,
    "observables": "Z+ZZ",
    "learning_rate": 0.1,
}


@pytest.fixture(scope="module")
def candidate(objective: Objective) -> Candidate:
    return objective.bound.candidate(objective.bound.draw(FixedTrial(FULL)))


def test_a_kept_candidate_has_scores_costs_and_weights(objective: Objective, candidate: Candidate) -> None:
    record = objective(7, candidate, FULL, worker="me")
    assert (record.trial, record.worker, record.outcome.kind) == (7, "me", "kept")
    assert record.validation_score is not None
    assert record.validation_score > 0.7
    assert record.validation_score_noiseless is not None
    assert record.costs is not None
    assert len(record.parameters.weights) == record.costs.parameters.weights > 0
    assert record.steps == 12
    assert [step for step, _ in record.history] == [0, 2, 4, 6, 8, 10, 12]
    assert record.seconds > 0
    assert "qiskit" in record.versions
    assert record.constraints == {"buildable": 0.0}


def test_the_stored_weights_are_the_model(objective: Objective, candidate: Candidate) -> None:
    record = objective(0, candidate, FULL)
    data = objective.features
    model = TrainedModel(
        candidate,
        objective.device,
        record.parameters,
        data.prepare(candidate.preprocessing).pipeline,
        data.target,
        data.dataset.n_features,
    )
    part = data.split.validation
    labels = data.dataset.labels(part.y)
    assert model.score(part.X, labels) == record.validation_score
    assert model.score(part.X, labels, noise=False) == record.validation_score_noiseless


def test_a_candidate_trains_the_same_whichever_trial_it_is(
    objective: Objective, candidate: Candidate
) -> None:
    first, second = objective(0, candidate, FULL), objective(5, candidate, FULL)
    assert first.parameters == second.parameters
    assert first.history == second.history
    other_seed = replace(objective, seed=1)(0, candidate, FULL)
    assert other_seed.parameters != first.parameters


def test_seed_words_differ_by_candidate_seed_and_index(candidate: Candidate) -> None:
    other = replace(candidate, observables=("Z0",))
    words = {
        seed_words(0, candidate),
        seed_words(0, other),
        seed_words(1, candidate),
        seed_words(0, candidate, 1),
    }
    assert len(words) == 4


def test_what_cannot_be_built_is_infeasible_with_the_reason(
    objective: Objective, candidate: Candidate
) -> None:
    few = replace(candidate, observables=("Z0",), head=Choice("softmax"))
    record = objective(0, few, FULL)
    assert (record.outcome.kind, record.outcome.constraint) == ("infeasible", "buildable")
    assert "'softmax' needs" in record.outcome.text
    assert record.constraints == {"buildable": 1.0}
    assert record.validation_score is None


def test_what_is_far_too_long_is_infeasible_before_it_is_mapped(
    objective: Objective, candidate: Candidate, quick: str
) -> None:
    text = quick.replace("[ladder]", "[constraints]\nmax_two_qubit_gates = 10\n[ladder]")
    strict = replace(objective, space=SearchSpace.from_toml(text))
    endless = replace(candidate, ansatz=Choice("hardware_efficient", {"n_layers": 900}))
    started = time.monotonic()
    record = strict(0, endless, FULL)
    assert time.monotonic() - started < 2
    assert (record.outcome.kind, record.outcome.constraint) == ("infeasible", "two_qubit_gates")
    assert record.outcome.text == "900 two-qubit gates before mapping are above the limit 10."
    assert record.outcome.violation == record.constraints["two_qubit_gates"] == 89.0
    assert record.costs is None


def test_every_trained_number_is_counted_in_the_part_that_it_is_of(
    objective: Objective, candidate: Candidate
) -> None:
    # moons: 2 features, 2 qubits, 2 layers of ry and rz on each
    head = Choice("linear")
    for encoding, n_map in (
        (Choice("weighted_sum"), 2 * 2 * 2),
        (Choice("reuploading"), 2 * 2),
        (Choice("reuploading", {"trainable": False}), 0),
        (Choice("angle"), 0),
    ):
        built = objective.transpile(replace(candidate, encoding=encoding, head=head))[0]
        counts = built.counts(Classes((0, 1)))
        n_head = (len(candidate.observables) + 1) * 2
        n_circuit = 2 * 2 * 2
        assert counts == ParameterCounts(n_circuit, n_map, n_head)
        assert counts.total == n_circuit + n_map + n_head
    record = objective(0, candidate, FULL)
    assert record.costs is not None
    assert len(record.parameters.vector) == record.costs.parameters.total


def test_too_many_parameters_are_infeasible_before_the_circuit_is_mapped(
    objective: Objective, candidate: Candidate, quick: str
) -> None:
    text = quick.replace("[ladder]", "[constraints]\nmax_parameters = 10\n[ladder]")
    record = replace(objective, space=SearchSpace.from_toml(text))(0, candidate, FULL)
    assert (record.outcome.kind, record.outcome.constraint) == ("infeasible", "parameters")
    assert record.outcome.text == "20 trained parameters are above the limit 10."
    assert record.outcome.violation == record.constraints["parameters"] == 1.0
    assert record.costs is None
    assert "map" not in record.times


def test_the_training_part_alone_is_fitted(objective: Objective, candidate: Candidate) -> None:
    prepared = objective.features.prepare(candidate.preprocessing)
    low, high = candidate.preprocessing.angle_range
    assert prepared.data.train.X.min() == pytest.approx(low)
    assert prepared.data.train.X.max() == pytest.approx(high)
    assert objective.features.prepare(candidate.preprocessing) is prepared


class Strict:
    """Ends every trial at its first rung."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, float]] = []

    def report(self, rung: int, validation_score: float) -> float | None:
        self.reports.append((rung, validation_score))
        return 0.99


def test_a_trial_that_is_told_to_end_is_pruned_with_step_and_threshold(
    objective: Objective, candidate: Candidate
) -> None:
    rungs = Strict()
    record = objective(0, candidate, FULL, control=TrialControl(rungs))
    assert [rung for rung, _ in rungs.reports] == [0]
    assert record.outcome.kind == "pruned"
    assert record.outcome.step == record.steps == 6
    assert record.outcome.threshold == 0.99
    assert "0.990 was needed" in record.outcome.text
    assert record.validation_score is None


def test_a_deadline_ends_a_training_with_its_best_weights(objective: Objective, candidate: Candidate) -> None:
    long = replace(candidate, training=replace(candidate.training, steps=1_000_000))
    started = time.monotonic()
    record = objective(0, long, FULL, control=TrialControl(deadline=started + 0.5))
    assert time.monotonic() - started < 1.5
    assert record.outcome.kind == "cut"
    assert record.outcome.text == f"Cut short at step {record.steps}: The time was used up."
    assert record.stopped == "The time was used up."
    assert record.validation_score is not None


def test_the_limit_of_a_trial_ends_it_too(objective: Objective, candidate: Candidate) -> None:
    long = replace(candidate, training=replace(candidate.training, steps=1_000_000))
    started = time.monotonic()
    record = objective(0, long, FULL, control=TrialControl(max_seconds=0.3))
    assert 0.3 < time.monotonic() - started < 2
    assert record.outcome.kind == "cut"
    assert record.outcome.text == f"Cut short at step {record.steps}: The 0.3 s of one trial were used up."
    assert record.validation_score is not None


def test_a_limit_that_is_reached_at_the_last_step_cuts_nothing_short(
    objective: Objective, candidate: Candidate
) -> None:
    short = replace(candidate, training=replace(candidate.training, steps=2))
    record = objective(0, short, FULL, control=TrialControl(max_seconds=0.0))
    assert (record.outcome.kind, record.steps) == ("kept", 2)
    assert record.outcome.text == "All steps were done."


def test_training_without_noise_is_still_scored_under_noise(
    objective: Objective, candidate: Candidate
) -> None:
    quiet = replace(candidate, training=replace(candidate.training, noise=False))
    record = objective(0, quiet, FULL)
    assert record.validation_score_noiseless == max(accuracy for _, accuracy in record.history)
    assert record.validation_score is not None


@pytest.mark.parametrize(
    ("ladder", "total", "steps"),
    [
        (Ladder(2, 3), 90, [10, 30]),
        (Ladder(2, 2), 300, [75, 150]),
        (Ladder(0, 3), 90, []),
        (Ladder(3, 2), 2, [1]),
        (Ladder(1, 2), 1, []),
    ],
)
def test_rungs_lie_at_powers_of_the_factor(ladder: Ladder, total: int, steps: list[int]) -> None:
    assert ladder.steps(total) == steps


def test_what_takes_too_long_to_set_up_is_refused_before_it_is_begun(
    objective: Objective, candidate: Candidate
) -> None:
    hurried = replace(objective, setup_seconds=0.02)
    long = replace(candidate, ansatz=Choice("hardware_efficient", {"n_layers": 60}))
    record = hurried(0, long, FULL)
    assert (record.outcome.kind, record.outcome.constraint) == ("infeasible", "setup_seconds")
    assert record.outcome.text.startswith("Building a circuit of ")
    assert "of which this search can give 0.02." in record.outcome.text
    assert set(record.times) == {"build"}
    assert replace(objective, setup_seconds=5.0)(0, long, FULL).outcome.constraint is None


@pytest.mark.parametrize("reduction", [Choice("lda"), Choice("pca", {"n_components": 3})], ids=["lda", "pca"])
def test_a_reduction_that_takes_too_long_to_fit_is_refused(
    device: Device, space: SearchSpace, candidate: Candidate, reduction: Choice
) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    X = rng.normal(size=(300, 200)) + y[:, None]
    wide = Features(load_dataset((X, y)), 0)
    hurried = Objective.of(wide, space, device, 0, 1e-3)
    chosen = replace(candidate, preprocessing=replace(candidate.preprocessing, reduction=reduction))
    assert not hurried.can_prepare(chosen)
    record = hurried(0, chosen, FULL)
    assert record.outcome.constraint == "setup_seconds"
    assert f"itting the reduction '{reduction.name}' takes about" in record.outcome.text
    wide.prepare(replace(chosen.preprocessing, scaling="standard"))  # which takes the same reduction
    assert hurried.can_prepare(chosen)


def test_a_reduction_is_fitted_once_for_all_scalings(
    features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[PrincipalComponents] = []
    fit = PrincipalComponents._learn
    monkeypatch.setattr(
        PrincipalComponents, "_learn", lambda self, X, y: (fitted.append(self), fit(self, X, y))[1]
    )
    fresh = Features(features.dataset, 0)
    for scaling in ("minmax", "standard"):
        asked = Preprocessing(Choice("pca", {"n_components": 2}), scaling)
        found = fresh.prepare(asked)
        whole = build_pipeline(asked, None, 0)
        np.testing.assert_array_equal(
            found.data.train.X, whole.fit_transform(fresh.split.train.X, fresh.split.train.y)
        )
        np.testing.assert_array_equal(found.data.validation.X, whole.transform(fresh.split.validation.X))
        np.testing.assert_array_equal(
            found.data.validation.X, found.pipeline.transform(fresh.split.validation.X)
        )
    assert len(fitted) == 3
