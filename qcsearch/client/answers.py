"""What a service says, as values; an answer of another form is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from qcsearch.errors import UnavailableError

__all__ = ["Prediction", "Predictions", "read_models", "read_predictions"]


@dataclass(frozen=True)
class Prediction:
    """What is predicted of one sample.

    Attributes:
        label: class or number; a list where a sample has several.
        probabilities: of each class or label; None of numbers.
    """

    label: Any
    probabilities: dict[str, float] | None


@dataclass(frozen=True)
class Predictions:
    """What is predicted of the samples of a request, in their order, and what that is worth.

    Attributes:
        model: name of the model.
        digest: of its bundle: SHA-256 of the manifest.
        kind: `simulated exact`, `fake-backend` or `hardware`.
        source: what computed.
        predictions: one a sample.
        request_id: under which the service's log has the request.
    """

    model: str
    digest: str
    kind: str
    source: str
    predictions: tuple[Prediction, ...]
    request_id: str = ""

    @property
    def labels(self) -> list[Any]:
        """Of each sample."""
        return [prediction.label for prediction in self.predictions]


@checked(frozen=True, config=ConfigDict(extra="ignore"))
class _Models:
    models: tuple[str, ...]


_PREDICTIONS, _MODELS = TypeAdapter(Predictions), TypeAdapter(_Models)


def read_predictions(content: bytes, request_id: str, n_samples: int) -> Predictions:
    """The answer to a prediction.

    Raises:
        UnavailableError: if it is none, or of another number of samples.
    """
    found: Predictions = _read(_PREDICTIONS, content, request_id)
    if len(found.predictions) != n_samples:
        raise UnavailableError(
            f"The service must answer for {n_samples:,} samples. It has for {len(found.predictions):,}.",
            request_id=request_id,
        )
    return found


def read_models(content: bytes, request_id: str) -> tuple[str, ...]:
    """The names of models.

    Raises:
        UnavailableError: if these are none.
    """
    found: _Models = _read(_MODELS, content, request_id)
    return found.models


def _read(adapter: TypeAdapter[Any], content: bytes, request_id: str) -> Any:
    try:
        data = json.loads(content)
        return adapter.validate_python(data | {"request_id": request_id} if isinstance(data, dict) else data)
    except (ValidationError, ValueError, RecursionError):
        raise UnavailableError(
            "What answered is no service of qcsearch: its answer has another form.",
            "check the address.",
            request_id=request_id,
        ) from None
