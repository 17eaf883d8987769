"""Data sets of somebody else's study (arXiv 2403.07059), searched as a user would, beside tuned classical models.

`python benchmarks/bowles.py` runs what is not stored yet and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse

from external.answers import of_classical, of_winner
from external.sets import CHOSEN, SETS, archive
from external.tables import render
from record.readme import put
from record.store import Store
from search.fleet import cells, jobs, measure, searches


def main() -> None:
    """Measure, store after each search and each fit, print."""
    asked = _options()
    wanted = cells(asked.sets, asked.seeds)
    found = measure(
        jobs(asked, wanted, lambda name, seed: archive(name, seed, asked.runs / "data"), of_winner),
        asked,
        asked.jobs,
    )
    store = Store(asked.store.with_stem(f"{asked.store.stem}_classical"))
    text = render(found, of_classical(wanted, store, asked))
    print(text)
    if asked.readme:
        put("bowles", text)


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
    return parser.parse_args()


if __name__ == "__main__":
    main()
