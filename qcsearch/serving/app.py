"""The routes, and their OpenAPI document."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qcsearch._version import __version__
from qcsearch.errors import QCSearchError
from qcsearch.serving.access.caller import Caller
from qcsearch.serving.audit.log import AuditLog
from qcsearch.serving.http.local import LocalOnly
from qcsearch.serving.jobs.desk import Desk
from qcsearch.serving.page.document import document
from qcsearch.serving.routes import jobs, open_inference, people, repository, schemas
from qcsearch.serving.routes.explain import explain
from qcsearch.serving.routes.problems import documented, on_http_error, on_refusal
from qcsearch.serving.service import Service
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.middleware import Watched

__all__ = ["make_app"]

_MODEL = "/v2/models/{name}"
_VERSION = "/v2/models/{name}/versions/{version}"
_LOAD = "/v2/repository/models/{name}/load"
_JOB = "/v1/jobs/{job}"
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A request that comes again under the same one is answered as the first was, and billed once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_ADMITTED = documented(401, 403, 429, 503)
_NAMED = documented(401, 403, 404, 429, 503)
_READ_HERE = (schemas.InferRequest, schemas.LoadRequest, schemas.PredictRequest, schemas.Problem)


def make_app(
    service: Service, log: Log, audit: AuditLog | None = None, *, page: bool = False, local: bool = False
) -> Watched:
    """The ASGI application of a service.

    Args:
        service: what its routes ask.
        log: gets a line a request.
        audit: the same, signed; None to keep none.
        page: whether there is a page at `/`, and the route that shows how an answer comes about.
        local: whether it answers to this machine's own names alone.
    """
    app = FastAPI(
        title="qcsearch", version=__version__, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        description="Trained quantum models: the Open Inference Protocol v2, and /v1/predict for people.",
    )  # fmt: skip
    app.add_exception_handler(QCSearchError, on_refusal)
    app.add_exception_handler(HTTPException, on_http_error)
    _open_routes(app, service)
    _model_routes(app, service)
    _people_routes(app, service)
    if page:
        _page_routes(app, service)
    if service.desk is not None:
        _job_routes(app, service, service.desk)
    _describe(app)
    return Watched(LocalOnly(app) if local else app, service, log, audit)


def _open_routes(app: FastAPI, service: Service) -> None:
    """What anybody may ask: whoever watches a service has no key."""

    @app.get("/v2/health/live", tags=["health"], response_class=Response)
    async def live(request: Request) -> Response:
        """Whether the process answers."""
        _seen(request)
        return Response()

    @app.get("/v2/health/ready", tags=["health"], response_class=Response, responses=documented(503))
    async def ready(request: Request) -> Response:
        """Whether it should be sent requests."""
        _seen(request)
        return _readiness(service)


def _model_routes(app: FastAPI, service: Service) -> None:
    """The Open Inference Protocol v2."""

    @app.get("/v2", tags=["protocol"], responses=_ADMITTED)
    async def server(request: Request) -> schemas.ServerMetadata:
        """What answers here."""
        (await _caller(request, service)).check("predict")
        return open_inference.server_metadata()

    @app.get(_MODEL, tags=["protocol"], responses=_NAMED, response_model_exclude_none=True)
    async def metadata(request: Request, name: str) -> schemas.ModelMetadata:
        """What a model takes and gives."""
        return open_inference.model_metadata(service.find(await _caller(request, service), name))

    @app.get(_VERSION, tags=["protocol"], responses=_NAMED, response_model_exclude_none=True)
    async def version_metadata(request: Request, name: str, version: str) -> schemas.ModelMetadata:
        """What a model takes and gives."""
        return open_inference.model_metadata(service.find(await _caller(request, service), name, version))

    @app.get(f"{_MODEL}/ready", tags=["protocol"], responses=_NAMED, response_class=Response)
    async def model_ready(request: Request, name: str) -> Response:
        """Whether a model should be asked."""
        service.find(await _caller(request, service), name)
        return _readiness(service)

    @app.get(f"{_VERSION}/ready", tags=["protocol"], responses=_NAMED, response_class=Response)
    async def version_ready(request: Request, name: str, version: str) -> Response:
        """Whether a model should be asked."""
        service.find(await _caller(request, service), name, version)
        return _readiness(service)

    @app.post(f"{_MODEL}/infer", **_asking("protocol", schemas.InferRequest, schemas.InferResponse))
    async def infer(request: Request, name: str) -> Response:
        """Answer an inference request."""
        served = service.find(await _caller(request, service), name)
        return await open_inference.infer(request, service, served)

    @app.post(f"{_VERSION}/infer", **_asking("protocol", schemas.InferRequest, schemas.InferResponse))
    async def version_infer(request: Request, name: str, version: str) -> Response:
        """Answer an inference request."""
        served = service.find(await _caller(request, service), name, version)
        return await open_inference.infer(request, service, served)


def _people_routes(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models", tags=["people"], responses=_ADMITTED)
    async def models(request: Request) -> schemas.ModelList:
        """Names of the models that the caller may use."""
        caller = await _caller(request, service)
        caller.check("predict")
        return schemas.ModelList(models=[model.name for model in service.catalog if caller.sees(model.name)])

    @app.post("/v1/predict", **_asking("people", schemas.PredictRequest, schemas.PredictResponse))
    async def predict(request: Request) -> Response:
        """Predict samples: rows of features, or an image."""
        return await people.predict(request, service, await _caller(request, service))

    @app.post(_LOAD, **_asking("protocol", schemas.LoadRequest, schemas.LoadResponse, 409))
    async def load(request: Request, name: str) -> schemas.LoadResponse:
        """Read a model's bundle again, and serve it if it can be; else the one of before stays."""
        caller = await _caller(request, service)
        caller.check("admin")
        caller.check_model(name)
        return await repository.load(request, service, service.catalog.find(name))

    @app.get("/metrics", tags=["health"], response_class=Response, responses=_ADMITTED)
    async def metrics(request: Request) -> Response:
        """Metrics of the service, as Prometheus reads them."""
        (await _caller(request, service)).check("admin")
        return Response(service.metrics.text(), media_type=service.metrics.content_type)


