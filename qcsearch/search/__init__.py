"""The search: spaces, strategies, constraints, the study and its leaderboard.

```
search.py       run_search: the one call;  session.py one session of it;  budget.py totals over sessions
space.py        a space from TOML (space_file.py its keys, parameters.py what a trial draws,
                bound.py what is possible for these data on this device: from parameters to a candidate)
objective.py    a candidate to its record;  features.py the data it sees;  constraints.py;  record.py
predictors/     figures of an untrained candidate;  foresight.py their limits;  correlation.py what they are worth
study.py        Optuna's study;  journal.py its file and the locks;  seeded.py;  ladder.py;  strategies/
work.py         ask, evaluate, tell;  workers.py and worker.py: the same in several processes
refit.py        the best again, several seeds;  evaluate.py the one look at the test part
comparisons.py  what the winner is compared with, when it is saved;  classical.py
run_folder.py   what is where;  run_config.py;  leaderboard.py;  result.py;  events.py what is told meanwhile
```
"""
