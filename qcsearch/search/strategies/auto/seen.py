"""What the trials so far say of their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

__all__ = ["Seen"]

_BY_LOSS = ("accuracy", "neg_log_loss", "r2")
"""Metrics that a lower loss is better for; by others trials are told apart by the score itself."""

_RUNNING = 0.5


@dataclass(frozen=True, eq=False)
class Seen:
    """The trials that say something, in rows.

    Losses say more than accuracies, which are counts of few samples and often equal; but those of one kind alone can be
    compared: of one loss, of one metric that it stands for, and of heads that are trained, not fitted in one go. Where
    there are others, trials are told apart by their scores.

    Attributes:
        params: of each.
        progress: which share of its training steps it did, in (0, 1].
        ranks: of its validation loss, or score, among all, in (0, 1], lower is better; what broke a constraint or went
            wrong has the worst, what runs the middle one.
        whole: whether it was trained to its end.
        n_finished: number of finished trials.
    """

    params: tuple[dict[str, Any], ...]
    progress: NDArray[np.float64]
    ranks: NDArray[np.float64]
    whole: NDArray[np.bool_]
    n_finished: int

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial], space: dict[str, BaseDistribution]) -> Seen:
        """The rows of these trials, as far as they have all parameters of the space."""
        from scipy.stats import rankdata

        found = [trial for trial in trials if space.keys() <= trial.params.keys()]
        records = [_trained(trial) for trial in found]
        running = np.array([not trial.state.is_finished() for trial in found], dtype=bool)
        whole = np.array([trial.state == TrialState.COMPLETE for trial in found], dtype=bool)
        by_loss = _comparable([record for record in records if record is not None])
        bad = np.array([_badness(record, by_loss) for record in records])
        ranks = rankdata(bad) / max(1, len(bad))
        ranks[running] = _RUNNING
        params = tuple({name: trial.params[name] for name in space} for trial in found)
        progress = np.array([_progress(record) for record in records])
        return cls(params, progress, ranks, whole, int(np.sum(~running)))

    def best(self, count: int) -> list[dict[str, Any]]:
        """The parameters of the best that were trained to their end, all with other parameters."""
        found: list[dict[str, Any]] = []
        for row in np.argsort(self.ranks, kind="stable"):
            if self.whole[row] and len(found) < count and self.params[row] not in found:
                found.append(self.params[row])
        return found


def _trained(trial: FrozenTrial) -> dict[str, Any] | None:
    """The record of a trial that was trained, if only to its first rung."""
    record: dict[str, Any] | None = trial.user_attrs.get("record")
    if record is None or not (record["history"] or record["validation_score"] is not None):
        return None
    return record


def _comparable(records: Sequence[dict[str, Any]]) -> bool:
    kinds = {(record["metric"], record["candidate"]["training"]["loss"]) for record in records}
    return (
        len(kinds) == 1
        and next(iter(kinds))[0] in _BY_LOSS
        and all(record["steps"] and record["validation_loss"] is not None for record in records)
    )


def _badness(record: dict[str, Any] | None, by_loss: bool) -> float:
    if record is None:
        return np.inf
    if by_loss:
        return float(record["validation_loss"])
    score = record["validation_score"]
    return -float(max(value for _, value in record["history"]) if score is None else score)


def _progress(record: dict[str, Any] | None) -> float:
    if record is None or not record["steps"]:
        return 1.0
    return min(1.0, float(record["steps"] / record["candidate"]["training"]["steps"]))
