"""The page as it is sent: its parts put together, and the headers under which a browser runs these and nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["Document", "document"]

_HERE = "qcsearch.serving.page"
_SCRIPTS = ("pad.js", "row.js", "show.js", "main.js")


@dataclass(frozen=True)
class Document:
    """What a browser gets.

    Attributes:
        content: HTML.
        headers: that bind what it may do.
    """

    content: bytes
    headers: dict[str, str]


def document() -> Document:
    """The page; it holds nothing of any model, and asks the service for that as whoever holds a key."""
    style = _read("qcsearch.reporting", "style.css") + _read(_HERE, "page.css")
    script = "\n".join(_read(_HERE, name) for name in _SCRIPTS)
    html = _read(_HERE, "page.html").replace("{style}", style, 1).replace("{script}", script, 1)
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "connect-src": "'self'",
        "img-src": "data:",  # the tab's icon
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {source}" for name, source in policy.items()),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    return Document(html.encode(), headers)


def _read(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
