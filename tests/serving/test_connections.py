"""Hostile sockets, silent or slow in each way that there is: none lasts, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest

from qcsearch.serving.http.server import Server, connection_config
from qcsearch.serving.settings import Limits, ServingSettings

SECONDS = 0.4
LIMITS = Limits(
    head_seconds=SECONDS,
    body_seconds=SECONDS,
    write_seconds=SECONDS,
    idle_seconds=SECONDS,
    connections_per_address=20,
)
LATEST = SECONDS + 1.5  # connections are looked at twice a second; the machine may be busy
BIG = 8 * 2**20


async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    body = bytes(BIG if scope["path"] == "/big" else 2)
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}
    await send(head)
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def listening(limits=LIMITS):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = SimpleNamespace(draining=False, closing=False, catalog=())
        log = SimpleNamespace(event=lambda *_, **__: None)
        server = Server(connection_config(ServingSettings(limits=limits), app), service, 0, log)
        running = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await running


async def drip(port, first, again=b"", read=True):
    """Send something, go on sending something, and return the seconds until it was closed."""
    begin = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(first)
        while time.monotonic() - begin < 10:
            if read and reader.at_eof():
                break
            if read:
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(2**16), 0.05)
            else:
                await asyncio.sleep(0.05)
            writer.write(again)
            await writer.drain()
    except (ConnectionError, BrokenPipeError):
        pass
    finally:
        writer.close()
    return time.monotonic() - begin


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
HOSTILE = {
    "silent": (b"",),
    "blank lines": (b"\r\n", b"\r\n"),
    "half a header": (HEAD + b"X-A: ", b"a"),
    "a slow body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"a"),
    "chunks without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "idle": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",),
    "blank lines after a request": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"),
    "a request and a half": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n", b"a"),
}


def test_hostile_sockets_are_closed_in_time_while_others_are_served():
    async def good(port):
        begin = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 200 " in await reader.read()
        writer.close()
        return time.monotonic() - begin

    async def main():
        async with listening() as port:
            hostile = [asyncio.create_task(drip(port, *sent)) for sent in HOSTILE.values()]
            served = [await good(port) for _ in range(20)]
            return await asyncio.gather(*hostile), served

    seconds, served = asyncio.run(main())
    late = {name: took for name, took in zip(HOSTILE, seconds, strict=True) if took > LATEST}
    assert late == {}
    assert sorted(served)[10] < 0.2


def test_who_does_not_read_the_answer_is_closed():
    async def main():
        async with listening() as port:
            loop = asyncio.get_running_loop()
            with socket.create_connection(("127.0.0.1", port)) as peer:
                await loop.run_in_executor(None, peer.sendall, b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
                await asyncio.sleep(LATEST)
                return await loop.run_in_executor(None, read_all, peer)

    assert asyncio.run(main()) < BIG


def read_all(peer):
    peer.settimeout(5)
    size = 0
    try:
        while part := peer.recv(2**20):
            size += len(part)
    except ConnectionError:
        pass
    return size


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 no http\r\n\r\n", b" 400 "),
        (HEAD + b"X-A: " + b"a" * 40_000, b" 431 "),
        (HEAD + b"X-B: b\r\n" * 6_000, b" 431 "),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b" 400 "),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b" 400 "),
    ],
)
def test_what_is_no_request_is_refused_and_closed(sent, status):
    async def main():
        async with listening() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            answer = await reader.read()
            writer.close()
            return answer

    answer = asyncio.run(main())
    assert status in answer.split(b"\r\n")[0]
    assert b"application/problem+json" in answer


def test_connections_of_one_address_are_counted_and_uncounted():
    async def main():
        async with listening(Limits(connections_per_address=3, head_seconds=30)) as port:
            opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            refused = await reader.read()
            writer.close()
            opened.pop()[1].close()
            await asyncio.sleep(0.1)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            for _, one in [*opened, (reader, writer)]:
                one.close()
            return refused, answer

    refused, answer = asyncio.run(main())
    assert b" 503 " in refused
    assert b"retry-after: 1" in refused
    assert b" 200 " in answer


@pytest.mark.parametrize(("n", "all_answered"), [(8, True), (100, False)])
def test_a_few_requests_may_come_at_once_and_many_end_the_connection(n, all_answered):
    async def main():
        async with listening() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * n)
            found = b""
            with suppress(ConnectionError):
                while part := await reader.read(2**16):
                    found += part
            writer.close()
            return found.count(b"HTTP/1.1 200 ")

    answered = asyncio.run(main())
    assert (answered == n) == all_answered
