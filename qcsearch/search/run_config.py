"""The configuration of a run: what was asked for, as run.json holds it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

import qcsearch

__all__ = ["Origin", "RunConfig"]

_SAME = (
    ("data set", "dataset", "dataset_digest"),
    ("device snapshot", "device", "device_digest"),
    ("limit of two-qubit gates", "max_two_qubit_gates", "max_two_qubit_gates"),
    ("limit of the duration in µs", "max_duration_us", "max_duration_us"),
    ("search space", "space", "space_fingerprint"),
    ("strategy", "strategy", "strategy"),
    ("strategy options", "strategy_options", "strategy_options"),
    ("seed", "seed", "seed"),
    ("beginning", "beginning", "beginning"),
)
"""What two sessions of one run have in common: in words, by name, by content."""


class Origin(BaseModel):
    """The run that a run began with.

    Attributes:
        kind: `tuned` if the run is that run's best for another snapshot, `seeded` if it began with them.
        run: the other run's folder.
        device: name of its device.
        trial: number of its winner, None if there was none yet.
        validation_accuracy: of its winner, under its device's noise.
        test_accuracy_noisy: of its winner, under its device's noise.
        without_pqc: test accuracy of its winner with the trained gates taken out.
        seconds: that it took.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: Literal["tuned", "seeded"]
    run: str
    device: str
    trial: int | None = None
    validation_accuracy: float | None = None
    test_accuracy_noisy: float | None = None
    without_pqc: float | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.kind} from {self.run}"


class RunConfig(BaseModel):
    """What a run was asked for. What may differ when it goes on: the totals and the workers.

    Attributes:
        schema_version: of the folder.
        qcsearch: version that made it.
        dataset: what the data set is called.
        dataset_digest: SHA-256 of its content.
        drop: columns that were left out of it.
        device: name of the device.
        calibrated_at: of its snapshot.
        device_digest: SHA-256 of its facts.
        space: name of the search space.
        space_fingerprint: SHA-256 of its meaning.
        strategy: how candidates are chosen.
        strategy_options: of the strategy, by name, where they are not its own defaults.
        seed: everything random comes from it.
        n_trials: total of trials, None for no limit.
        max_seconds: total of seconds, None for no limit.
        max_two_qubit_gates: limit of a mapped circuit on top of the space's own, None for no other.
        max_duration_us: the same of one execution, in microseconds.
        workers: processes.
        origin: the run that it began with, None if there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: int = Field(default=1, ge=1, le=1)
    qcsearch: str = qcsearch.__version__
    dataset: str
    dataset_digest: str
    drop: list[str] = []
    device: str
    calibrated_at: str
    device_digest: str
    space: str
    space_fingerprint: str
    strategy: str
    strategy_options: dict[str, Any] = {}
    seed: int = Field(ge=0)
    n_trials: int | None = None
    max_seconds: float | None = None
    max_two_qubit_gates: int | None = None
    max_duration_us: float | None = None
    workers: int = 1
    origin: Origin | None = None

    @property
    def tuned(self) -> bool:
        """Whether it is a run of `qcsearch tune`."""
        return self.origin is not None and self.origin.kind == "tuned"

    @property
    def beginning(self) -> str | None:
        """What it began with, in words."""
        return None if self.origin is None else str(self.origin)

    def difference(self, other: RunConfig) -> tuple[str, str, str] | None:
        """What keeps another configuration from going on with this run, with this one's and its; None for nothing."""
        for what, name, content in _SAME:
            if getattr(self, content) != getattr(other, content):
                theirs, mine = (_said(getattr(config, name)) for config in (self, other))
                return what, theirs, mine if mine != theirs else f"{mine} with another content"
        return None


def _said(value: object) -> str:
    return "none" if value is None or value == {} else repr(value)
