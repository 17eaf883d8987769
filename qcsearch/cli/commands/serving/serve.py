"""`qcsearch serve`: trained models behind HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.common import Json, Shots, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.options.hardware import Mitigate, UsdPerSecond
from qcsearch.cli.output import emit, say
from qcsearch.cli.process import be_patient
from qcsearch.errors import InputError

if TYPE_CHECKING:
    from qcsearch.serving.access.oidc.settings import OidcSettings
    from qcsearch.serving.jobs.settings import QpuSettings


@dataclass(frozen=True)
class ServeOptions:
    """Where to listen, and for whom."""

    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="To listen on. Other than this machine's own: with --keys."
        ),
    ] = "127.0.0.1"
    port: Annotated[int, typer.Option("--port", metavar="P", help="0 for any that is free.")] = 8080
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FILE", help="Keys that may ask, as `qcsearch keys` writes them."),
    ] = None
    oidc_issuer: Annotated[
        str | None,
        typer.Option(
            "--oidc-issuer", metavar="URL", help="Identity provider whose tokens may ask, not keys."
        ),
    ] = None
    audience: Annotated[
        str, typer.Option("--audience", metavar="A", help="What its tokens must be for ('aud').")
    ] = ""
    oidc_jwks: Annotated[
        Path | None,
        typer.Option("--oidc-jwks", metavar="FILE", help="Its public keys. Default: fetched from it."),
    ] = None
    scope_claim: Annotated[
        str, typer.Option("--scope-claim", metavar="NAME", help="Where its tokens say their scopes.")
    ] = "scope"
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificate chain (PEM), for HTTPS.")
    ] = None
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="FILE", help="Its private key (PEM).")
    ] = None
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="DIR",
            help="Folder of what keys used, of the audit log, of jobs and of the newest seals; needed for quotas a "
            "day, --backend and --seal-key.",
        ),
    ] = None
    seal_key: Annotated[
        Path | None,
        typer.Option(
            "--seal-key",
            metavar="FILE",
            help="Public key that bundles must be sealed with, as `qcsearch bundle` makes it; an older one than was "
            "served is refused, too.",
        ),
    ] = None
    traces: Annotated[
        bool,
        typer.Option(
            "--traces",
            help="Send spans of OpenTelemetry, without inputs, to OTEL_EXPORTER_OTLP_ENDPOINT. Extra [traces].",
        ),
    ] = False
    page: Annotated[
        bool,
        typer.Option(
            "--page",
            help="A page at / to draw a digit or paste a row. It shows all of a model to keys of the scope explain.",
        ),
    ] = False
    drain_seconds: Annotated[
        float,
        typer.Option(
            "--drain-seconds",
            metavar="T",
            help="After SIGTERM, how long to take connections while not ready any more.",
        ),
    ] = 1.0

    @property
    def oidc(self) -> OidcSettings | None:
        """Of the library."""
        from qcsearch.serving.access.oidc.settings import OidcSettings

        if self.oidc_issuer is not None:
            return OidcSettings(self.oidc_issuer, self.audience, self.oidc_jwks, self.scope_claim)
        if self.audience or self.oidc_jwks is not None:
            raise InputError("--audience and --oidc-jwks must go with an --oidc-issuer. There is none.")
        return None


@dataclass(frozen=True)
class QpuOptions:
    """Jobs on a backend with shots."""

    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            metavar="B",
            help="What answers POST /v1/jobs: local:<fake>, or the real ibm:<backend>. Default: there are no jobs.",
        ),
    ] = None
    max_qpu_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-qpu-seconds",
            metavar="T",
            help="Ceiling on what all jobs of this --state together may ever cost. Needed with ibm:<backend>.",
        ),
    ] = None
    shots: Shots = 4096
    mitigate: Mitigate = False
    window_seconds: Annotated[
        float,
        typer.Option(
            "--window-seconds",
            metavar="T",
            help="How long samples wait for others to share a job of the backend, 2 to 60; 256 do not wait.",
        ),
    ] = 10.0
    usd_per_qpu_second: UsdPerSecond = None
    submits_per_minute: Annotated[
        float,
        typer.Option(
            "--submits-per-minute",
            metavar="N",
            help="Jobs submitted to ibm:<backend> within a minute, at most.",
        ),
    ] = 5.0

    @property
    def qpu(self) -> QpuSettings | None:
        """Of the library."""
        from qcsearch.deployment.ibm.connection.retry import RetryPolicy
        from qcsearch.deployment.ibm.options import IbmOptions
        from qcsearch.deployment.settings import MeasurementSettings
        from qcsearch.serving.jobs.settings import QpuSettings

        if self.backend is None:
            if self.max_qpu_seconds is not None:
                raise InputError("--max-qpu-seconds must go with a --backend ibm:<backend>. There is none.")
            return None
        ibm = None
        if self.max_qpu_seconds is not None:
            ibm = IbmOptions(
                self.max_qpu_seconds, retry=RetryPolicy(submits_per_minute=self.submits_per_minute)
            )
        measurement = MeasurementSettings(self.shots, mitigate=self.mitigate)
        return QpuSettings(
            self.backend.strip(), measurement, self.window_seconds, self.usd_per_qpu_second, ibm
        )


@grouped
@examples(
    "qcsearch serve digits-model --page",
    "qcsearch serve digits=runs/digits/model iris=iris.zip --port 9000",
    "qcsearch serve digits-model --keys keys.json --state service",
    "qcsearch serve digits=digits.zip --seal-key seal.pub --state service",
    "qcsearch serve digits-model --state service --backend local:fake_torino",
    "qcsearch serve digits-model --keys keys.json --state service --backend ibm:ibm_torino --max-qpu-seconds 600",
    "qcsearch serve digits-model --oidc-issuer https://login.example.org --audience digits",
    "qcsearch serve digits-model --host 0.0.0.0 --keys keys.json --tls-cert cert.pem --tls-key key.pem",
)
def serve(
    bundles: Annotated[
        list[str],
        typer.Argument(
            metavar="BUNDLE...", help="Bundles, as `qcsearch export` writes them; NAME=PATH gives one a name."
        ),
    ],
    *,
    options: ServeOptions,
    jobs: QpuOptions,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Serve models: the Open Inference Protocol v2 (clients of KServe and Triton), and POST /v1/predict for people.

    Answers are the exact engine's, under the noise of the bundle's device. Bundles are verified, warmed and tried
    before the port opens. The log is a line of JSON a request on standard error, without inputs and keys; metrics
    are at /metrics, the OpenAPI document is at /openapi.json. On SIGTERM what was begun is finished.
    """
    from qcsearch.serving.extra import require_extra

    require_extra()
    from qcsearch.serving.http.server import serve as run
    from qcsearch.serving.settings import ServingSettings

    settings = ServingSettings(
        host=options.host,
        port=options.port,
        keys=options.keys,
        oidc=options.oidc,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        drain_seconds=options.drain_seconds,
        state=options.state,
        seal_key=options.seal_key,
        page=options.page,
        traces=options.traces,
        qpu=jobs.qpu,
    )
    be_patient()

    def ready(address: str) -> None:
        emit({"address": address}) if json else say(f"Serving on {address}")

    run(bundles, settings, on_ready=ready)
