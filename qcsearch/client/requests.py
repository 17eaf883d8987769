"""What is sent: an address, a body, and a name by which the service knows a request that comes twice."""

from __future__ import annotations

import base64
import ipaddress
import json
import math
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from qcsearch.client.key import ApiKey
from qcsearch.errors import InputError
from qcsearch.storage import files

__all__ = ["Asked", "check_address", "image_body", "job", "models", "prediction", "rows_body", "submission"]

_MOST_IMAGE = 2**20


@dataclass(frozen=True)
class Asked:
    """One request, whichever attempt it is.

    Attributes:
        method: of HTTP.
        path: of the route.
        content: the body.
        headers: further ones; the key is not among them.
        n_samples: that the answer must have.
        status: of the answer.
    """

    method: str
    path: str
    content: bytes
    headers: dict[str, str]
    n_samples: int = 0
    status: int = 200


def models() -> Asked:
    """Ask for the names of models."""
    return Asked("GET", "/v1/models", b"", {})


def job(name: str, method: str = "GET") -> Asked:
    """Look at a job, or with `DELETE` cancel it."""
    return Asked(method, f"/v1/jobs/{quote(name, safe='')}", b"", {})


def submission(body: dict[str, Any], model: str | None) -> Asked:
    """Ask for a job: as `prediction`, and taken, and billed, once however often it is sent."""
    return replace(prediction(body, model), path="/v1/jobs", status=202)


def prediction(body: dict[str, Any], model: str | None) -> Asked:
    """Ask for a prediction; sent again, it has the same `Idempotency-Key`."""
    named = body if model is None else {"model": model, **body}
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    content = json.dumps(named, allow_nan=False, separators=(",", ":")).encode()
    return Asked("POST", "/v1/predict", content, headers, len(body.get("rows", [None])))


def rows_body(rows: Any) -> dict[str, Any]:
    """Samples as JSON; what is missing (NaN) is null.

    Raises:
        InputError: if they are no table.
    """
    if hasattr(rows, "to_dict"):  # a DataFrame: by the features' names
        rows = rows.to_dict("records")
    rows = rows.tolist() if hasattr(rows, "tolist") else rows
    if not isinstance(rows, list | tuple) or not rows:
        raise InputError("The rows must be a table: a list of lists or of objects, an array or a DataFrame.")
    return {"rows": [_row(row) for row in rows]}


def _row(row: Any) -> Any:
    row = row.tolist() if hasattr(row, "tolist") else row
    if isinstance(row, dict):
        return {str(name): _cell(cell) for name, cell in row.items()}
    if isinstance(row, list | tuple):
        return [_cell(cell) for cell in row]
    raise InputError(f"Each row must be a list or an object. One is {type(row).__name__}.")


def _cell(cell: Any) -> Any:
    cell = cell.item() if hasattr(cell, "item") else cell
    if isinstance(cell, float) and not math.isfinite(cell):
        if math.isnan(cell):
            return None
        raise InputError("A cell must be a finite number. One is infinite.")
    if cell is None or isinstance(cell, float | int | str):
        return cell
    raise InputError(f"A cell must be a number, a text or None. One is {type(cell).__name__}.")


def image_body(image: Path | str | bytes) -> dict[str, Any]:
    """A PNG, or its file, as JSON.

    Raises:
        FileError: if the file cannot be read.
    """
    if not isinstance(image, bytes):
        with files.reading(Path(image)):
            image = files.read_bytes(Path(image), _MOST_IMAGE, follow=True)
    return {"image": base64.b64encode(image).decode()}


def check_address(url: str, key: ApiKey | None) -> None:
    """Pass if requests may go to an address.

    Raises:
        InputError: if it is none, or would carry a key in the clear to another machine.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise InputError("The address of a service must be http(s)://HOST[:PORT], without user and query.")
    if key is not None and parts.scheme == "http" and not _is_loopback(host):
        raise InputError(
            f"A key must go to '{host}' by https://. By http:// whoever is on the way could read it.",
            "serve with --tls-cert and --tls-key, or through a tunnel to localhost.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
