"""`qcsearch serve`: trained models behind HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.options.groups import grouped
from qcsearch.cli.output import emit, say
from qcsearch.cli.process import be_patient


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
            help="Folder of what keys used and of the audit log; needed where keys have quotas a day.",
        ),
    ] = None
    drain_seconds: Annotated[
        float,
        typer.Option(
            "--drain-seconds",
            metavar="T",
            help="After SIGTERM, how long to take connections while not ready any more.",
        ),
    ] = 1.0


@grouped
@examples(
    "qcsearch serve digits-model",
    "qcsearch serve digits=runs/digits/model iris=iris.zip --port 9000",
    "qcsearch serve digits-model --keys keys.json --state service",
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

    settings = ServingSettings(**vars(options))
    be_patient()

    def ready(address: str) -> None:
        emit({"address": address}) if json else say(f"Serving on {address}")

    run(bundles, settings, on_ready=ready)
