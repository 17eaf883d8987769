"""What a service says, as values; an answer of another form is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from qcsearch.errors import UnavailableError

__all__ = ["Job", "Prediction", "Predictions", "read_job", "read_models", "read_predictions"]


@dataclass(frozen=True)
class Prediction:
    """What is predicted of one sample.

    Attributes:
        label: class or number; a list where a sample has several.
        probabilities: of each class or label; None of numbers.
        errors: standard deviations that the shots leave, by the same names; None of exact ones.
    """

    label: Any
    probabilities: dict[str, float] | None
    errors: dict[str, float] | None = None


@dataclass(frozen=True)
class Predictions:
    """What is predicted of the samples of a request, in their order, and what that is worth.

    Attributes:
        model: name of the model.
        digest: of its bundle: SHA-256 of the manifest.
        kind: `simulated exact`, `fake-backend` or `hardware`.
        source: what computed.
        predictions: one a sample.
        shots: runs of each circuit; None of the exact engine.
        request_id: under which the service's log has the request.
    """

    model: str
    digest: str
    kind: str
    source: str
    predictions: tuple[Prediction, ...]
    shots: int | None = None
    request_id: str = ""

    @property
    def labels(self) -> list[Any]:
        """Of each sample."""
        return [prediction.label for prediction in self.predictions]


@dataclass(frozen=True)
class Job:
    """A prediction on a service's backend, and how far it is.

    Attributes:
        id: its name.
        status: `waiting`, `running`, `done`, `failed` or `cancelled`.
        model: name of the model.
        rows: number of samples.
        qpu_seconds: its share of what the backend billed so far.
        dollars: the same in US dollars.
        problem: why it failed; None if it did not.
        result: of a job that is done.
        request_id: under which the service's log has the request.
    """

    id: str
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    model: str
    rows: int
    qpu_seconds: float
    dollars: float
    problem: str | None = None
    result: Predictions | None = None
    request_id: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status not in ("waiting", "running")


@checked(frozen=True, config=ConfigDict(extra="ignore"))
class _Models:
    models: tuple[str, ...]


_PREDICTIONS, _MODELS, _JOB = TypeAdapter(Predictions), TypeAdapter(_Models), TypeAdapter(Job)


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


def read_job(content: bytes, request_id: str) -> Job:
    """A job.

    Raises:
        UnavailableError: if it is none, or done without an answer to each sample.
    """
    found: Job = _read(_JOB, content, request_id)
    told = 0 if found.result is None else len(found.result.predictions)
    if found.status == "done" and told != found.rows:
        raise UnavailableError(
            f"The service must answer for {found.rows:,} samples. It has for {told:,}.", request_id=request_id
        )
    return found


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
