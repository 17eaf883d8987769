"""Traces of OpenTelemetry, where they are asked for: a span a request, and within it one of the engine.

A span has what the log has, without who asked: route, status, model, digest and number of samples. It is made when the
request was answered, of these alone: no library looks into requests, and what is not in a `Record` gets into no span.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qcsearch._version import __version__
from qcsearch.errors import MissingExtraError
from qcsearch.serving.watching.record import Record

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

__all__ = ["Traces", "open_traces"]

_NS = 1e9
_FAULTS = 500
_MOST_CHARACTERS = 200


class Traces:
    """Makes spans.

    Args:
        tracer: of OpenTelemetry.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def request(self, record: Record, status: int, seconds: float, parent: str | None) -> None:
        """Make the spans of a request that was answered.

        Args:
            record: of it.
            status: of the answer.
            seconds: that it took.
            parent: its header `traceparent` (W3C Trace Context): the span of whoever asked.
        """
        from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {} if parent is None else {"traceparent": parent}
        ended = time.time_ns()
        began = ended - int(_NS * seconds)
        route = record.route or "none"
        span = self._tracer.start_span(
            f"{record.method} {route}",
            context=TraceContextTextMapPropagator().extract(carrier),
            kind=SpanKind.SERVER,
            attributes=_facts(record, route, status),
            start_time=began,
        )
        if status >= _FAULTS:
            span.set_status(StatusCode.ERROR)
        if record.computing is not None:
            start, end = (began + int(_NS * (moment - record.began)) for moment in record.computing)
            within = self._tracer.start_span("predict", context=set_span_in_context(span), start_time=start)
            within.end(end)
        span.end(ended)


def _facts(record: Record, route: str, status: int) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        "http.request.method": record.method,
        "http.route": route,
        "http.response.status_code": status,
        "qcsearch.request_id": record.request_id,
    }
    if record.model:
        facts |= {
            "qcsearch.model": record.model,
            "qcsearch.digest": record.digest,
            "qcsearch.rows": record.rows,
        }
    return facts


@contextmanager
def open_traces(asked: bool, tell: Callable[..., None]) -> Iterator[Traces | None]:
    """For the time of a `with`, send spans by OTLP over HTTP, as OpenTelemetry's variables of the environment say.

    Args:
        asked: whether there are any.
        tell: called with an event and its facts, if they cannot be sent.

    Raises:
        MissingExtraError: if that is asked for, and OpenTelemetry is not installed.
    """
    if not asked:
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise MissingExtraError(
            f"Traces need {error.name or 'OpenTelemetry'}, which is not installed.",
            "pip install 'qcsearch[traces]'.",
        ) from error
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "qcsearch"), "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    with _told(tell):
        try:
            yield Traces(provider.get_tracer("qcsearch", __version__))
        finally:
            provider.shutdown()


@contextmanager
def _told(tell: Callable[..., None]) -> Iterator[None]:
    """Have what the library says go the way of all else that is said."""
    logger, handler = logging.getLogger("opentelemetry"), _Handler(logging.WARNING)
    handler.tell = tell
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


class _Handler(logging.Handler):
    tell: Callable[..., None]

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging`."""
        self.tell("fault", part="traces", error=record.getMessage()[:_MOST_CHARACTERS])
