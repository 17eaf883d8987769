"""Circuits that start from states, on Aer: what a simulator can do and no processor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction
from qiskit.exceptions import QiskitError
from qiskit.primitives import BitArray
from qiskit_aer.library import SetDensityMatrix, SetStatevector

from qcsearch.circuits.start_states import PURE, amplitudes, density_matrices
from qcsearch.deployment.values import Pub, States
from qcsearch.errors import BackendError
from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qiskit_aer import AerSimulator

__all__ = ["bits_from_states", "cut"]

_NUMBERS = 2**22
"""Of the states that one call of Aer is given."""


def bits_from_states(simulator: AerSimulator, pub: Pub, shots: int, seed: int) -> BitArray:
    """Run a circuit from its states, which come to be without noise.

    Args:
        simulator: its noise is keyed on the places in `States.qubits`.
        pub: the circuit with its states; it must use no other qubits.
        shots: runs of each set of parameters.
        seed: of the shots, in [0, 2³¹).

    Returns:
        An array of shape `(n_sets,)`.

    Raises:
        BackendError: if Aer does not run it.
    """
    states = pub.states
    assert states is not None
    small = cut(pub.circuit, states.qubits)
    size = max(1, _NUMBERS // 4 ** len(states.qubits))
    found: list[BitArray] = []
    for first in range(0, len(pub.parameters), size):
        rows = slice(first, first + size)
        starts = zip(_starts(states, rows), pub.parameters[rows], strict=True)
        circuits = [_started(small, start, row) for start, row in starts]
        drawn = int(np.random.SeedSequence([seed, first]).generate_state(1)[0]) >> 1
        try:
            result = simulator.run(circuits, shots=shots, seed_simulator=drawn, memory=True).result()
            samples = [result.data(i)["memory"] for i in range(len(circuits))]
        except QiskitError as error:
            raise BackendError(f"The job from given states failed on Aer: {error}.") from error
        found += [BitArray.from_samples(one, small.num_clbits) for one in samples]
    return BitArray(np.stack([one.array for one in found]), small.num_clbits)


def cut(circuit: QuantumCircuit, qubits: Sequence[int]) -> QuantumCircuit:
    """The circuit on these qubits alone, qubit `i` being `qubits[i]`."""
    place = {q: i for i, q in enumerate(qubits)}
    small = QuantumCircuit(len(qubits))
    for register in circuit.cregs:
        small.add_register(register)
    for instruction in circuit.data:
        if instruction.operation.name != "barrier":
            kept = [place[circuit.find_bit(qubit).index] for qubit in instruction.qubits]
            small.append(instruction.operation, kept, instruction.clbits)
    return small


def _starts(states: States, rows: slice) -> Iterator[Instruction]:
    """Aer's instruction for each state."""
    if states.kind == PURE:
        return map(SetStatevector, amplitudes(states.rows[rows]))
    return map(SetDensityMatrix, density_matrices(states.rows[rows]))


def _started(circuit: QuantumCircuit, start: Instruction, row: Floats) -> QuantumCircuit:
    whole = circuit.copy_empty_like()
    whole.append(start, range(circuit.num_qubits))
    return whole.compose(
        circuit.assign_parameters(row), qubits=range(circuit.num_qubits), clbits=range(circuit.num_clbits)
    )
