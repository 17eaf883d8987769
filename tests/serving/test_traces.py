"""Traces hold what the log holds and nothing of a request; where they are not asked for there are none."""

from __future__ import annotations

import asyncio
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from qcsearch.errors import MissingExtraError
from qcsearch.serving.access.guard import OpenDoor
from qcsearch.serving.app import make_app
from qcsearch.serving.engines.exact import ExactEngine
from qcsearch.serving.models.catalog import Catalog
from qcsearch.serving.models.loading import Reloader
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.service import Service
from qcsearch.serving.settings import Limits
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics
from qcsearch.serving.watching.traces import Traces, open_traces

ROWS = {"rows": [[5.123456, 3.5, 1.4, 0.2]] * 3}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRETS = ("5.123456", "planted-token", "planted-query")


@pytest.fixture
def sdk():
    return pytest.importorskip("opentelemetry.sdk.trace")


def ask(bundle, traces, *paths):
    """Ask a service with traces; return the statuses."""
    limits, metrics, log = Limits(), Metrics(), Log(lambda line: None)

    async def main():
        catalog, engine, quotas = Catalog([ServedModel.load(str(bundle))]), ExactEngine(64, 64), Quotas(None)
        reloader = Reloader(catalog, log, metrics)
        service = Service(catalog, engine, OpenDoor(), quotas, limits, metrics, reloader, traces=traces)
        headers = {"traceparent": PARENT, "x-request-id": "mine", "authorization": "Bearer planted-token"}
        transport = httpx.ASGITransport(make_app(service, log))
        async with httpx.AsyncClient(transport=transport, base_url="http://it", headers=headers) as client:
            found = [(await client.post(path, json=ROWS)).status_code for path in paths]
        await engine.close()
        quotas.close()
        return found

    return asyncio.run(main())


def test_a_request_is_a_span_below_that_of_who_asked_with_one_of_the_engine(bundle, sdk):
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    traces = Traces(provider.get_tracer("test"))
    assert ask(bundle, traces, "/v1/predict?planted-query=5.123456", "/5.123456") == [200, 404]
    engine, answered, missing = kept.get_finished_spans()
    assert (engine.name, answered.name, missing.name) == ("predict", "POST /v1/predict", "POST none")
    assert f"{answered.context.trace_id:032x}-{answered.parent.span_id:016x}" in PARENT
    assert engine.parent.span_id == answered.context.span_id
    assert answered.start_time <= engine.start_time <= engine.end_time <= answered.end_time
    assert dict(answered.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/predict",
        "http.response.status_code": 200,
        "qcsearch.request_id": "mine",
        "qcsearch.model": "flowers",
        "qcsearch.digest": answered.attributes["qcsearch.digest"],
        "qcsearch.rows": 3,
    }
    text = "".join(span.to_json() for span in kept.get_finished_spans())
    assert not [secret for secret in SECRETS if secret in text]


def test_spans_are_sent_where_the_environment_says_when_a_service_ends(bundle, sdk, monkeypatch):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    sent, told = [], []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        with open_traces(True, lambda event, **facts: told.append(facts)) as traces:
            assert ask(bundle, traces, "/v1/predict") == [200]
        server.shutdown()
        thread.join()
    ((path, content),) = sent
    assert told == []
    assert path == "/v1/traces"
    assert b"POST /v1/predict" in content
    assert b"qcsearch" in content
    assert not [secret for secret in SECRETS if secret.encode() in content]


def test_where_nobody_takes_them_requests_are_answered_and_the_log_says_so(bundle, sdk, monkeypatch):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    told = []
    with open_traces(True, lambda event, **facts: told.append((event, facts["part"]))) as traces:
        assert ask(bundle, traces, "/v1/predict") == [200]
    assert set(told) == {("fault", "traces")}


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)
    with (
        pytest.raises(MissingExtraError, match=r"Traces need .*pip install 'qcsearch\[traces\]'"),
        open_traces(True, print),
    ):
        pass
    with open_traces(False, print) as nothing:
        assert nothing is None
