"""A trial that a worker has asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optuna.trial import Trial

from qcsearch.candidate.candidate import Candidate
from qcsearch.search.trial.warm_start import WarmStart
from qcsearch.storage.canonical import Json

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """A trial to run.

    Attributes:
        trial: Optuna's, to report to.
        params: every parameter, those with one value included.
        candidate: what they mean; a strategy that makes candidates starts from it.
        worker: who asked.
        warm_start: the candidate of an earlier run to evaluate instead, if it is one.
    """

    trial: Trial
    params: Mapping[str, Json]
    candidate: Candidate
    worker: str
    warm_start: WarmStart | None = None

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number
