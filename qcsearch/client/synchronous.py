"""The client for everybody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from qcsearch.client.answers import Job, Predictions
from qcsearch.client.asynchronous import AsyncClient
from qcsearch.client.key import ApiKey
from qcsearch.client.patience import Patience

__all__ = ["Client"]

T = TypeVar("T")


class Client:
    """As `AsyncClient`, without asyncio; threads may share one.

    It runs that one on a thread of its own: a deadline over a whole answer is asyncio's to keep, since a blocking
    socket begins to count anew with each byte that comes.

    Args:
        address: as `AsyncClient`'s, like all others.
        key: see there.
        patience: see there.
        ca_file: see there.

    Raises:
        InputError: if the address is none, or a key would go there in the clear.
        CredentialsError: if the key cannot be read.
    """

    def __init__(
        self,
        address: str,
        key: ApiKey | str | None = None,
        patience: Patience | None = None,
        *,
        ca_file: Path | str | None = None,
    ) -> None:
        self._client = AsyncClient(address, key, patience, ca_file=ca_file)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="qcsearch-client", daemon=True)
        self._thread.start()

    def predict(self, rows: Any, model: str | None = None, seconds: float | None = None) -> Predictions:
        """See `AsyncClient.predict`."""
        return self._run(self._client.predict(rows, model, seconds))

    def predict_image(
        self, image: Path | str | bytes, model: str | None = None, seconds: float | None = None
    ) -> Predictions:
        """See `AsyncClient.predict_image`."""
        return self._run(self._client.predict_image(image, model, seconds))

    def models(self, seconds: float | None = None) -> tuple[str, ...]:
        """See `AsyncClient.models`."""
        return self._run(self._client.models(seconds))

    def submit(self, rows: Any, model: str | None = None, seconds: float | None = None) -> Job:
        """See `AsyncClient.submit`."""
        return self._run(self._client.submit(rows, model, seconds))

    def job(self, job: Job | str, seconds: float | None = None) -> Job:
        """See `AsyncClient.job`."""
        return self._run(self._client.job(job, seconds))

    def cancel(self, job: Job | str, seconds: float | None = None) -> Job:
        """See `AsyncClient.cancel`."""
        return self._run(self._client.cancel(job, seconds))

    def wait(self, job: Job | str, seconds: float | None = None) -> Job:
        """See `AsyncClient.wait`."""
        return self._run(self._client.wait(job, seconds))

    def close(self) -> None:
        """Close its connections, and end its thread."""
        if self._loop.is_closed():
            return
        self._run(self._client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client._address!r})"

    def _run(self, asked: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            return future.result()
        except BaseException:  # an interrupt: nobody waits for the answer any more
            future.cancel()
            raise
