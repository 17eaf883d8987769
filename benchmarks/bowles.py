"""Data sets of somebody else's study (arXiv 2403.07059), searched as a user would, beside tuned classical models.

`python benchmarks/bowles.py` runs what is not stored yet and prints the tables; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
from functools import partial

from external.answers import of_classical, of_winner
from external.sets import CHOSEN, SETS, archive
from external.tables import render
from record.readme import put
from record.store import Store
from search.fleet import measure, options
from search.job import Job, job
from search.spaces import DEFAULT


def main() -> None:
    """Measure, store after each search and each fit, print."""
    asked = _options()
    cells = [(name, seed) for seed in range(asked.seeds) for name in asked.sets]
    searches = measure((_job(asked, *cell) for cell in cells), asked, asked.jobs)
    store = Store(asked.store.with_stem(f"{asked.store.stem}_classical"))
    text = render(searches, of_classical(cells, store, asked))
    print(text)
    if asked.readme:
        put("bowles", text)


def _options() -> argparse.Namespace:
    parser = options(__doc__, "bowles")
    parser.add_argument(
        "--sets",
        nargs="+",
        choices=SETS,
        default=list(CHOSEN),
        metavar="SET",
        help=f"default: {' '.join(CHOSEN)}",
    )
    parser.add_argument(
        "--seeds", type=int, default=5, help="draws of each set; the first is the study's own"
    )
    parser.add_argument("--max-seconds", type=float, default=300)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, a core and a thread each")
    parser.add_argument("--strategy", help="default: the product's")
    parser.add_argument("--space", help="default: the product's")
    return parser.parse_args()


def _job(asked: argparse.Namespace, name: str, seed: int) -> Job:
    data = archive(name, seed, asked.runs / "data")
    return job(
        name,
        seed,
        strategy=asked.strategy,
        space=asked.space or DEFAULT,
        max_seconds=asked.max_seconds,
        workers=asked.workers,
        alone=asked.jobs == 1,
        data=data,
        after=partial(of_winner, data=data),
    )


if __name__ == "__main__":
    main()
