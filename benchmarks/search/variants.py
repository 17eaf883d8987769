"""Strategies with other settings, under names that only benchmarks know."""

from __future__ import annotations

from functools import partial

from qcsearch.search.strategies import STRATEGIES
from qcsearch.search.strategies.elivagar import Elivagar

__all__ = ["BENCHMARK_ONLY"]

BENCHMARK_ONLY = {
    "elivagar_both": partial(Elivagar, keep=1.0, min_cnr=0.0),
    "elivagar_random": partial(Elivagar, pool=1, keep=1.0, min_cnr=0.0),
}
"""Every circuit of the pool gets both predictors; circuits of Élivágar's kind, trained as they are drawn."""

for _name, _strategy in BENCHMARK_ONLY.items():
    STRATEGIES.register(_name)(_strategy)
