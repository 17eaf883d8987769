"""Names that are listed in a help text as they are installed, plugins included."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

__all__ = ["STRATEGIES", "Listing"]

STRATEGIES = "{strategies}"
"""Stands in a help text for the names of the strategies."""


class Listing(TyperCommand):
    """A command that puts the installed names into its help; the libraries behind them are loaded for that alone."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        for option in self.params:
            text = getattr(option, "help", None) or ""
            if STRATEGIES in text:
                option.help = text.replace(STRATEGIES, ", ".join(_strategies()))  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)


def _strategies() -> list[str]:
    from qcsearch.search import strategies

    return strategies.STRATEGIES.names()
