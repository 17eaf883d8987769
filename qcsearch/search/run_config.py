"""The configuration of a run: what was asked for, as run.json holds it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

import qcsearch

__all__ = ["RunConfig"]


class RunConfig(BaseModel):
    """What a run was asked for. What may differ when it goes on: the totals and the workers.

    Attributes:
        schema_version: of the folder.
        qcsearch: version that made it.
        dataset: what the data set is called.
        dataset_digest: SHA-256 of its content.
        device: name of the device.
        calibrated_at: of its snapshot.
        device_digest: SHA-256 of its facts.
        space: name of the search space.
        space_fingerprint: SHA-256 of its meaning.
        strategy: how candidates are chosen.
        seed: everything random comes from it.
        n_trials: total of trials, None for no limit.
        max_seconds: total of seconds, None for no limit.
        max_two_qubit_gates: limit of a mapped circuit on top of the space's own, None for no other.
        max_duration_us: the same of one execution, in microseconds.
        workers: processes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: int = Field(default=1, ge=1, le=1)
    qcsearch: str = qcsearch.__version__
    dataset: str
    dataset_digest: str
    device: str
    calibrated_at: str
    device_digest: str
    space: str
    space_fingerprint: str
    strategy: str
    seed: int = Field(ge=0)
    n_trials: int | None = None
    max_seconds: float | None = None
    max_two_qubit_gates: int | None = None
    max_duration_us: float | None = None
    workers: int = 1
