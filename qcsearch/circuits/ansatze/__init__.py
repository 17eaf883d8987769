"""Ansatze (PQCs): a small protocol in `base`, one file an alternative."""

from qcsearch.circuits.ansatze import (
    brickwork,
    entanglers,
    gates,
    hardware_efficient,
    qcnn,
    quantumnas,
    strongly_entangling,
)
from qcsearch.circuits.ansatze.base import ANSATZE, Ansatz

__all__ = [
    "ANSATZE",
    "Ansatz",
    "brickwork",
    "entanglers",
    "gates",
    "hardware_efficient",
    "qcnn",
    "quantumnas",
    "strongly_entangling",
]
