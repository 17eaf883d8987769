"""Ansatze (PQCs): a small protocol in `base`, one file an alternative."""

from qcsearch.circuits.ansatze import gates, hardware_efficient
from qcsearch.circuits.ansatze.base import ANSATZE, Ansatz

__all__ = ["ANSATZE", "Ansatz", "gates", "hardware_efficient"]
