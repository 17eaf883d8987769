"""Plots and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.reporting.report import write_report
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.reporting.report": ("write_report",),
        },
    )

__all__ = ["write_report"]
