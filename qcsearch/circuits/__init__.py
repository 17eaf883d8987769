"""The candidate and what it becomes: encodings, ansatze, observables, circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.circuits.ansatze import ANSATZE, Ansatz
    from qcsearch.circuits.build import GATES, lower, to_circuit
    from qcsearch.circuits.encodings import ENCODINGS, Encoding
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.circuits.ansatze": ("ANSATZE", "Ansatz"),
            "qcsearch.circuits.build": ("GATES", "lower", "to_circuit"),
            "qcsearch.circuits.encodings": ("ENCODINGS", "Encoding"),
        },
    )

__all__ = ["ANSATZE", "ENCODINGS", "GATES", "Ansatz", "Encoding", "lower", "to_circuit"]
