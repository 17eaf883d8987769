"""From the elements of a circuit to an exact program: its light cones, each a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qcsearch.errors import CircuitError
from qcsearch.simulation.exact.cones import Cone, find_cones, halves
from qcsearch.simulation.exact.lanes import LANE_BYTES
from qcsearch.simulation.exact.memory import Memory
from qcsearch.simulation.exact.part import Part
from qcsearch.simulation.exact.program import Program
from qcsearch.simulation.lower import Element
from qcsearch.simulation.observables import Observable

__all__ = ["exact_program"]

_SLOTS = 24
"""States of a cone that memory must hold for another to be united with it."""


def exact_program(
    elements: list[Element],
    observables: Sequence[Observable],
    *,
    n_qubits: int,
    n_features: int,
    n_weights: int,
    dtype: str,
    memory: Memory,
) -> Program:
    """A program of one part a group of light cones.

    Raises:
        CircuitError: if a light cone does not fit into the memory.
    """
    number_type = np.dtype(dtype)
    read = list(observables)
    lanes = LANE_BYTES // number_type.itemsize
    cones = find_cones(elements, read, lanes, memory.workspace // (_SLOTS * LANE_BYTES))
    memory = replace(memory, n_parts=len(cones))

    def fitting(cone: Cone) -> list[Part]:
        try:
            return [Part(cone, read, n_weights, number_type, memory)]
        except CircuitError:
            if len(cone.observables) == 1:
                raise
            return [part for half in halves(cone, read) for part in fitting(half)]

    return Program(
        [part for cone in cones for part in fitting(cone)],
        n_qubits=n_qubits,
        n_features=n_features,
        n_weights=n_weights,
        n_observables=len(read),
        memory=memory,
    )
