"""Conformance kits for the authors of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.testing.ansatze import AnsatzConformance
    from qcsearch.testing.encodings import EncodingConformance
    from qcsearch.testing.executors import ExecutorConformance
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.testing.ansatze": ("AnsatzConformance",),
            "qcsearch.testing.encodings": ("EncodingConformance",),
            "qcsearch.testing.executors": ("ExecutorConformance",),
        },
    )

__all__ = ["AnsatzConformance", "EncodingConformance", "ExecutorConformance"]
