"""Reading one field of a snapshot: the value of the wanted type, or a sentence that names the field."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from qcsearch.errors import DeviceError
from qcsearch.storage.canonical import Json

__all__ = ["index", "items", "keys", "probability", "seconds", "show", "text", "time"]

_LONGEST = 1e9  # seconds: thirty years, beyond which a number is no time of a qubit


def keys(raw: Json, what: str, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Json]:
    """`raw` as an object with all the `required` keys and none but these and the `optional` ones.

    Args:
        raw: what was read.
        what: what it is called in messages.
        required: keys that must be there.
        optional: keys that may be.
    """
    if not isinstance(raw, dict):
        raise DeviceError(f"{what} must be a JSON object. Got {show(raw)}.")
    for key in sorted(required):
        if key not in raw:
            raise DeviceError(f"{what} must have a key {key!r}. It has none.")
    for key in raw:
        if key not in required and key not in optional:
            raise DeviceError(f"{what} must have no key but those of the format. Got {show(key)}.")
    return raw


def items(raw: Json, what: str) -> list[Json]:
    """`raw` as a list."""
    if not isinstance(raw, (list, tuple)):
        raise DeviceError(f"{what} must be a list. Got {show(raw)}.")
    return list(raw)


def text(raw: Json, what: str, longest: int = 200) -> str:
    """`raw` as a printable text of at most `longest` characters."""
    if not isinstance(raw, str) or not 0 < len(raw) <= longest or not raw.isprintable():
        raise DeviceError(f"{what} must be a printable text of 1 to {longest} characters. Got {show(raw)}.")
    return raw


def index(raw: Json, what: str, n_qubits: int) -> int:
    """`raw` as the number of a qubit."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < n_qubits:
        raise DeviceError(f"{what} must be a qubit in [0, {n_qubits - 1}]. Got {show(raw)}.")
    return raw


def seconds(raw: Json, what: str, *, positive: bool = False) -> float | None:
    """`raw` as a finite time ≥ 0, or > 0 where it must be `positive`; None for null."""
    if raw is None:
        return None
    good = isinstance(raw, (int, float)) and not isinstance(raw, bool)
    if not good or not 0 <= raw <= _LONGEST or (positive and raw == 0):
        sign = ">" if positive else ">="
        raise DeviceError(f"{what} must be a finite number {sign} 0, in seconds, or null. Got {show(raw)}.")
    return float(raw)


def probability(raw: Json, what: str) -> float:
    """`raw` as a number in [0, 1]."""
    good = isinstance(raw, (int, float)) and not isinstance(raw, bool)
    if not good or not 0 <= raw <= 1:
        raise DeviceError(f"{what} must be a number in [0, 1]. Got {show(raw)}.")
    return float(raw)


def time(raw: Json, what: str) -> str:
    """`raw` as an ISO 8601 time in UTC; an empty text stays empty."""
    if raw == "":
        return ""
    try:
        found = datetime.fromisoformat(raw)
        if found.tzinfo is None:
            raise ValueError(raw)
        return found.astimezone(UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        raise DeviceError(
            f"{what} must be an ISO 8601 time with its zone, or an empty text. Got {show(raw)}."
        ) from None


def show(raw: Json) -> str:
    """A value as a message shows it."""
    shown = repr(raw)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
