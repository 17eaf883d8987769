"""How a model is measured on a backend, and how it is deployed to one: what a person may choose."""

from __future__ import annotations

from dataclasses import dataclass, field

from qcsearch.deployment.cost.checks import check_number
from qcsearch.deployment.finetune.options import TuningOptions
from qcsearch.deployment.values import MAX_SHOTS

__all__ = ["DeploymentSettings", "MeasurementSettings"]

_MOST = 1_000_000
"""Beyond any use: it stops a number that was meant for something else."""


@dataclass(frozen=True)
class MeasurementSettings:
    """How a model's circuit is measured.

    Attributes:
        shots: runs of each circuit in each measurement basis, in [1, 1_000_000].
        seed: seed of everything random, the executor's own randomness included, ≥ 0.
        canaries: whether each job carries two circuits with a known answer, for a verdict on the readout.
        mitigate: whether the readout errors that they show are taken out of the results.

    Raises:
        InputError: if a number is out of range.
    """

    shots: int = 4096
    seed: int = 0
    canaries: bool = False
    mitigate: bool = False

    def __post_init__(self) -> None:
        self._check("shots", 1, MAX_SHOTS)
        self._check("seed", 0, 2**63 - 1)

    def _check(self, name: str, low: int, high: int) -> None:
        check_number(type(self).__name__, name, getattr(self, name), low, high)


@dataclass(frozen=True)
class DeploymentSettings(MeasurementSettings):
    """How a model is tuned and measured on a backend.

    Attributes:
        steps: training steps on the backend, ≥ 0.
        tuning: how the steps are taken.
        max_validation: samples of the validation part that are measured, at most.
        max_test: samples of the test part that are measured, at most.

    Raises:
        InputError: if a number is out of range, or the first step has more shots than the last.
    """

    steps: int = 10
    tuning: TuningOptions = field(default_factory=TuningOptions)
    max_validation: int = 200
    max_test: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("steps", 0, _MOST)
        self._check("max_validation", 1, _MOST)
        self._check("max_test", 1, _MOST)
        self.tuning.schedule.check(self.shots)
