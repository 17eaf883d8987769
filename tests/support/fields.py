"""Every field of a JSON value, and what somebody may put in its place."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]

VALUES = [
    None, True, False, 0, 1, -1, 2, 7, 10**6, 10**9, 2**63, 10**39, -(10**400), 0.0, -0.0, 0.5, 1e-320, 1e9, 1e100,
    1e308, -1e308, "", "x", "1", "\0", "a\nb", "\x1b[31m", "\u202e", "x" * 100_000, "Z0", "none", "../..",
    "/etc/passwd", [], [0], [None], [[]], [1e308], ["x"], [0] * 5000, {}, {"a": 1}, {"name": "x"},
    {"name": "none", "settings": {}},
]  # fmt: skip


def paths(data: Any, at: Path = ()) -> Iterator[Path]:
    """The way to every value in `data`, itself first."""
    yield at
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from paths(value, (*at, key))


def mutated(data: Any, rng: random.Random) -> tuple[str, Any]:
    """A copy of `data` with one field changed, and what was done to it."""
    at = rng.choice(list(paths(data)))
    if not at:
        value = rng.choice(VALUES)
        return f"all = {value!r:.60}", value
    result = copy.deepcopy(data)
    holder = result
    for key in at[:-1]:
        holder = holder[key]
    return f"{at} {_change(holder, at[-1], rng)}", result


def _change(holder: Any, key: Any, rng: random.Random) -> str:
    kind = rng.randrange(10)
    if kind == 0:
        del holder[key]
        return "taken away"
    if kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
        return "doubled"
    if kind == 1:
        holder[f"{key}x"] = holder.pop(key)
        return "renamed"
    if kind == 2 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
        holder[key] = rng.choice([-holder[key], holder[key] + 1, holder[key] * 1000, float(holder[key])])
        return f"= {holder[key]!r:.60}"
    holder[key] = copy.deepcopy(rng.choice(VALUES))
    return f"= {holder[key]!r:.60}"
