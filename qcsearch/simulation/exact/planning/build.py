"""From the elements of a circuit to an exact program: its light cones, each a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qcsearch.circuits.start_states import GROUND
from qcsearch.errors import CircuitError
from qcsearch.simulation.exact.kernels.simd import VECTOR_BYTES
from qcsearch.simulation.exact.planning.cones import Cone, find_cones, halves
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.planning.plan import Start
from qcsearch.simulation.exact.runtime.part import Part
from qcsearch.simulation.exact.runtime.program import Program
from qcsearch.simulation.lower import Element
from qcsearch.simulation.observables import Observable

__all__ = ["exact_program"]

_SLOTS = 24
"""States of a cone that memory must hold for another to be united with it: the slots of a pass with some √n checkpoints
and as many kept states, for circuits of a hundred operations. A rough bound is enough: a cone that turns out not to fit
is cut in halves again."""


def exact_program(
    elements: list[Element],
    observables: Sequence[Observable],
    *,
    n_qubits: int,
    n_features: int,
    n_weights: int,
    dtype: str,
    memory: Memory,
    start: str = GROUND,
) -> Program:
    """A program of one part a group of light cones.

    Args:
        elements: what `lower` made of the circuit.
        observables: what `read_observables` made of them, with readout errors.
        n_qubits: of the circuit.
        n_features: columns of `X`.
        n_weights: entries of `w`.
        dtype: of the states, "float64" or "float32".
        memory: what the program may use.
        start: what the circuit starts from, see `circuits.start_states`.

    Raises:
        CircuitError: if a light cone does not fit into the memory.
    """
    number_type = np.dtype(dtype)
    read = list(observables)
    lanes = VECTOR_BYTES // number_type.itemsize
    cones = find_cones(elements, read, lanes, memory.workspace // (_SLOTS * VECTOR_BYTES))
    memory = replace(memory, n_parts=len(cones))

    def fitting(cone: Cone) -> list[Part]:
        try:
            return [Part(cone, read, n_weights, number_type, memory, Start(start, n_qubits))]
        except CircuitError:  # united cones see more qubits than either
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
