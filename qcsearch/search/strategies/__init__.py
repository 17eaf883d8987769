"""The strategies: how the next candidate is chosen and when a trial is stopped.

One file each; another is a class with the two methods of `Strategy`, or the four of `Maker`, registered here or
through the entry-point group `qcsearch.strategies`. What makers are built of: `neighbours.py` and `refine.py`
(auto), `native.py` (elivagar), `genes.py`, `evolution.py` and `pruning.py` (quantumnas, expressibility), `lesson.py`
and `shared.py` (quantumnas, supernet), `differentiable.py` (quantumdarts).
"""

from __future__ import annotations

from qcsearch.search.strategies import (
    auto,
    elivagar,
    expressibility,
    nsga2,
    quantumdarts,
    quantumnas,
    random,
    supernet,
    tpe,
)
from qcsearch.search.strategies.base import STRATEGIES, Brief, Maker, Proposal, Strategy
from qcsearch.search.strategies.settings import check_strategy, create_strategy

__all__ = [
    "STRATEGIES",
    "Brief",
    "Maker",
    "Proposal",
    "Strategy",
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
