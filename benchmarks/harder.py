"""Harder tasks than the nine, each searched as a user would, from several seeds.

`python benchmarks/harder.py` runs what is not stored yet and prints the table; see `benchmarks/README.md`.
"""

from __future__ import annotations

from nine_tasks import render
from record.readme import put
from refit import refitted
from search.fleet import cells, jobs, measure, searches
from search.harder import archive
from search.tasks import HARDER


def main() -> None:
    """Measure, store after each search, print."""
    parser = searches(__doc__, "harder", seeds=5, max_seconds=60)
    parser.add_argument("--tasks", nargs="+", choices=HARDER, default=list(HARDER))
    asked = parser.parse_args()
    wanted = cells(asked.tasks, asked.seeds)
    entries = measure(
        jobs(asked, wanted, lambda task, _: archive(task, asked.runs / "data")), asked, asked.jobs
    )
    if not asked.stored:
        entries = refitted(entries, asked.store)
    text = render(entries)
    print(text)
    if asked.readme:
        put("harder", text)


if __name__ == "__main__":
    main()
