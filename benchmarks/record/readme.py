"""The tables of `benchmarks/README.md`, each between two marks of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["put", "row", "table"]

README = Path(__file__).resolve().parents[1] / "README.md"


def put(mark: str, text: str, path: Path = README) -> None:
    """Replace what stands between `<!-- mark -->` and `<!-- /mark -->`."""
    before, rest = path.read_text("utf-8").split(f"<!-- {mark} -->\n")
    after = rest.split(f"<!-- /{mark} -->\n")[1]
    path.write_text(f"{before}<!-- {mark} -->\n{text}\n<!-- /{mark} -->\n{after}", "utf-8")


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cells) + " |"


def table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    """The lines of a table."""
    return [row(head), row(["---"] * len(head)), *(row(cells) for cells in rows)]
