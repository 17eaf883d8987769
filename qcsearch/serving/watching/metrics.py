"""Prometheus metrics of one service; few series, whatever clients send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from qcsearch.serving.watching.record import Record

__all__ = ["Metrics"]

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_ROWS = (1, 4, 16, 64, 256, 1024)


class Metrics:
    """What is counted: by route, status and model, never by anything that a client can make up."""

    content_type = "text/plain; version=1.0.0; charset=utf-8"

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "qcsearch_requests", "Requests by route and status.", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "qcsearch_request_seconds",
            "Seconds to the answer.",
            ["route"],
            registry=registry,
            buckets=_SECONDS,
        )
        self.rows = Counter("qcsearch_rows", "Samples that were predicted.", ["model"], registry=registry)
        self.drift = Gauge(
            "qcsearch_input_drift",
            "Largest population stability index of a feature against the training, by its threshold: 1 warns.",
            ["model"],
            registry=registry,
        )
        self.reloads = Counter(
            "qcsearch_reloads", "Bundles that were read again, by outcome.", ["outcome"], registry=registry
        )
        self._batch = Histogram(
            "qcsearch_batch_rows", "Samples computed in one go.", registry=registry, buckets=_ROWS
        )
        self._works = Histogram(
            "qcsearch_batch_requests", "Requests computed in one go.", registry=registry, buckets=_ROWS
        )
        self._queue = Gauge("qcsearch_queued_rows", "Samples that wait to be computed.", registry=registry)
        self._connections = Gauge("qcsearch_connections", "Open connections.", registry=registry)

        self._qpu_rows = Histogram(
            "qcsearch_qpu_batch_rows",
            "Samples of a job of the backend, by what came of it.",
            ["outcome"],
            registry=registry,
            buckets=_ROWS,
        )
        self._qpu_seconds = Counter(
            "qcsearch_qpu_seconds", "QPU seconds that the backend billed.", registry=registry
        )

    def qpu_batch(self, batch: dict[str, Any]) -> None:
        """Count a job of the backend, as its worker tells it."""
        self._qpu_rows.labels(batch["outcome"]).observe(batch["rows"])
        self._qpu_seconds.inc(batch["qpu_seconds"])

    def batch(self, works: int, rows: int) -> None:
        """Count a batch of so many requests and samples."""
        self._works.observe(works)
        self._batch.observe(rows)

    def request(self, record: Record, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        route = record.route or "none"
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch_queue(self, rows: Callable[[], float]) -> None:
        """Have the queue's length asked when metrics are."""
        self._queue.set_function(rows)

    def watch_connections(self, count: Callable[[], float]) -> None:
        """Have the number of connections asked when metrics are."""
        self._connections.set_function(count)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)
