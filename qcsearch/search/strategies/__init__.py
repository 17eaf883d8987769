"""The strategies: how the next candidate is chosen and when a trial is stopped.

One file each; another is a class with the two methods of `Strategy`, or the four of `CircuitGenerator`, registered
here or through the entry-point group `qcsearch.strategies`. One that is made of more than that has a folder; what
several are made of is in `ingredients/`.
"""

from __future__ import annotations

from qcsearch.search.strategies import elivagar, expressibility, nsga2, random, supernet, tpe
from qcsearch.search.strategies.auto import auto
from qcsearch.search.strategies.base import STRATEGIES, CircuitGenerator, Proposal, Strategy, StrategyContext
from qcsearch.search.strategies.quantumdarts import quantumdarts
from qcsearch.search.strategies.quantumnas import quantumnas
from qcsearch.search.strategies.settings import check_strategy, create_strategy

__all__ = [
    "STRATEGIES",
    "CircuitGenerator",
    "Proposal",
    "Strategy",
    "StrategyContext",
    "auto",
    "check_strategy",
    "create_strategy",
    "elivagar",
    "expressibility",
    "nsga2",
    "quantumdarts",
    "quantumnas",
    "random",
    "supernet",
    "tpe",
]
