"""Slips of the pen: the known name that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["meant"]

_MOST = 3
_NEAR = 0.55
_LONGEST = 80
"""Characters of a name that may be a slip of the pen; longer ones are not compared, which takes its time."""


def meant(word: object, known: Iterable[str]) -> str | None:
    """The question *did you mean 'pca'?*, or None if no known name is near.

    Upper and lower case are the same, and so are spaces, hyphens and underscores.

    Args:
        word: what was said; anything that is no text is near to nothing.
        known: what could have been said.
    """
    if not isinstance(word, str) or not 0 < len(word) <= _LONGEST:
        return None
    plain = {_plain(name): name for name in known}
    said = _plain(word)
    close = difflib.get_close_matches(said, plain, n=_MOST, cutoff=_NEAR)
    close = close or [name for name in plain if sorted(name) == sorted(said)]  # 'yr' for 'ry'
    return f"did you mean {' or '.join(repr(plain[name]) for name in close)}?" if close else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
