"""The map in words: a summary for the README, and every cell in a table of its own."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from typing import Any

from record.circumstances import sentence
from record.readme import table
from record.statistics import LEVEL, Gain

from noise.cells import ARMS
from noise.figures import BANDS, OVER, Cell, band, cells, together
from noise.tasks import STEPS, TASKS, TEST, TRAIN, VALIDATION

__all__ = ["render", "whole"]

Entry = dict[str, Any]

NAMES = {"unaware": "trained without noise", "refitted": "the same with the head refitted"}
_SHOTS = {"infinite": "∞", "1024": "1,024", "128": "128"}


def render(entries: list[Entry]) -> str:
    """How many cells gain, and how much by how likely the circuit is to run without an error."""
    found = cells(entries)
    if not found:
        return "Not measured yet."
    lines = [_circumstances(entries, found), ""]
    lines += table(_COUNTED, _counts(found))
    for over in OVER:
        head = [f"gain over *{NAMES[over]}*, points", "shots", *map(_band_name, BANDS)]
        lines += ["", *table(head, _by_band(found, over))]
    return "\n".join(lines)


def whole(entries: list[Entry]) -> str:
    """Every cell."""
    found = cells(entries)
    head = [
        "task",
        "two-qubit gates",
        "noise ×",
        "ESP",
        "shots",
        *ARMS,
        *(f"gain over {one}" for one in OVER),
    ]
    rows = (
        [
            cell.task,
            str(cell.two_qubit_gates),
            f"{cell.factor:g}",
            f"{cell.success:.3f}",
            _SHOTS[cell.shots],
            *(f"{cell.accuracy(arm):.3f}" for arm in ARMS),
            *(points(cell.gain(over)) for over in OVER),
        ]
        for cell in found
    )
    title = [
        "# Every cell of the map",
        "",
        "Written by `benchmarks/noise_map.py`; [the benchmarks](../README.md#where-noise-awareness-pays) say what it "
        "is. Accuracies are means over the seeds, gains are in points with their 95 % intervals, **bold** where these "
        "do not hold zero.",
        "",
    ]
    return "\n".join([*title, *table(head, rows), ""])


def points(found: Gain) -> str:
    """A gain in points with its interval; bold where that does not hold zero."""
    low, high = (100 * end for end in (found.interval.low, found.interval.high))
    text = f"{100 * found.mean:+.1f} [{low:+.1f} – {high:+.1f}]"
    return f"**{text}**" if found.sign else text


_COUNTED = [
    "task",
    "shots",
    "cells",
    *(f"{name}, mean accuracy" for name in ("noise-aware", *NAMES.values())),
    *(f"over *{name}*: better, undecided, worse" for name in NAMES.values()),
]


def _circumstances(entries: list[Entry], found: list[Cell]) -> str:
    devices = ", ".join(sorted({entry["settings"]["device"] for entry in entries}))
    seeds = sorted({cell.seeds for cell in found})
    loads = [entry["load"] for entry in entries]
    chance = LEVEL / 2 * len(found)
    return (
        f"{len(found)} cells of {' or '.join(map(str, seeds))} seeds, {devices}; {TRAIN} training, {VALIDATION} "
        f"validation and {TEST} test rows, {STEPS} steps. Other work ran on the machine, load {min(loads):.0f} to "
        f"{max(loads):.0f}; no figure depends on seconds. By chance alone some {chance:.0f} cells would be called "
        f"better and as many worse. The head that a noise-aware training itself ends with has "
        f"{_own_head(entries):.1f} points less on the mean, at infinitely many shots, than the refitted one that is "
        f"shown. {sentence(entries[-1])}"
    )


def _own_head(entries: list[Entry]) -> float:
    """Points that refitting adds to the noise-aware models."""
    apart = (one["cells"]["infinite"]["accuracy"]["aware"] - one["as_trained"] for one in entries)
    return 100 * mean(apart)


def _counts(found: list[Cell]) -> Iterator[list[str]]:
    for task in TASKS:
        for shots, shown in _SHOTS.items():
            some = [cell for cell in found if (cell.task, cell.shots) == (task, shots)]
            if not some:
                continue
            signs = {over: [cell.gain(over).sign for cell in some] for over in OVER}
            yield [
                task,
                shown,
                str(len(some)),
                *(f"{mean(cell.accuracy(arm) for cell in some):.3f}" for arm in ARMS),
                *(", ".join(str(signs[over].count(sign)) for sign in (1, 0, -1)) for over in OVER),
            ]


def _by_band(found: list[Cell], over: str) -> Iterator[list[str]]:
    for task in TASKS:
        for shots, shown in _SHOTS.items():
            mine = [cell for cell in found if (cell.task, cell.shots) == (task, shots)]
            bands = [[cell for cell in mine if band(cell) == number] for number in range(len(BANDS))]
            if mine:
                yield [task, shown, *(points(together(some, over)) if some else "–" for some in bands)]


def _band_name(ends: tuple[float, float]) -> str:
    low, high = ends
    if high == 1:
        return f"ESP ≥ {low:g}"
    return f"{low:g} – {high:g}" if low else f"< {high:g}"
