"""What a command prints: tables and sentences on standard output, progress and errors on standard error."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from qcsearch import wording
from qcsearch.escape import for_json, for_terminal, lines_for_terminal
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from qcsearch.devices.device import Device

__all__ = [
    "display",
    "emit",
    "facts",
    "say",
    "say_notes",
    "table",
    "tell",
    "tell_lines",
    "terminal_width",
]

_NOTE = 160
"""Characters of a note on a device."""

_PIPE_WIDTH = 200
"""Columns of an output that is no terminal, so that a table in a file is not cut to 80."""


def display(picture: RenderableType) -> None:
    """Print a table on standard output; what a person typed is never read as markup.

    Into a file or a pipe goes plain text as wide as it needs, without spaces at the ends of lines.
    """
    from rich.console import Console

    if sys.stdout.isatty():
        Console(markup=False, highlight=False, emoji=False).print(picture)
        return
    text = io.StringIO()
    Console(file=text, width=_PIPE_WIDTH, markup=False, highlight=False, emoji=False).print(picture)
    for line in text.getvalue().split("\n")[:-1]:
        tell(line.rstrip())


def terminal_width() -> int:
    """Columns of standard output."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH


def tell(line: object) -> None:
    """Print one line on standard output, whole, without wrapping."""
    print(for_terminal(line))


def tell_lines(text: str) -> None:
    """Print a drawing on standard output, line by line."""
    print(lines_for_terminal(text))


def say(sentence: str) -> None:
    """Print one line on standard error, whole, without wrapping; an output that is closed or full is ignored."""
    with contextlib.suppress(OSError, ValueError):
        print(for_terminal(sentence), file=sys.stderr, flush=True)


def say_notes(device: Device) -> None:
    """Print the notices of a calibration, a line each; a long one is cut, `devices check` prints it whole."""
    for notice in device.notices:
        if len(notice) > _NOTE:
            notice = f"{notice[:_NOTE].rpartition(', ')[0] or notice[:_NOTE]} … (`qcsearch devices check` says all)"
        say(f"Note: {notice}")


def emit(data: Json) -> None:
    """Print `data` as one line of JSON, the last line of standard output; NaN becomes null."""
    print(for_json(canonical.dumps(_finite(data))), flush=True)


def table(
    title: str | None,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Collection[int] | None = None,
) -> Table:
    """Return a table; None is a dash.

    Args:
        title: line above the table, or None.
        columns: the headings.
        rows: one sequence of cells a row, strings as they are, floats with four digits.
        right: columns set to the right; by default those that hold a number.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    body = [list(row) for row in rows]
    result = Table(
        title=None if title is None else lines_for_terminal(title),
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        collapse_padding=True,
    )
    for i, name in enumerate(columns):
        numeric = any(_is_number(row[i]) for row in body) if right is None else i in right
        result.add_column(for_terminal(name), justify="right" if numeric else "left", no_wrap=numeric)
    for row in body:
        result.add_row(
            *(cell if isinstance(cell, Text) else Text(for_terminal(wording.cell(cell))) for cell in row)
        )
    return result


def facts(title: str, items: Mapping[str, object]) -> Table:
    """Return `name  value` lines under a title."""
    from rich.table import Table
    from rich.text import Text

    result = Table.grid(padding=(0, 2))
    result.title, result.title_justify, result.title_style = lines_for_terminal(title), "left", "bold"
    for name, value in items.items():
        result.add_row(Text(for_terminal(name), style="dim"), Text(for_terminal(wording.cell(value))))
    return result


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _finite(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
