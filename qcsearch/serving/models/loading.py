"""From bundles to models that are served: at the start, and again when a new bundle is in the place of an old one.

A new one is verified, read, warmed and asked its probe beside the old, which answers meanwhile; then one takes the
other's place at once. What was asked of the old one before is answered by it. Whatever goes wrong, the old one stays.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from qcsearch.errors import QCSearchError
from qcsearch.serving.models.catalog import Catalog
from qcsearch.serving.models.seals import Seals
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import ReloadError
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics

__all__ = ["Reloaded", "Reloader", "load_catalog"]


def load_catalog(bundles: Sequence[str], seals: Seals | None) -> Catalog:
    """The models of a service that begins, warm, and kept as served.

    Args:
        bundles: paths, or `NAME=PATH`.
        seals: that they must have; None for none.

    Raises:
        BundleError: if one is not as it was written, or not sealed as it must be.
        InputError: if two have one name.
    """
    catalog = Catalog([ServedModel.load(spec, seals) for spec in bundles])
    for model in catalog:
        model.warm()
    for model in catalog:
        _remember(model, seals)
    return catalog


@dataclass(frozen=True)
class Reloaded:
    """What became of a model.

    Attributes:
        model: the one that is served now.
        before: digest of the one that was served before, which may be the same.
    """

    model: ServedModel
    before: str


class Reloader:
    """Reads bundles again.

    Args:
        catalog: whose models are replaced.
        log: gets a line for each.
        metrics: count them.
        seals: that bundles must have; None for none.
        audit: called with an event and its facts before a model is replaced; what it raises keeps the old one.
        replaced: called when one was.
    """

    def __init__(
        self,
        catalog: Catalog,
        log: Log,
        metrics: Metrics,
        seals: Seals | None = None,
        audit: Callable[..., None] = lambda event, **facts: None,
        replaced: Callable[[], None] = lambda: None,
    ) -> None:
        self._catalog, self._seals, self._log, self._metrics = catalog, seals, log, metrics
        self._audit, self._replaced = audit, replaced
        self._one = asyncio.Lock()
        self._waits = False

    async def reload(self, model: ServedModel) -> Reloaded:
        """Read the bundle of a model again.

        Raises:
            ReloadError: if what is there now cannot be served; the one of before still is.
        """
        async with self._one:
            return await self._reload(model.name)

    async def reload_all(self) -> None:
        """Read all bundles again; what cannot be served is in the log, and the one of before still is."""
        if self._waits:  # whoever waits will find what is there by then
            return
        self._waits = True
        async with self._one:
            self._waits = False
            for model in list(self._catalog):
                with suppress(Exception):  # it is in the log
                    await self._reload(model.name)

    async def _reload(self, name: str) -> Reloaded:
        old, began = self._catalog.find(name), time.monotonic()
        try:
            new = await asyncio.to_thread(_load_again, old, self._seals)
            if new.digest != old.digest:
                self._audit("reloaded", model=name, digest=new.digest, before=old.digest)
                self._catalog.replace(new)
        except Exception as error:
            sentence = error.message if isinstance(error, QCSearchError) else type(error).__name__
            self._log.event("reload failed", model=name, served=old.digest, error=sentence)
            self._metrics.reloads.labels("failed").inc()
            if not isinstance(error, QCSearchError):
                raise
            message = f"The model '{name}' is still that of before: {error.message}"
            raise ReloadError(message, error.fix) from None
        same = new.digest == old.digest
        if not same:
            self._replaced()
        seconds = round(time.monotonic() - began, 3)
        self._log.event("reloaded", model=name, digest=new.digest, before=old.digest, seconds=seconds)
        self._metrics.reloads.labels("unchanged" if same else "replaced").inc()
        return Reloaded(old if same else new, old.digest)


def _load_again(old: ServedModel, seals: Seals | None) -> ServedModel:
    new = ServedModel.load(f"{old.name}={old.path}", seals)
    new.warm()
    _remember(new, seals)
    return new


def _remember(model: ServedModel, seals: Seals | None) -> None:
    if seals is not None and model.seal is not None:
        seals.remember(model.seal)
