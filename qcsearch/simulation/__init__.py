"""The exact noisy engine, approximations beyond its reach, and Aer as the referee of both.

`compile_circuit` turns a circuit and a noise model into a `Program`; its names are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qcsearch.simulation.approximate import Approximation
    from qcsearch.simulation.compile import compile_circuit, warm_up
    from qcsearch.simulation.exact.encoded import Encoded
    from qcsearch.simulation.exact.program import Program

__all__ = ["Approximation", "Encoded", "Program", "compile_circuit", "warm_up"]

_HOMES = {
    "Approximation": "approximate",
    "Encoded": "exact.encoded",
    "Program": "exact.program",
    "compile_circuit": "compile",
    "warm_up": "compile",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
