"""Ask a service that `qcsearch serve` runs, with the extra `[client]`: typed answers, retries, deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.client.answers import Job, Prediction, Predictions
    from qcsearch.client.asynchronous import AsyncClient
    from qcsearch.client.key import ApiKey
    from qcsearch.client.patience import Patience
    from qcsearch.client.synchronous import Client
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.client.answers": ("Job", "Prediction", "Predictions"),
            "qcsearch.client.asynchronous": ("AsyncClient",),
            "qcsearch.client.key": ("ApiKey",),
            "qcsearch.client.patience": ("Patience",),
            "qcsearch.client.synchronous": ("Client",),
        },
    )

__all__ = ["ApiKey", "AsyncClient", "Client", "Job", "Patience", "Prediction", "Predictions"]
