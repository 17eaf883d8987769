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
"""Metrics that a lower loss is better for."""

_RUNNING = 0.5


@dataclass(frozen=True, eq=False)
class Seen:
    """The trials that say something, in rows.

    A score is what is asked for, but an accuracy is a count of few samples and often equal; a loss is finer, but lower
    also where a model is surer without being right more often. So trials are told apart by both. Losses of one kind
    alone can be compared: of one loss, of one metric that it stands for, and of heads that are trained, not fitted in
    one go. Where there are others, scores decide.

    Attributes:
        params: of each.
        progress: which share of its training steps it did, in (0, 1].
        ranks: mean of those by validation score and by validation loss among all, in (0, 1], lower is better; what
            broke a constraint or went wrong has the worst, what runs the middle one.
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
        measures = [_error] + [_loss] * _comparable([record for record in records if record is not None])
        each = [rankdata([np.inf if one is None else of(one) for one in records]) for of in measures]
        ranks = np.mean(each, axis=0) / max(1, len(found))
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


def _loss(record: dict[str, Any]) -> float:
    return float(record["validation_loss"])


def _error(record: dict[str, Any]) -> float:
    score = record["validation_score"]
    return -float(max(value for _, value in record["history"]) if score is None else score)


def _progress(record: dict[str, Any] | None) -> float:
    if record is None or not record["steps"]:
        return 1.0
    return min(1.0, float(record["steps"] / record["candidate"]["training"]["steps"]))
