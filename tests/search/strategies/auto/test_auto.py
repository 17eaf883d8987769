"""The default strategy: a forest, grown on scores and losses of the trials so far, chooses the next candidate."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from qcsearch.search.strategies.auto.auto import Auto
from qcsearch.search.strategies.auto.seen import Seen

SPACE: dict[str, optuna.distributions.BaseDistribution] = {
    "kind": CategoricalDistribution(["a", "b", "c", "d"]),
    "n": IntDistribution(2, 10, step=2),
    "rate": FloatDistribution(0.01, 1.0, log=True),
    "width": FloatDistribution(0.0, 1.0),
}


def drawn(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "kind": trial.suggest_categorical("kind", ["a", "b", "c", "d"]),
        "n": trial.suggest_int("n", 2, 10, step=2),
        "rate": trial.suggest_float("rate", 0.01, 1.0, log=True),
        "width": trial.suggest_float("width", 0.0, 1.0),
    }


def loss(params: dict[str, Any]) -> float:
    off = 0.0 if params["kind"] == "c" else 1.0
    return off + (10 - params["n"]) / 10 + abs(math.log10(params["rate"] / 0.1))


def record(
    value: float | None, steps: int = 100, *, metric: str = "accuracy", score: float = 0.5
) -> dict[str, Any]:
    return {
        "candidate": {"training": {"steps": 100, "loss": "cross_entropy"}},
        "steps": steps,
        "metric": metric,
        "validation_loss": value,
        "validation_score": None,
        "history": [[steps, score]],
    }


def study_of(strategy: Auto, n_trials: int, seed: int = 0) -> list[float]:
    """The losses of a study in which the accuracy says nothing, and two of three trials end at a rung."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    found: list[float] = []
    for number in range(n_trials):
        study.sampler = strategy.sampler(1000 * seed + number)
        trial = study.ask()
        found.append(loss(drawn(trial)))
        whole = number % 3 == 0
        trial.set_user_attr("record", record(found[-1] if whole else found[-1] + 0.5, 100 if whole else 11))
        study.tell(trial, 0.5 if whole else None, TrialState.COMPLETE if whole else TrialState.PRUNED)
    return found


def test_the_forest_finds_what_the_losses_say_where_random_draws_do_not() -> None:
    for seed in range(3):
        guided, random = study_of(Auto(), 40, seed), study_of(Auto(n_startup_trials=1000), 40, seed)
        assert guided[:10] == random[:10]  # as many are drawn
        assert np.median(guided[25:]) < 0.6 * np.median(random[25:])


def test_a_search_that_is_all_at_random_is_so() -> None:
    assert study_of(Auto(at_random=1.0), 15) == study_of(Auto(n_startup_trials=1000), 15)


def test_equal_seeds_choose_alike_and_without_neighbours_otherwise() -> None:
    first = study_of(Auto(), 26)
    assert study_of(Auto(), 26) == first
    assert study_of(Auto(parents=0), 26) != first


def test_a_candidate_is_not_tried_twice_while_there_are_others() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study, seen = optuna.create_study(direction="maximize"), []
    for number in range(20):
        study.sampler = Auto(n_startup_trials=4, at_random=0.0).sampler(number)
        trial = study.ask()
        seen.append((trial.suggest_categorical("kind", ["a", "b", "c", "d"]), trial.suggest_int("n", 1, 8)))
        trial.set_user_attr("record", record(float(seen[-1][1])))
        study.tell(trial, 0.5)
    chosen = seen[4:]
    assert len(set(chosen)) == len(chosen)


def trial_of(state: TrialState, value: dict[str, Any] | None, n: int) -> FrozenTrial:
    return create_trial(
        state=state,
        value=0.5 if state == TrialState.COMPLETE else None,
        params={"kind": "a", "n": n, "rate": 0.1, "width": 0.5},
        distributions=SPACE,
        user_attrs={} if value is None else {"record": value},
    )


def test_what_broke_a_constraint_is_the_worst_and_what_runs_is_in_the_middle() -> None:
    infeasible = {**record(None, 0), "history": []}
    trials = [
        trial_of(TrialState.COMPLETE, record(0.3), 2),
        trial_of(TrialState.PRUNED, record(0.7, 11), 4),
        trial_of(TrialState.PRUNED, infeasible, 6),
        trial_of(TrialState.FAIL, None, 8),
        trial_of(TrialState.RUNNING, None, 10),
    ]
    seen = Seen.of(trials, SPACE)
    assert seen.n_finished == 4
    assert seen.progress.tolist() == [1.0, 0.11, 1.0, 1.0, 1.0]
    assert seen.ranks[0] < seen.ranks[1] < seen.ranks[2] == seen.ranks[3]
    assert seen.ranks[1] <= seen.ranks[4] == 0.5 < seen.ranks[2]
    assert [params["n"] for params in seen.best(6)] == [2]


@pytest.mark.parametrize(("metric", "better"), [("accuracy", 2), ("balanced_accuracy", 6)])
def test_score_and_loss_tell_trials_apart_unless_the_loss_stands_for_something_else(
    metric: str, better: int
) -> None:
    trials = [
        trial_of(TrialState.COMPLETE, record(0.3, metric=metric, score=0.8), 2),
        trial_of(TrialState.COMPLETE, record(0.4, metric=metric, score=0.8), 4),
        trial_of(TrialState.COMPLETE, record(0.9, metric=metric, score=0.9), 6),
    ]
    seen = Seen.of(trials, SPACE)
    assert seen.best(1)[0]["n"] == better
    assert seen.ranks[0] < seen.ranks[1] or metric != "accuracy"


def test_trials_without_a_parameter_of_the_space_say_nothing() -> None:
    other = create_trial(value=0.5, params={"n": 2}, distributions={"n": SPACE["n"]})
    assert Seen.of([other], SPACE).params == ()


def test_a_search_with_it_goes_on_past_its_startup(search: Any, tmp_path: Path) -> None:
    result = search(tmp_path / "run", n_trials=14, strategy="auto")
    assert result.n_trials == 14


def test_losses_of_other_kinds_or_of_heads_fitted_in_one_go_are_not_compared() -> None:
    other, fitted = record(0.2, score=0.7), record(0.2, 0, score=0.7)
    other["candidate"]["training"]["loss"] = "mse"
    for second in (other, fitted):
        trials = [
            trial_of(TrialState.COMPLETE, record(0.3, score=0.9), 2),
            trial_of(TrialState.COMPLETE, second, 4),
        ]
        assert Seen.of(trials, SPACE).best(1)[0]["n"] == 2
