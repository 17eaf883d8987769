"""`/v1/jobs`: predictions on the backend, asked now and fetched later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from qcsearch.serving.access.caller import Caller
from qcsearch.serving.jobs.desk import Desk
from qcsearch.serving.jobs.store import Job
from qcsearch.serving.routes.body import parse, read_body
from qcsearch.serving.routes.people import only_model, rows_of
from qcsearch.serving.routes.schemas import PredictRequest
from qcsearch.serving.service import Service

__all__ = ["cancel", "look", "submit"]

_POLL_SECONDS = 1
_ENDED = ("done", "failed", "cancelled")


async def submit(request: Request, service: Service, desk: Desk, caller: Caller) -> Response:
    """Take a job; 202, with its address.

    Raises:
        RefusedError: if the body is wrong, or it cannot be taken now.
        DataError: if the model cannot take the samples.
    """
    caller.check("predict:qpu")
    body = await read_body(request, service.limits.body_bytes)
    name, record = request.headers.get("idempotency-key"), request.state.record
    async with desk.once(caller, name, body) as known:
        if known is None:
            asked = parse(PredictRequest, body)
            model = service.find(caller, asked.model or only_model(service, caller), scope="predict:qpu")
            rows = model.read(rows_of(asked, model, service))
            service.check_rows(len(rows))
            known = await desk.submit(caller, model, rows, name, body)
            record.rows = len(rows)
            service.seen(model, rows)
    record.model, record.digest = known.model, known.digest
    return _answer(desk, known, 202)


async def look(request: Request, desk: Desk, caller: Caller, job: str) -> Response:
    """How far a job is, and its answer once it is done.

    Raises:
        UnknownJobError: if the caller has no such job.
    """
    caller.check("jobs")
    return _answer(desk, await desk.find(caller, job), 200)


async def cancel(request: Request, desk: Desk, caller: Caller, job: str) -> Response:
    """Cancel a job that waits.

    Raises:
        UnknownJobError: if the caller has no such job.
        ConflictError: if it is too late.
    """
    caller.check("jobs")
    return _answer(desk, await desk.cancel(caller, job), 200)


def _answer(desk: Desk, job: Job, status: int) -> Response:
    headers = {"Location": f"/v1/jobs/{job.id}"} if status == 202 else {}
    headers |= {} if job.status in _ENDED else {"Retry-After": str(_POLL_SECONDS)}
    return Response(orjson.dumps(_told(desk, job)), status, headers, "application/json")


def _told(desk: Desk, job: Job) -> dict[str, Any]:
    """A job as `schemas.Job` has it."""
    return {
        "id": job.id,
        "status": job.status,
        "model": job.model,
        "digest": job.digest,
        "rows": job.rows,
        "created": _moment(job.created),
        "ended": None if job.ended is None else _moment(job.ended),
        "qpu_seconds": job.qpu_microseconds / 1e6,
        "dollars": job.microdollars / 1e6,
        "problem": job.problem,
        "result": desk.result(job),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
