"""The candidate and what it becomes: encodings, ansatze, observables, circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.circuits.ansatze import ANSATZE, Ansatz
    from qcsearch.circuits.encodings import ENCODINGS, Encoding, RangedEncoding
    from qcsearch.circuits.gates import GATES
    from qcsearch.circuits.input_layers import INPUT_LAYERS, InputLayer
    from qcsearch.circuits.lowering import lower
    from qcsearch.circuits.quantum_circuit import to_circuit
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.circuits.ansatze": ("ANSATZE", "Ansatz"),
            "qcsearch.circuits.gates": ("GATES",),
            "qcsearch.circuits.input_layers": ("INPUT_LAYERS", "InputLayer"),
            "qcsearch.circuits.lowering": ("lower",),
            "qcsearch.circuits.quantum_circuit": ("to_circuit",),
            "qcsearch.circuits.encodings": ("ENCODINGS", "Encoding", "RangedEncoding"),
        },
    )

__all__ = [
    "ANSATZE",
    "ENCODINGS",
    "GATES",
    "INPUT_LAYERS",
    "Ansatz",
    "Encoding",
    "InputLayer",
    "RangedEncoding",
    "lower",
    "to_circuit",
]
