"""The exact noisy engine, approximations beyond its reach, and Aer as the referee of both.

`compile_circuit` turns a circuit and a noise model into a `Program`; its names are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.simulation.approximate import Approximation
    from qcsearch.simulation.compile import compile_circuit, warm_up
    from qcsearch.simulation.exact.runtime.encoded import Encoded
    from qcsearch.simulation.exact.runtime.program import Program
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.simulation.approximate": ("Approximation",),
            "qcsearch.simulation.compile": ("compile_circuit", "warm_up"),
            "qcsearch.simulation.exact.runtime.encoded": ("Encoded",),
            "qcsearch.simulation.exact.runtime.program": ("Program",),
        },
    )

__all__ = ["Approximation", "Encoded", "Program", "compile_circuit", "warm_up"]
