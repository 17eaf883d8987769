"""Whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from qcsearch.serving.access.quota import UNBOUNDED, Quota
from qcsearch.serving.refusals import ForbiddenError, UnknownModelError

__all__ = ["ANYBODY", "SCOPES", "Caller", "Scope"]

Scope: TypeAlias = Literal["predict", "predict:qpu", "jobs", "explain", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""`predict`: metadata and predictions. `predict:qpu`: jobs for a backend. `jobs`: to look at one's own, and to cancel
them. `explain`: how predictions come about, all of a model. `admin`: metrics, reloads."""


@dataclass(frozen=True)
class Caller:
    """Whoever asks, and what for they may.

    Attributes:
        name: of the key, for logs; empty if there are no keys.
        scopes: what it may be used for.
        models: which it may be used with; None for all.
        key: id of the key.
        quota: what it may use.
    """

    name: str
    scopes: frozenset[Scope]
    models: frozenset[str] | None = None
    key: str = ""
    quota: Quota = UNBOUNDED

    def check(self, scope: Scope) -> None:
        """Pass if it may be used for this.

        Raises:
            ForbiddenError: if not.
        """
        if scope not in self.scopes:
            raise ForbiddenError(f"The key must have the scope '{scope}'. It has not.")

    def sees(self, model: str) -> bool:
        """Whether it may be used with a model."""
        return self.models is None or model in self.models

    def check_model(self, model: str) -> None:
        """Pass if it may be used with a model.

        Raises:
            UnknownModelError: if not: what one may not see is not there.
        """
        if not self.sees(model):
            raise UnknownModelError(
                "There is no such model here.", "ask /v1/models for those that there are."
            )


ANYBODY = Caller("", frozenset(SCOPES))
"""Where there are no keys, whoever reaches the service may ask."""
