"""What a service asks of whatever computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.models.steps import Steps
from qcsearch.training.expectations import Floats

__all__ = ["Answers", "Engine"]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of the samples of one request.

    Attributes:
        model: the model.
        kind: what stands behind the numbers: `simulated exact`, `fake-backend` or `hardware`.
        source: the same with its name, as the command line says it.
        labels: `(n_samples,)` or `(n_samples, n_outputs)`, in the words of the training.
        figures: probabilities, or numbers in their own units, `(n_samples, n_outputs)`.
        steps: the way there.
    """

    model: ServedModel
    kind: str
    source: str
    labels: NDArray[Any]
    figures: Floats
    steps: Steps

    def __len__(self) -> int:
        return len(self.figures)

    @property
    def predictions(self) -> list[dict[str, Any]]:
        """One a sample, as JSON values."""
        return self.model.predictions(self.labels, self.figures)


class Engine(Protocol):
    """Computes answers, and never on the event loop."""

    async def answer(self, model: ServedModel, rows: Floats, deadline: float) -> Answers:
        """What a model says of samples.

        Args:
            model: the model.
            rows: what its `read` returned.
            deadline: in seconds of `time.monotonic`, after which nobody waits for it any more.

        Raises:
            BusyError: if too much waits already.
            ExpiredError: if the deadline passed before it was computed.
            QCSearchError: if the model cannot answer.
        """
        ...

    async def close(self) -> None:
        """Compute what was asked and take no more."""
        ...
