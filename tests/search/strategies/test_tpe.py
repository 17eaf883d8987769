from __future__ import annotations

from collections.abc import Callable

import optuna
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import TrialState

from qcsearch.search.strategies.tpe import TPE
from qcsearch.search.study.seeded import SeededSampler


def drawn(build: Callable[[int], BaseSampler]) -> list[dict[str, object]]:
    """What a study draws with a fresh sampler for each trial; some trials fail, are pruned or are queued."""
    study: Study = optuna.create_study(
        direction="maximize", sampler=SeededSampler(build, lambda _, trial: trial.number)
    )
    study.enqueue_trial({"x": 0.5})
    for number in range(40):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        kind = trial.suggest_categorical("kind", ["a", "b", "c"])
        trial.suggest_categorical("only", ["one"])
        state = {3: TrialState.FAIL, 7: TrialState.PRUNED}.get(number % 10, TrialState.COMPLETE)
        study.tell(trial, x + (kind == "b") if state == TrialState.COMPLETE else None, state)
    return [trial.params for trial in study.trials]


def test_it_draws_what_optunas_own_sampler_draws() -> None:
    def own(seed: int) -> BaseSampler:
        return TPESampler(
            n_startup_trials=10,
            n_ei_candidates=24,
            multivariate=True,
            group=False,
            constant_liar=True,
            seed=seed,
        )

    assert drawn(TPE().sampler) == drawn(own)
