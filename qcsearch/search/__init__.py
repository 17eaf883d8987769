"""The search: spaces, strategies, the study, its workers, and what becomes of the best.

search.py       `run_search`: the one call;  settings.py what it is asked;  tune.py an earlier run's best elsewhere
budget.py       the seconds of a run, shared out;  events.py what is told meanwhile
session/        one session of a run: its trials and its end
space/          a space from TOML, what a trial draws from it, and what of it is possible for these data on this device
trial/          a candidate to its record: constraints, predictors' limits, training
predictors/     figures of an untrained candidate
strategies/     how the next candidate is chosen, and when a trial is stopped
study/          Optuna's study and its journal; what an earlier run gives to a new one
workers/        ask, evaluate, tell; the same in several processes
finish/         the best again from several seeds, the one look at the test part, baselines, the leaderboard
run/            the run folder: configuration, history, result
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.search.predictors import PREDICTORS, Predictor
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.search.run.result import SearchResult
    from qcsearch.search.search import run_search
    from qcsearch.search.settings import SearchSettings
    from qcsearch.search.space.ladder import Ladder
    from qcsearch.search.space.space import SearchSpace, list_spaces, load_space
    from qcsearch.search.strategies import STRATEGIES, CircuitGenerator, Proposal, Strategy, StrategyContext
    from qcsearch.search.tune import run_tuning
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.search.predictors": ("PREDICTORS", "Predictor"),
            "qcsearch.search.run.folder": ("RunFolder",),
            "qcsearch.search.run.result": ("SearchResult",),
            "qcsearch.search.search": ("run_search",),
            "qcsearch.search.settings": ("SearchSettings",),
            "qcsearch.search.space.ladder": ("Ladder",),
            "qcsearch.search.space.space": ("SearchSpace", "list_spaces", "load_space"),
            "qcsearch.search.strategies": (
                "STRATEGIES",
                "CircuitGenerator",
                "Proposal",
                "Strategy",
                "StrategyContext",
            ),
            "qcsearch.search.tune": ("run_tuning",),
        },
    )

__all__ = [
    "PREDICTORS",
    "STRATEGIES",
    "CircuitGenerator",
    "Ladder",
    "Predictor",
    "Proposal",
    "RunFolder",
    "SearchResult",
    "SearchSettings",
    "SearchSpace",
    "Strategy",
    "StrategyContext",
    "list_spaces",
    "load_space",
    "run_search",
    "run_tuning",
]
