"""The search: spaces, strategies, the study, its workers, and what becomes of the best.

search.py       `run_search`: the one call;  session.py one session of it;  tune.py an earlier run's best elsewhere
budget.py       totals over sessions;  events.py what is told meanwhile
space/          a space from TOML, what a trial draws from it, and what of it is possible for these data on this device
trial/          a candidate to its record: constraints, predictors' limits, training
predictors/     figures of an untrained candidate
strategies/     how the next candidate is chosen, and when a trial is stopped
study/          Optuna's study and its journal; what an earlier run gives to a new one
workers/        ask, evaluate, tell; the same in several processes
finish/         the best again from several seeds, the one look at the test part, comparisons, the leaderboard
run/            the run folder: configuration, history, result
"""
