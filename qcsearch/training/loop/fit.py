"""What a training hands back: the best weights, its history, and why it ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from qcsearch.storage.canonical import Json
from qcsearch.training.parameters import Parameters

__all__ = ["Fit", "Record", "Stop"]


class Stop(StrEnum):
    """Why a training ended."""

    STEPS = "steps"
    FITTED = "fitted"
    TARGET_ACCURACY = "target_accuracy"
    TARGET_LOSS = "target_loss"
    PLATEAU = "plateau"
    CONVERGED = "converged"
    BUDGET = "budget"
    PRUNED = "pruned"
    DIVERGED = "diverged"

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self]


_SENTENCES = {
    Stop.STEPS: "All steps were done.",
    Stop.FITTED: "The head was fitted; the circuit has no weights to train.",
    Stop.TARGET_ACCURACY: "The validation score reached its target.",
    Stop.TARGET_LOSS: "The training loss fell to its target.",
    Stop.PLATEAU: "The validation stopped improving.",
    Stop.CONVERGED: "The optimizer found nothing lower.",
    Stop.BUDGET: "The time was used up.",
    Stop.PRUNED: "The callback asked to stop.",
    Stop.DIVERGED: "The loss was no longer a finite number; the last good weights were kept.",
}


@dataclass(frozen=True)
class Record:
    """One validation.

    Attributes:
        step: optimizer steps done.
        loss: training loss at the last step, None before the first.
        validation_score: in the metric of the data, None without validation data.
        validation_loss: None without validation data, or if it was not finite.
    """

    step: int
    loss: float | None
    validation_score: float | None
    validation_loss: float | None

    def to_json(self) -> dict[str, Json]:
        """Return the record as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Fit:
    """A finished training.

    Attributes:
        parameters: of the step with the best validation, or of the last without validation data, or if that was asked
            for.
        history: the validations in order.
        stopped: why it ended; `stopped.sentence` in words.
        steps: optimizer steps done.
        validation_score: of the weights handed back, None without validation data.
        validation_loss: of the weights handed back, None without validation data, or if it was not finite.
    """

    parameters: Parameters
    history: tuple[Record, ...]
    stopped: Stop
    steps: int
    validation_score: float | None
    validation_loss: float | None = None
