"""Data sets of somebody else's study (arXiv 2403.07059), searched as a user would, beside other people's models.

`python benchmarks/bowles.py` runs what is not stored yet and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from external.answers import of_models, of_winner
from external.models import LIBRARIES, MODELS
from external.results import ranked
from external.sets import CHOSEN, SETS, archive
from external.tables import render
from record.critical_difference import draw
from record.readme import put
from record.store import Store
from search.fleet import jobs, measure, searches

PICTURE = Path(__file__).resolve().parent / "results" / "bowles.svg"

Entry = dict[str, Any]


def main() -> None:
    """Measure seed by seed, store after each search and each fit, print."""
    asked = _options()
    store = asked.store.with_stem(f"{asked.store.stem}_models")
    found: list[Entry] = []
    fits: list[Entry] = []
    print(_duration(asked), file=sys.stderr)
    for seed in range(asked.seeds):
        wanted = [(name, seed) for name in asked.sets]
        searched = jobs(asked, wanted, lambda name, seed: archive(name, seed, asked.runs / "data"), of_winner)
        found += measure(searched, asked, asked.jobs)
        fits += of_models(wanted, Store(store), asked)
    text = render(found, fits)
    print(text)
    if asked.readme:
        put("bowles", text)
        if ranks := ranked(found, fits):
            draw(ranks, PICTURE)


def _duration(asked: argparse.Namespace) -> str:
    n = len(asked.sets) * asked.seeds
    hours = [n * count * asked.max_seconds / asked.jobs / 3600 for count in (1, len(asked.models))]
    return (
        f"{n} searches of {asked.max_seconds:g} s and {n * len(asked.models)} fits of as much at most, {asked.jobs} at "
        f"once: {hours[0]:.1f} h and at most {hours[1]:.1f} h, less what is stored."
    )


def _options() -> argparse.Namespace:
    parser = searches(__doc__, "bowles", seeds=5, max_seconds=300)
    parser.add_argument(
        "--sets",
        nargs="+",
        choices=SETS,
        default=list(CHOSEN),
        metavar="SET",
        help=f"default: {' '.join(CHOSEN)}",
    )
    parser.add_argument(
        "--models",
        nargs="+",
        choices=MODELS,
        default=list(MODELS),
        metavar="MODEL",
        help=f"default: {', '.join(MODELS)}; of the last {len(LIBRARIES)} those whose library is installed",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
