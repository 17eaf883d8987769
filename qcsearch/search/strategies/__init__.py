"""The strategies: how the next candidate is chosen and when a trial is stopped.

One file each; another is a class with the two methods of `Strategy`, registered here or through the
entry-point group `qcsearch.strategies`.
"""

from __future__ import annotations

from qcsearch.search.strategies import (
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

__all__ = [
    "STRATEGIES",
    "Brief",
    "Maker",
    "Proposal",
    "Strategy",
    "elivagar",
    "expressibility",
    "nsga2",
    "quantumdarts",
    "quantumnas",
    "random",
    "supernet",
    "tpe",
]
