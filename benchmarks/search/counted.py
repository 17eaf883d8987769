"""`python -m search.counted FOLDER ARGUMENT …`: the command qcsearch, its circuits counted into a folder.

Its workers count too: they come from `search.counted_worker`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from search.counting import install

FOLDER = "QCSEARCH_BENCHMARK_COUNTS"


def main() -> None:
    """Run the command line that follows the folder."""
    folder, *arguments = sys.argv[1:]
    os.environ[FOLDER] = folder
    install(Path(folder))
    import search.variants  # noqa: F401  strategies that only benchmarks use
    from qcsearch.cli.main import run
    from qcsearch.search.workers.pool import ForkServer

    ForkServer.module = "search.counted_worker"
    raise SystemExit(run(arguments))


if __name__ == "__main__":
    main()
