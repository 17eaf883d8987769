"""The process that holds the workers of a counted search."""

from __future__ import annotations

import os
from pathlib import Path

from search.counted import FOLDER
from search.counting import install


def main() -> None:
    """Count, and do what the product's own does."""
    install(Path(os.environ[FOLDER]))
    import search.variants  # noqa: F401  strategies that only benchmarks use
    from qcsearch.search.workers import fork_server

    fork_server.main()
