"""`POST /v1/predict`: samples as a person writes them, and what is predicted in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from starlette.requests import Request
from starlette.responses import Response

from qcsearch.errors import DataError
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.engines.base import Answers
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import UnreadableError
from qcsearch.serving.routes.body import parse, read_body
from qcsearch.serving.routes.images import read_image
from qcsearch.serving.routes.schemas import PredictRequest
from qcsearch.serving.service import Service

__all__ = ["ask", "only_model", "predict", "rows_of"]


async def predict(request: Request, service: Service, caller: Caller) -> Response:
    """Answer a person.

    Raises:
        RefusedError: if the body is wrong, or cannot be answered now.
        DataError: if the model cannot take the samples.
    """
    return Response(_told(await ask(request, service, caller)), media_type="application/json")


async def ask(request: Request, service: Service, caller: Caller, most: int | None = None) -> Answers:
    """What a model says of the samples in a body.

    Args:
        request: whose.
        service: that is asked.
        caller: who asks.
        most: samples that the body may have; None for as many as any request.

    Raises:
        RefusedError: if the body is wrong, or cannot be answered now.
        DataError: if the model cannot take the samples.
    """
    asked = parse(PredictRequest, await read_body(request, service.limits.body_bytes))
    served = service.find(caller, asked.model or only_model(service, caller))
    rows = rows_of(asked, served, service)
    service.check_rows(len(rows), most)
    return await service.predict(served, rows, request.state.record)


def only_model(service: Service, caller: Caller) -> str:
    """The model of a request that names none.

    Raises:
        UnreadableError: if the caller may use several, or none.
    """
    names = [model.name for model in service.catalog if caller.sees(model.name)]
    if len(names) != 1:
        raise UnreadableError(
            f"A request must name its model where there are {len(names)}. This one does not.",
            "ask /v1/models for their names.",
        )
    return names[0]


def rows_of(asked: PredictRequest, served: ServedModel, service: Service) -> Any:
    """The samples of a request, for `ServedModel.read`.

    Raises:
        RefusedError: if there are none, too many, or they are no table.
        DataError: if the model cannot take them.
    """
    if (asked.rows is None) == (asked.image is None):
        raise UnreadableError("The body must have 'rows' or 'image'. It has none, or both.")
    if asked.image is not None:
        return read_image(asked.image, served.model.image_shape)
    rows = asked.rows or []
    service.check_rows(len(rows))
    if all(type(row) is list for row in rows):
        return _table(rows, served)
    if all(type(row) is dict for row in rows):
        return _named(rows, served)
    raise UnreadableError("The rows must all be lists, or all be objects. They are mixed.")


def _table(rows: list[Any], served: ServedModel) -> Any:
    """Cells in the order of the features."""
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise DataError(
            "X is ragged: its rows differ in length or cannot be read as numbers.",
            "give all samples the same number of features; images must have one size.",
        )
    if not served.takes_text and all(type(cell) in (float, int) for row in rows for cell in row):
        return np.array(rows, np.float64)
    cells = np.empty((len(rows), width), object)
    for i, row in enumerate(rows):
        cells[i, :] = row
    return cells


def _named(rows: list[Any], served: ServedModel) -> Any:
    """Cells by the features' names; others are left out, as those of a table are."""
    names = served.model.feature_names
    if not names:
        raise DataError("The model's features have no names.", "give each row as a list.")
    for i, row in enumerate(rows):
        if missing := next((name for name in names if name not in row), None):
            raise DataError(
                f"X has no feature '{missing}' in row {i + 1}.", "give the features of the training."
            )
    return _table([[row[name] for name in names] for row in rows], served)


def _told(answers: Answers) -> bytes:
    return orjson.dumps(
        {
            "model": answers.model.name,
            "digest": answers.model.digest,
            "kind": answers.kind,
            "source": answers.source,
            "predictions": answers.predictions,
        }
    )
