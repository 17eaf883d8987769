"""`compile_circuit`: from a circuit in basis gates and a noise model to a program for batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation.angles import AngleReader
from qcsearch.simulation.cones import Cone, apart, find_cones
from qcsearch.simulation.lanes import LANE_BYTES
from qcsearch.simulation.lower import lower
from qcsearch.simulation.memory import Memory
from qcsearch.simulation.noise import Noise
from qcsearch.simulation.observables import read_observables
from qcsearch.simulation.part import Part
from qcsearch.simulation.program import Program

__all__ = ["compile_circuit", "warm_up"]

_SLOTS = 64
"""States of a cone that memory must hold for another to be united with it: enough to compute nothing twice."""


def compile_circuit(
    circuit: QuantumCircuit,
    noise_model: Any,
    observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter],
    weights: Sequence[Parameter],
    *,
    dtype: str = "float64",
    threads: int = 1,
    max_memory_mb: int = 2048,
) -> Program:
    """Compile a circuit for exact simulation under noise.

    The numbers are those of Aer's density-matrix method with the same noise model, to rounding, and readout
    errors on top: each Pauli factor P of an observable is read as `(1 − p01 − p10) P + (p01 − p10) I`.

    Args:
        circuit: of gates on one or two qubits; barriers and final measurements are ignored. Angles are sums
            of constants and terms c·w, c·x, c·w·x.
        noise_model: an Aer `NoiseModel` keyed on the circuit's qubit indices, or None for none.
        observables: Hermitian `SparsePauliOp`s on the circuit's qubits.
        features: parameters that take the columns of `X`.
        weights: parameters that are trained.
        dtype: of the states, "float64" or "float32".
        threads: over which batches are spread.
        max_memory_mb: bound on the memory for states (MB = 2²⁰ bytes); where it is short they are computed again.

    Raises:
        CircuitError: for what cannot be simulated, by name: reset, mid-circuit measurement, control flow, an
        unknown
            operation or parameter, another form of angle, a light cone that does not fit into the memory.
        InputError: for an unknown dtype, number of threads or memory.
    """
    if dtype not in ("float64", "float32"):
        raise InputError(
            f"The 'dtype' parameter of compile_circuit must be 'float64' or 'float32'. Got {dtype!r}."
        )
    if not isinstance(threads, int) or threads < 1:
        raise InputError(
            f"The 'threads' parameter of compile_circuit must be an int of at least 1. Got {threads!r}."
        )
    noise = Noise(noise_model)
    elements = lower(circuit, noise, AngleReader(features, weights))
    read = read_observables(observables, circuit.num_qubits, noise)
    number_type = np.dtype(dtype)
    memory = Memory(max_memory_mb, threads)
    lanes = LANE_BYTES // number_type.itemsize
    cones = find_cones(elements, read, lanes, memory.workspace // (_SLOTS * LANE_BYTES))
    memory = replace(memory, n_parts=len(cones))

    def fitting(cone: Cone) -> list[Part]:
        try:
            return [Part(cone, read, len(weights), number_type, memory)]
        except CircuitError:
            if len(cone.observables) == 1:
                raise
            return [part for single in apart(cone, read) for part in fitting(single)]

    return Program(
        [part for cone in cones for part in fitting(cone)],
        n_qubits=circuit.num_qubits,
        n_features=len(features),
        n_weights=len(weights),
        n_observables=len(read),
        memory=memory,
    )


def warm_up(dtype: str = "float64") -> None:
    """Have Numba compile the kernels now, once a machine: some 15 s, later loaded from disk in well under a second.

    Programs do the same at their first use; call this before several processes start at once.
    """
    feature, weight = Parameter("x"), Parameter("w")
    circuit = QuantumCircuit(2)
    circuit.ry(weight, 0)
    circuit.cx(0, 1)
    circuit.ry(feature * weight, 0)
    circuit.rz(feature, 0)
    circuit.cx(0, 1)
    circuit.ry(weight, 1)
    program = compile_circuit(circuit, None, [SparsePauliOp("ZZ")], [feature], [weight], dtype=dtype)
    program.value_and_gradient(np.zeros((1, 1)), np.zeros(1), np.ones((1, 1)))
    program.values(np.zeros((1, 1)), np.zeros(1))
    encoding = circuit.assign_parameters({weight: 0.5})
    fixed = compile_circuit(encoding, None, [SparsePauliOp("ZZ")], [feature], [], dtype=dtype)
    fixed.value_and_gradient(np.zeros((1, 1)), np.zeros(0), np.ones((1, 1)))
