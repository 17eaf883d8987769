"""Data in: load, check, split; preprocessing as a pipeline of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.data.dataset import Dataset
    from qcsearch.data.sources.load import load_dataset
    from qcsearch.data.sources.samples import load_samples
    from qcsearch.data.splitting import Part, Split, split
    from qcsearch.data.tables.options import TableOptions
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.data.dataset": ("Dataset",),
            "qcsearch.data.sources.load": ("load_dataset",),
            "qcsearch.data.sources.samples": ("load_samples",),
            "qcsearch.data.splitting": ("Part", "Split", "split"),
            "qcsearch.data.tables.options": ("TableOptions",),
        },
    )

__all__ = ["Dataset", "Part", "Split", "TableOptions", "load_dataset", "load_samples", "split"]
