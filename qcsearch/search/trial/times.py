"""Where the time of a search goes: the stages of its trials, and their shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qcsearch.search.trial.record import TrialRecord

__all__ = ["STAGES", "StageTime", "stage_times"]

STAGES = {
    "sampler": "drawing parameters, with what the study must look up and write down for it",
    "proposal": "the strategy's own search for a candidate",
    "prepare": "fitting the preprocessing",
    "build": "the logical circuit",
    "map": "the circuit on the device",
    "compile": "the noise model and the programs that simulate",
    "predictors": "training-free figures",
    "train": "training and validation",
    "store": "reports at the rungs, duplicates looked up, and the record of the worker's trial before",
    "other": "the rest",
}
"""What a trial spends its time on, in the order of the work."""


@dataclass(frozen=True)
class StageTime:
    """One stage over many trials.

    Attributes:
        stage: its name.
        seconds: in all trials, over all workers.
        share: of the seconds of all stages, in [0, 1].
    """

    stage: str
    seconds: float
    share: float


def stage_times(records: Iterable[TrialRecord]) -> list[StageTime]:
    """The stages that took any time, in the order of the work.

    Args:
        records: of finished trials.
    """
    found = list(records)
    totals = {stage: sum(record.times.get(stage, 0.0) for record in found) for stage in STAGES}
    whole = sum(totals.values())
    return [StageTime(stage, seconds, seconds / whole) for stage, seconds in totals.items() if seconds > 0]
