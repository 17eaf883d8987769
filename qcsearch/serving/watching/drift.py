"""Whether what is asked still looks like what a model was trained on.

Of the latest samples only the bins are kept in which their features lie, and never a number of them.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.quantiles import N_BINS, Drift, Quantiles, count
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.watching.log import Log
from qcsearch.serving.watching.metrics import Metrics
from qcsearch.training.expectations import Floats

__all__ = ["Drifts", "Window"]

WINDOW, FEWEST = 1000, 200
_MOST_OF_ONE = 64
"""Samples of one request that are looked at, evenly spread: it is neither to cost much nor to be all that is seen."""
_EVERY = 50
_CALM = 0.8
"""Ratio below which a warning is over, so that one that is about 1 does not warn again and again."""


class Window:
    """The latest samples of one model, as bins.

    Args:
        digest: of its bundle.
        quantiles: of its training samples.

    Attributes:
        seen: how many samples were looked at, ever.
    """

    def __init__(self, digest: str, quantiles: Quantiles) -> None:
        n_features = len(quantiles.edges)
        self.digest, self.seen = digest, 0
        self._quantiles = quantiles
        self._bins = np.zeros((WINDOW, n_features), np.uint8)
        self._counts: NDArray[np.int64] = np.zeros((n_features, N_BINS), np.int64)

    def add(self, X: Floats) -> None:
        """Let samples `(n_samples, n_features)` in, and as many of the oldest out."""
        X = X[:: -(-len(X) // _MOST_OF_ONE)]
        new, places = self._quantiles.bins(X), (self.seen + np.arange(len(X))) % WINDOW
        if (n_out := self.seen + len(X) - WINDOW) > 0:
            self._counts -= count(self._bins[places[-min(n_out, len(X)) :]])
        self._bins[places] = new
        self._counts += count(new)
        self.seen += len(X)

    def drift(self) -> Drift | None:
        """How far they are from those of the training; None if they are too few to tell."""
        return self._quantiles.drift(self._counts) if self.seen >= FEWEST else None


class Drifts:
    """Windows of all models that know what they were trained on.

    Args:
        metrics: get the ratio of index and threshold of each.
        log: gets a line where that passes 1.
    """

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self._metrics, self._log = metrics, log
        self._windows: dict[str, Window] = {}
        self._warned: set[str] = set()

    def seen(self, model: ServedModel, X: Floats) -> None:
        """Look at samples of a request, at least one; a model that took the place of another begins anew."""
        known = self._windows.get(model.name)
        if known is None or known.digest != model.digest:
            known = self._begin(model)
        if known is None:
            return
        before = known.seen
        known.add(X)
        if known.seen // _EVERY > before // _EVERY and (drift := known.drift()) is not None:
            self._tell(model, drift)

    def _begin(self, model: ServedModel) -> Window | None:
        """A new window; None of a model that does not know what it was trained on."""
        if self._windows.pop(model.name, None) is not None:
            self._warned.discard(model.name)
            with suppress(KeyError):
                self._metrics.drift.remove(model.name)
        if model.model.quantiles is None:
            return None
        return self._windows.setdefault(model.name, Window(model.digest, model.model.quantiles))

    def _tell(self, model: ServedModel, drift: Drift) -> None:
        self._metrics.drift.labels(model.name).set(drift.ratio)
        if drift.ratio < _CALM:
            self._warned.discard(model.name)
        elif drift.ratio >= 1 and model.name not in self._warned:
            self._warned.add(model.name)
            names = model.model.feature_names
            self._log.event(
                "drift",
                model=model.name,
                digest=model.digest,
                feature=names[drift.feature] if names else drift.feature,
                index=round(drift.index, 3),
                threshold=round(drift.threshold, 3),
            )
