"""The service under load and under attack: what it promises, each line measured; exit code 1 if one is missed.

`python benchmarks/serving.py --bundle demo-run/bundle` after `make demo`. Everything runs against `qcsearch serve` as a
process of its own, over real sockets. `--only NAME` for one line. Lines that are about time want a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import httpx
import numpy as np
import psutil
import tritonclient.http as triton
from service.process import Line, Service, samples, serving
from service.reloads import reloads
from service.seals import seals

from qcsearch.bundle import load_bundle
from qcsearch.serving.access import keys

ROWS, CONNECTIONS = 10_000, 32
HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\n"
HOSTILE = {
    "silent": (b"", b""),
    "half a header": (HEAD + b"X-A: ", b"a"),
    "slow body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "endless chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "slow reader": (b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 8, b""),
}


def equality(bundle: Path) -> Line:
    """An unmodified client gets the bundle's own numbers, whoever else asks meanwhile."""
    X, rng = samples(bundle, ROWS), np.random.default_rng(1)
    expected = load_bundle(bundle).predict_proba(X)
    cuts = np.cumsum(rng.integers(1, 40, ROWS))
    parts = np.split(rng.permutation(ROWS), cuts[cuts < ROWS])

    def run(mine: list[np.ndarray]) -> float:
        worst = 0.0
        with triton.InferenceServerClient(service.host) as client:
            for i, rows in enumerate(mine):
                tensor = triton.InferInput("X", list(X[rows].shape), "FP64")
                tensor.set_data_from_numpy(X[rows], binary_data=i % 2 == 0)
                outputs = [triton.InferRequestedOutput("probabilities", binary_data=i % 3 == 0)]
                found = client.infer("it", [tensor], outputs=outputs).as_numpy("probabilities")
                worst = max(worst, float(np.abs(found - expected[rows]).max()))
        return worst

    with serving(bundle) as service, ThreadPoolExecutor(CONNECTIONS) as pool:
        worst = max(pool.map(run, [parts[i::CONNECTIONS] for i in range(CONNECTIONS)]))
    found = f"{ROWS:,} rows in {len(parts):,} requests over {CONNECTIONS} connections: largest difference {worst:.1e}"
    return Line("tritonclient gets the bundle's numbers to 1e-12", found, worst <= 1e-12)


def idle(bundle: Path) -> Line:
    """How long one row takes where nothing else is to be done."""
    row = samples(bundle, 1).tolist()
    with serving(bundle) as service, service.client() as client:
        seconds = [_timed(lambda: client.post("/v1/predict", json={"rows": row})) for _ in range(550)][50:]
    p99 = 1e3 * float(np.quantile(seconds, 0.99))
    return Line("idle, one row: p99 at most 10 ms", f"{p99:.1f} ms", p99 <= 10)


def hostile(bundle: Path) -> Line:
    """500 sockets of five kinds, while others ask."""
    row = samples(bundle, 1).tolist()
    with serving(bundle) as service, service.client() as client:

        def good() -> float:
            times = [_timed(lambda: client.post("/v1/predict", json={"rows": row})) for _ in range(300)]
            return float(np.quantile(times, 0.99))

        good()
        quiet = good()
        with ProcessPoolExecutor(
            1, get_context("spawn")
        ) as pool:  # it does not share this process's interpreter
            attack = pool.submit(_attack, service.port)
            time.sleep(3)
            loud = good()
            worst = max(attack.result())
    found = (
        f"the last closed after {worst:.1f} s; p99 of others {1e3 * quiet:.1f} ms, then {1e3 * loud:.1f} ms"
    )
    return Line(
        "500 hostile sockets: closed in 12 s, p99 at most doubled", found, worst <= 12 and loud <= 2 * quiet
    )


def _attack(port: int) -> list[float]:
    kinds = [(number, *kind) for number, kind in enumerate(HOSTILE.values()) for _ in range(100)]

    async def all_at_once() -> list[float]:
        return list(await asyncio.gather(*(_hold(port, *kind) for kind in kinds)))

    return asyncio.run(all_at_once())


async def _hold(port: int, number: int, first: bytes, again: bytes) -> float:
    """Seconds until the service ended a connection; each kind comes from an address of its own."""
    loop, begin = asyncio.get_running_loop(), time.monotonic()
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.bind((f"127.0.0.{number + 2}", 0))
        peer.setblocking(False)
        with suppress(OSError):
            await loop.sock_connect(peer, ("127.0.0.1", port))
            await loop.sock_sendall(peer, first)
            while time.monotonic() - begin < 30:
                await asyncio.sleep(0.25)
                if number == 4:  # it does not read; whether it is closed shows when it writes
                    await asyncio.wait_for(loop.sock_sendall(peer, b"\r\n"), 0.5)
                elif again:
                    await loop.sock_sendall(peer, again)
                with suppress(BlockingIOError):
                    if number != 4 and not peer.recv(2**16):
                        break
        return time.monotonic() - begin


