"""The client for asyncio; the other one is this one in a thread."""

from __future__ import annotations

import asyncio
import math
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from qcsearch._version import __version__
from qcsearch.client import requests
from qcsearch.client.answers import Job, Predictions, read_job, read_models, read_predictions
from qcsearch.client.key import ApiKey
from qcsearch.client.patience import Patience, retry_after
from qcsearch.client.refused import error_of
from qcsearch.client.requests import Asked
from qcsearch.errors import ClientError, MissingExtraError, OutOfTimeError, UnavailableError

try:
    import httpx
except ImportError as error:
    raise MissingExtraError(
        "The client needs httpx, which is not installed.", "pip install 'qcsearch[client]'."
    ) from error

__all__ = ["AsyncClient"]

_MOST_ANSWER = 2**24
_POLLS = (1.0, 10.0)
"""Seconds between the first two looks at a job, and at most."""
_AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class _Answer:
    status: int
    content: bytes
    request_id: str
    retry_after: float | None


class AsyncClient:
    """Asks a service that `qcsearch serve` runs.

    A request that is refused for now (429, 503), or got no answer, is sent again under the same idempotency key, after
    what the service asks for and a random pause that grows. No redirect is followed: a key goes to one address alone.

    Args:
        address: of the service, such as `https://models.example.org`.
        key: of `qcsearch keys create`, or a token of the service's identity provider; None for that of
            `QCSEARCH_API_KEY` or of the file `QCSEARCH_API_KEY_FILE`, if one of them is set.
        patience: how long to wait, and when to ask again.
        ca_file: certificates (PEM) to trust in place of those that httpx does.

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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._key = ApiKey(key) if isinstance(key, str) else key or ApiKey.found()
        requests.check_address(address, self._key)
        self._address, self._patience = address.rstrip("/"), patience or Patience()
        verify = True if ca_file is None else ssl.create_default_context(cafile=str(ca_file))
        self._http = httpx.AsyncClient(
            verify=verify, transport=transport, timeout=None, follow_redirects=False, trust_env=True
        )
        self._chance, self._sleep = random.Random(), asyncio.sleep

    async def predict(self, rows: Any, model: str | None = None, seconds: float | None = None) -> Predictions:
        """Ask what a model says of samples.

        Args:
            rows: lists of cells in the order of the features or objects by their names, an array, or a DataFrame.
            model: its name; not needed where the service has one.
            seconds: that to wait; None for the client's.

        Raises:
            ClientError: if there is no answer; which kind says why, in the service's sentence.
            InputError: if the rows are no table.
        """
        return await self._predict(requests.rows_body(rows), model, seconds)

    async def predict_image(
        self, image: Path | str | bytes, model: str | None = None, seconds: float | None = None
    ) -> Predictions:
        """Ask what a model says of an image: a grey PNG of the training's size, or its file; else as `predict`."""
        return await self._predict(requests.image_body(image), model, seconds)

    async def models(self, seconds: float | None = None) -> tuple[str, ...]:
        """Names of the models that the key may use; errors as `predict`."""
        answer = await self._ask(requests.models(), seconds)
        return read_models(answer.content, answer.request_id)

    async def submit(self, rows: Any, model: str | None = None, seconds: float | None = None) -> Job:
        """Ask the service's backend what a model says of samples; the answer is `wait`'s to bring.

        Args:
            rows: as for `predict`.
            model: see there.
            seconds: that to wait until the job is taken; None for the client's.

        Raises:
            ClientError: if it is not taken.
            InputError: if the rows are no table.
        """
        asked = requests.submission(requests.rows_body(rows), model)
        return await self._job(asked, seconds)

    async def job(self, job: Job | str, seconds: float | None = None) -> Job:
        """How far a job is; errors as `predict`."""
        return await self._job(requests.job(_name(job)), seconds)

    async def cancel(self, job: Job | str, seconds: float | None = None) -> Job:
        """Cancel a job that waits; one that does not is a `RequestRefusedError`, else errors as `predict`."""
        return await self._job(requests.job(_name(job), "DELETE"), seconds)

    async def wait(self, job: Job | str, seconds: float | None = None) -> Job:
        """Look at a job again and again until it has ended, well or not.

        Args:
            job: what `submit` returned, or its id.
            seconds: that to wait; None for as long as it takes.

        Raises:
            OutOfTimeError: if it has not ended by then; it goes on.
            ClientError: if the service does not say.
        """
        pause, loop = _POLLS[0], asyncio.get_running_loop()
        ends = math.inf if seconds is None else loop.time() + seconds
        while not (found := await self.job(job)).ended:
            if loop.time() + pause > ends:
                raise OutOfTimeError(
                    f"The job {found.id} must end in {seconds:g} s. It is {found.status}.",
                    "wait for it again: it goes on.",
                )
            await self._sleep(pause)
            pause = min(_POLLS[1], 1.5 * pause)
        return found

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address!r})"

    async def _predict(self, body: dict[str, Any], model: str | None, seconds: float | None) -> Predictions:
        asked = requests.prediction(body, model)
        answer = await self._ask(asked, seconds)
        return read_predictions(answer.content, answer.request_id, asked.n_samples)

    async def _job(self, asked: Asked, seconds: float | None) -> Job:
        answer = await self._ask(asked, seconds)
        return read_job(answer.content, answer.request_id)

    async def _ask(self, asked: Asked, seconds: float | None) -> _Answer:
        """Send until there is an answer, nothing is left to wait for, or the time is over."""
        allowed, last = self._patience.seconds if seconds is None else seconds, _Last()
        loop = asyncio.get_running_loop()
        ends = loop.time() + allowed
        try:
            async with asyncio.timeout_at(ends):
                return await self._attempts(asked, last, lambda: ends - loop.time())
        except TimeoutError:
            _end(last, f"The service must answer in {allowed:g} s. It has not.")

    async def _attempts(self, asked: Asked, last: _Last, left: Callable[[], float]) -> _Answer:
        attempt = 0
        while True:
            attempt, wanted = attempt + 1, None
            try:
                answer = await self._send(asked)
            except httpx.HTTPError as error:
                last.error = UnavailableError(
                    f"The service at {self._address} gives no answer: {type(error).__name__}."
                )
                again = not _is_certificate(error)
            else:
                if answer.status == asked.status:
                    return answer
                last.error, wanted = (
                    error_of(answer.status, answer.content, answer.request_id),
                    answer.retry_after,
                )
                again = answer.status in _AGAIN or (answer.status == 409 and wanted is not None)
            if not again or attempt >= self._patience.attempts:
                raise last.error
            pause = self._patience.pause(attempt, wanted, self._chance)
            if pause >= left():  # to wait for what comes too late would be no use
                _end(last, "The service must be asked again later than there is time for.")
            await self._sleep(pause)

    async def _send(self, asked: Asked) -> _Answer:
        headers = {**asked.headers, "Accept-Encoding": "identity", "User-Agent": f"qcsearch/{__version__}"}
        headers |= {} if self._key is None else {"Authorization": self._key.header()}
        content = bytearray()
        url = f"{self._address}{asked.path}"
        async with self._http.stream(asked.method, url, content=asked.content, headers=headers) as answer:
            async for part in answer.aiter_raw():
                content += part
                if len(content) > _MOST_ANSWER:
                    raise UnavailableError(
                        f"An answer must have at most {_MOST_ANSWER:,} bytes. This one has more."
                    )
            named = answer.headers.get("x-request-id", "")
            return _Answer(
                answer.status_code, bytes(content), named, retry_after(answer.headers.get("retry-after"))
            )


@dataclass
class _Last:
    """Why the last attempt was none; None while the first one is under way."""

    error: ClientError | None = None


def _end(last: _Last, sentence: str) -> NoReturn:
    """Say that the time is over, and what the service said before."""
    error = last.error
    if error is None:
        raise OutOfTimeError(sentence, "give it more seconds.")
    raise OutOfTimeError(f"{sentence} It said: {error.message}", error.fix, error.status, error.request_id)


def _name(job: Job | str) -> str:
    return job if isinstance(job, str) else job.id


def _is_certificate(error: BaseException | None) -> bool:
    """Whether a connection failed for who the other side is: that will be so again."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
