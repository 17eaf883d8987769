"""Colours: real ones for files, stand-ins that become CSS variables for drawings inside the report."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["FILE", "STAND_IN", "Palette", "to_css"]


@dataclass(frozen=True)
class Palette:
    """The colours of one drawing.

    Attributes:
        ink: text.
        muted: second text, ticks.
        line: grid and frames.
        accent: what the figure is about.
        second: the other series.
        third: a third series.
        bad: what failed.
        paper: background of the figure.
    """

    ink: str
    muted: str
    line: str
    accent: str
    second: str
    third: str
    bad: str
    paper: str


FILE = Palette(
    ink="#1b2430",
    muted="#5a6675",
    line="#d8dee7",
    accent="#3555d6",
    second="#c2571a",
    third="#16806a",
    bad="#b3261e",
    paper="#ffffff",
)

STAND_IN = Palette(*(f"#01020{i}" for i in range(len(fields(Palette)))))
"""Colours nobody uses; `to_css` puts `var(--ink)` … in their place, so a drawing follows the page's theme."""


def to_css(svg: str) -> str:
    """Replace each stand-in colour of an SVG by the page's variable of that name."""
    for field in fields(Palette):
        svg = svg.replace(getattr(STAND_IN, field.name), f"var(--{field.name})")
    return svg
