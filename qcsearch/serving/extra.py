"""The optional libraries of this room."""

from __future__ import annotations

from importlib import import_module

from qcsearch.errors import MissingExtraError

__all__ = ["require_extra"]

_NEEDED = ("fastapi", "uvicorn", "httptools", "orjson", "prometheus_client", "jwt", "cryptography", "httpx")


def require_extra() -> None:
    """Pass if what serving needs is installed.

    Raises:
        MissingExtraError: if not.
    """
    for name in _NEEDED:
        try:
            import_module(name)
        except ImportError as error:
            raise MissingExtraError(
                f"Serving needs {error.name or name}, which is not installed.",
                "pip install 'qcsearch[serve]'.",
            ) from error
