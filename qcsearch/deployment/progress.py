"""How far work on a backend is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["OnProgress", "Progress"]


@dataclass(frozen=True)
class Progress:
    """How far work on a backend is.

    Attributes:
        stage: `before`, `tuning`, `after` or `test` of a deployment; `predict`.
        done: steps or samples of the stage.
        total: number of steps or samples that the stage has in all.
    """

    stage: str
    done: int
    total: int


OnProgress: TypeAlias = Callable[[Progress], None]