def _page_routes(app: FastAPI, service: Service) -> None:
    """What shows more of a model than its answers."""
    found = document()

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        """Draw a digit or paste a row; of no model, so anybody may have it."""
        _seen(request)
        return Response(found.content, headers=found.headers, media_type="text/html")

    @app.post("/v1/explain", **_asking("people", schemas.PredictRequest, schemas.ExplainResponse))
    async def explained(request: Request) -> Response:
        """Predict one sample and show how: preprocessed values, circuit with its angles, expectation values."""
        return await explain(request, service, await _caller(request, service))


def _job_routes(app: FastAPI, service: Service, desk: Desk) -> None:
    """Predictions on the backend."""
    asking = _asking("jobs", schemas.PredictRequest, schemas.Job, 409, 422)
    asking["openapi_extra"]["parameters"] = [_IDEMPOTENCY]

    @app.post("/v1/jobs", status_code=202, **asking)
    async def submit(request: Request) -> Response:
        """Ask the backend; the answer is fetched at the address in `Location`."""
        return await jobs.submit(request, service, desk, await _caller(request, service))

    @app.get(_JOB, tags=["jobs"], response_model=schemas.Job, responses=_NAMED)
    async def look(request: Request, job: str) -> Response:
        """How far a job is, and its answer once it is done."""
        return await jobs.look(request, desk, await _caller(request, service), job)

    @app.delete(_JOB, tags=["jobs"], response_model=schemas.Job, responses=_NAMED | documented(409))
    async def cancel(request: Request, job: str) -> Response:
        """Cancel a job that waits; it costs nothing."""
        return await jobs.cancel(request, desk, await _caller(request, service), job)


def _seen(request: Request) -> None:
    """Remember the route; the address itself is the client's words."""
    request.state.record.route = request.scope["route"].path


async def _caller(request: Request, service: Service) -> Caller:
    """Whoever asks."""
    _seen(request)
    return await service.identify(request.headers.get("authorization"), request.state.record)


def _readiness(service: Service) -> Response:
    return Response(status_code=200 if service.ready else 503)


def _asking(tag: str, body: type[BaseModel], answer: type[BaseModel], *further: int) -> dict[str, Any]:
    """What OpenAPI says of a route that reads its body by itself."""
    return {
        "tags": [tag],
        "response_model": answer,
        "responses": documented(400, 401, 403, 404, 413, 415, 429, 503, *further),
        "openapi_extra": _reading(body),
    }


def _reading(body: type[BaseModel]) -> dict[str, Any]:
    schema = {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}
    return {"requestBody": {"required": True, "content": {"application/json": schema}}}


def _describe(app: FastAPI) -> None:
    """The OpenAPI document: made once, with what the routes refer to."""
    document = app.openapi()
    named = [(cls, "validation") for cls in _READ_HERE]
    _, found = models_json_schema(named, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    document["components"]["schemas"] |= found["$defs"]
    content = orjson.dumps(document)

    @app.get("/openapi.json", include_in_schema=False)
    async def described(request: Request) -> Response:
        """This document."""
        _seen(request)
        return Response(content, media_type="application/json")
