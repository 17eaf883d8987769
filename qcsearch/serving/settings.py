"""How a service is run: where, for whom, and how much of anything it takes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from qcsearch.errors import InputError
from qcsearch.serving.access.oidc.settings import OidcSettings
from qcsearch.serving.jobs.settings import QpuSettings

__all__ = ["Limits", "ServingSettings"]


@dataclass(frozen=True)
class Limits:
    """What one request, one address and all together may take.

    Attributes:
        body_bytes: of a request's body, counted while it is read.
        rows: samples of one request.
        head_bytes: of a request's line and headers.
        head_seconds: from a connection, or the first byte of a further request, to the end of the headers.
        body_seconds: from there to the end of the body.
        write_seconds: that a client may leave an answer unread.
        idle_seconds: that a connection may be kept open without a request.
        request_seconds: from the end of the headers to the answer; what is older is dropped before it is computed.
        pipelined: requests that a connection may send before they are answered; clients send one.
        connections: of all addresses.
        connections_per_address: of one.
        queued_rows: samples that wait to be computed, of all requests.
        batch_rows: samples that are computed in one go.
    """

    body_bytes: int = 2**20
    rows: int = 1024
    head_bytes: int = 2**15
    head_seconds: float = 5.0
    body_seconds: float = 10.0
    write_seconds: float = 10.0
    idle_seconds: float = 10.0
    request_seconds: float = 10.0
    pipelined: int = 8
    connections: int = 1000
    connections_per_address: int = 200
    queued_rows: int = 4096
    batch_rows: int = 1024


@dataclass(frozen=True)
class ServingSettings:
    """Of one service.

    Attributes:
        host: address to listen on.
        port: 0 for any that is free.
        keys: file of keys, as `qcsearch keys` writes it; None if whoever reaches the service may ask.
        oidc: whose tokens may ask in place of keys; None for nobody's.
        state: folder of quotas, audit log, jobs and newest seals; None to keep none of them.
        seal_key: file of the public key that bundles must be sealed with; None if they need no seal.
        page: whether there is a page at `/`; it shows all of a model to who may `explain`.
        traces: whether spans are sent, to where OpenTelemetry's variables of the environment say.
        qpu: on what jobs are run; None to take none.
        tls_cert: file of the certificate chain; None for plain HTTP.
        tls_key: file of its key.
        drain_seconds: that a service which is told to end still takes connections, while it says that it is not ready.
        limits: see `Limits`.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    keys: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    drain_seconds: float = 1.0
    state: Path | None = None
    seal_key: Path | None = None
    oidc: OidcSettings | None = None
    page: bool = False
    traces: bool = False
    qpu: QpuSettings | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise InputError(f"The --port must be in [0, 65535]. Got {self.port}.")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise InputError("--tls-cert and --tls-key must be given together. One is missing.")
        if self.seal_key is not None and self.state is None:
            raise InputError(
                "A service with --seal-key must have --state, where it keeps the newest seals. There is none.",
                "serve with --state DIR.",
            )
        if self.qpu is not None and self.state is None:
            raise InputError(
                "A service with a --backend must have --state, where jobs are kept. There is none.",
                "serve with --state DIR.",
            )
        if self.keys is not None and self.oidc is not None:
            raise InputError("A service must have --keys or --oidc-issuer. It has both.")
        if self.open and not is_loopback(self.host):
            raise InputError(
                f"A service on {self.host} can be reached from elsewhere and must have "
                "--keys or --oidc-issuer. There is none.",
                "qcsearch keys create keys.json --name NAME, then serve with --keys keys.json; or --host 127.0.0.1.",
            )

    @property
    def open(self) -> bool:
        """Whether whoever reaches the service may ask."""
        return self.keys is None and self.oidc is None


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone; a name is not, but for localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
