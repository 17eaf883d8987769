"""A service that nothing listens for yet: models read, warmed and tried, and whatever else its routes ask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from qcsearch._version import __version__
from qcsearch.errors import InputError
from qcsearch.serving.access.guard import Guard, OpenDoor
from qcsearch.serving.access.keyring import Keyring
from qcsearch.serving.access.keys import load
from qcsearch.serving.access.oidc.cache import KeyCache
from qcsearch.serving.access.oidc.door import OidcDoor
from qcsearch.serving.access.oidc.sources import open_source
from qcsearch.serving.app import make_app
from qcsearch.serving.audit.log import AuditLog
from qcsearch.serving.engines.exact import ExactEngine
from qcsearch.serving.jobs.opening import open_desk
from qcsearch.serving.models.loading import Reloader, load_catalog
from qcsearch.serving.models.seals import Seals
from qcsearch.serving.quotas.quotas import Quotas
from qcsearch.serving.service import Service
from qcsearch.serving.settings import ServingSettings
from qcsearch.serving.state import open_state, seals_file
from qcsearch.serving.watching.drift import Drifts
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics
from qcsearch.serving.watching.middleware import Watched
from qcsearch.serving.watching.traces import open_traces

__all__ = ["Opened", "open_service"]


@dataclass(frozen=True, eq=False)
class Opened:
    """A service that nothing listens for yet.

    Attributes:
        app: its ASGI application.
        service: what that asks.
        log: gets a line a request.
        audit: the same, signed; None to keep none.
    """

    app: Watched
    service: Service
    log: Log
    audit: AuditLog | None


@contextmanager
def open_service(bundles: Sequence[str], settings: ServingSettings) -> Iterator[Opened]:
    """For the time of a `with`, have models warm and whatever else a service asks; for whoever listens.

    Jobs, if it takes any, are taken while whoever listens is in the `async with` of the service's desk.

    Args:
        bundles: paths, or `NAME=PATH`.
        settings: see `ServingSettings`.

    Raises:
        BundleError: if a bundle is not as it was written.
        InputError: if a name stands twice, the issuer gives no keys, or the state is of another service.
    """
    limits, metrics, log, guard = settings.limits, Metrics(), Log(), _guard(settings)
    with (
        open_state(settings.state, log.event) as state,
        closing(Quotas(state.ledger, lambda error: log.event("fault", part="quotas", error=error))) as quotas,
        ExitStack() as opened,
    ):
        seals = _seals(settings)
        catalog = load_catalog(bundles, seals)
        engine = ExactEngine(limits.queued_rows, limits.batch_rows, metrics.batch)
        desk = opened.enter_context(
            open_desk(settings.qpu, state.folder, catalog, quotas, limits.queued_rows, metrics, log.event)
        )
        told: dict[str, Any] = {} if state.audit is None else {"audit": state.audit.event}
        told |= {} if desk is None else {"replaced": desk.serve}
        reloader = Reloader(catalog, log, metrics, seals, **told)
        traces = opened.enter_context(open_traces(settings.traces, log.event))
        seen = Drifts(metrics, log).seen
        service = Service(catalog, engine, guard, quotas, limits, metrics, reloader, desk, seen, traces)
        app = make_app(service, log, state.audit, page=settings.page, local=settings.open)
        if state.audit is not None:
            models = {model.name: model.digest for model in catalog}
            state.audit.started(version=__version__, models=models, recovered=asdict(state.recovered))
        metrics.watch_queue(lambda: engine.waiting_rows)
        yield Opened(app, service, log, state.audit)


def _seals(settings: ServingSettings) -> Seals | None:
    if settings.seal_key is None or settings.state is None:
        return None
    return Seals(settings.seal_key, seals_file(settings.state))


def _guard(settings: ServingSettings) -> Guard:
    if settings.oidc is not None:
        keys = KeyCache(open_source(settings.oidc))
        asyncio.run(keys.fill())
        return OidcDoor(settings.oidc, keys)
    if settings.keys is None:
        return OpenDoor()
    if settings.state is None and any(key.quota.daily for key in load(settings.keys).values()):
        raise InputError(
            f"A service must have --state to keep quotas, which keys in '{settings.keys}' have. There is none.",
            "serve with --state DIR.",
        )
    return Keyring(settings.keys)
