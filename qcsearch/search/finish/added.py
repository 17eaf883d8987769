"""What entanglement, search, training and noise in it each added to the winner: one sentence, also where nothing."""

from __future__ import annotations

from collections.abc import Iterable

from qcsearch.search.finish.baselines.base import NOISELESS, RANDOM, REFITTED, START, UNENTANGLED
from qcsearch.search.finish.rows import Row
from qcsearch.wording import is_share, metric, points, probability

__all__ = ["added"]

_PARTS = {
    UNENTANGLED: "entanglement",
    START: "search",
    RANDOM: "training of the circuit",
    NOISELESS: "noise in the training",
    REFITTED: "noise in training the circuit, against a head refitted under noise,",
}


def added(rows: Iterable[Row]) -> str:
    """The sentence, of those of its baselines that were measured; empty if none was.

    Args:
        rows: of the leaderboard.
    """
    found = {row.name: row for row in rows if row.difference is not None}
    measured = [(what, found[name]) for name, what in _PARTS.items() if name in found]
    if not measured:
        return ""
    parts = [_part(what, row) for what, row in measured]
    first = measured[0][1]
    at = f" at {first.shots:,} shots" if first.for_shots else ""
    return f"What it added{at}, on n = {first.n_samples:,} test samples: {'; '.join(parts)}."


def _part(what: str, row: Row) -> str:
    found = row.difference
    assert found is not None
    unit = " points" if is_share(row.measure) else f" of {metric(row.measure)}"
    told = "" if found.settled else ", which cannot be told from nothing"
    value, low, high = (points(x, row.measure) for x in (found.value, found.low, found.high))
    p = probability(found.p)
    error = f"95 % interval {low} to {high}, p {p if p.startswith('<') else f'= {p}'}"
    return f"{what} {value}{unit} ({error}){told}"