def wrong(bundle: Path) -> Line:
    """Bodies that are too large, too deep or no numbers."""
    big = b" " * 2**26
    bodies: list[Callable[[], object]] = [
        lambda: big,
        lambda: (big[: 2**20] for _ in range(64)),
        lambda: b"[" * 2**20,
        lambda: b'{"rows": ' + b"[" * 10**5 + b"]" * 10**5 + b"}",
        lambda: b'{"rows": [[NaN]]}',
        lambda: b'{"rows": [[1e999]]}',
        lambda: b'{"rows": [' + b"{}," * 340_000 + b"{}]}",
        lambda: b'{"rows": [' + b"[]," * 340_000 + b"[]]}",
    ]
    with serving(bundle) as service, service.client() as client:
        client.post("/v1/predict", json={"rows": samples(bundle, 1).tolist()})
        memory, statuses = psutil.Process(service.process.pid), set()
        before = memory.memory_info().rss
        for _ in range(5):
            for body in bodies:
                try:
                    statuses.add(client.post("/v1/predict", content=body()).status_code)  # type: ignore[arg-type]
                except (httpx.WriteError, httpx.ReadError):  # closed while it was sent
                    statuses.add(413)
        grown = (memory.memory_info().rss - before) / 2**20
    found = f"statuses {sorted(statuses)}, memory {grown:+.1f} MB"
    return Line(
        "wrong bodies: 4xx, memory at most +20 MB",
        found,
        max(statuses) < 500 <= 100 * min(statuses) and grown <= 20,
    )


def strangers(bundle: Path) -> Line:
    """Forged keys, and models that are not one's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.json"
        _, token = keys.create(path, "one", ["predict"], ["another"], None)
        forged = [
            f"{token[:-i]}{'0' if token[-i] != '0' else '1'}{token[len(token) - i + 1 :]}"
            for i in range(1, 61)
        ]
        with serving(bundle, "--keys", path) as service:
            with service.client() as client:
                refused = [
                    client.get("/v1/models", headers={"Authorization": f"Bearer {one}"}).status_code
                    for one in forged
                ]
            with service.client(headers={"Authorization": f"Bearer {token}"}) as client:
                names = ["it", *(f"model-{i}" for i in range(9_999))]
                found = {
                    (r.status_code, r.json()["detail"])
                    for r in (client.get(f"/v2/models/{n}") for n in names)
                }
    kept = set(refused) == {401} and len(found) == 1 and next(iter(found))[0] == 404
    statuses = sorted({status for status, _ in found})
    told = f"{len(refused)} forged keys: {sorted(set(refused))}; {len(names):,} foreign models: {statuses}"
    return Line("forged keys 401, foreign models 404 and all alike", told, kept)


def endings(bundle: Path, times: int = 10) -> Line:
    """SIGTERM under load: nobody who was let in is dropped."""
    row, failed, answered = samples(bundle, 1).tolist(), [], 0
    for _ in range(times):
        with serving(bundle, "--drain-seconds", "1") as service, ThreadPoolExecutor(8) as pool:
            running = [pool.submit(_until_gone, service, row) for _ in range(8)]
            time.sleep(0.5)
            os.kill(service.process.pid, signal.SIGTERM)
            code = service.process.wait(30)
            failed += [code] * (code != 0)
            for one in running:
                count, errors = one.result()
                answered += count
                failed += errors
    return Line(
        f"{times} endings under load: 0 failed",
        f"{answered:,} answered, failed: {[repr(one)[:60] for one in failed] or 0}",
        not failed,
    )


def _until_gone(service: Service, row: list[list[float]]) -> tuple[int, list[object]]:
    count = 0
    with service.client() as client:
        while True:
            try:
                answer = client.post("/v1/predict", json={"rows": row})
            except httpx.ConnectError:
                return count, []
            except httpx.HTTPError as error:
                return count, [error]
            if answer.status_code != 200:
                return count, [answer.status_code]
            count += 1


def _timed(do: Callable[[], object]) -> float:
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


LINES = {line.__name__: line for line in (equality, idle, hostile, wrong, strangers, endings, reloads, seals)}


def main() -> None:
    """Measure what was asked for, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bundle", type=Path, default=Path("demo-run/bundle"), help="of a model with probabilities"
    )
    parser.add_argument("--only", nargs="+", choices=LINES, default=list(LINES))
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, bundle {asked.bundle}")
    missed = 0
    for name in asked.only:
        line = LINES[name](asked.bundle)
        missed += not line.kept
        print(f"{'kept  ' if line.kept else 'MISSED'} {line.name}: {line.found}", flush=True)
    sys.exit(int(missed > 0))


if __name__ == "__main__":
    main()
