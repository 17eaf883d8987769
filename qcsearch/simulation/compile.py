"""`compile_circuit`: from a circuit in basis gates and a noise model to a program for batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.circuits.start_states import GROUND, MIXED, PURE, state_size
from qcsearch.errors import CircuitError, InputError
from qcsearch.simulation.angles import AngleReader
from qcsearch.simulation.exact.kernels.kept import KernelCache
from qcsearch.simulation.exact.kernels.matrices import bind
from qcsearch.simulation.exact.planning.build import exact_program
from qcsearch.simulation.exact.planning.memory import Memory
from qcsearch.simulation.exact.runtime import compilation
from qcsearch.simulation.exact.runtime.program import Program
from qcsearch.simulation.lower import lower
from qcsearch.simulation.noise import Noise
from qcsearch.simulation.observables import read_observables

if TYPE_CHECKING:
    from qcsearch.simulation.approximate import Approximation
    from qcsearch.simulation.propagation.program import PropagationProgram
    from qcsearch.simulation.reference.trajectories import TrajectoryProgram

__all__ = ["compile_circuit", "kernel_folder", "processor", "warm_up"]

_DTYPES = ("float64", "float32")


@overload
def compile_circuit(
    circuit: QuantumCircuit,
    noise_model: Any,
    observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter] | str,
    weights: Sequence[Parameter],
    *,
    dtype: str = ...,
    threads: int = ...,
    max_memory_mb: int = ...,
    approximation: None = ...,
) -> Program: ...


@overload
def compile_circuit(
    circuit: QuantumCircuit,
    noise_model: Any,
    observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter] | str,
    weights: Sequence[Parameter],
    *,
    dtype: str = ...,
    threads: int = ...,
    max_memory_mb: int = ...,
    approximation: Approximation,
) -> Program | PropagationProgram | TrajectoryProgram: ...


def compile_circuit(
    circuit: QuantumCircuit,
    noise_model: Any,
    observables: Sequence[SparsePauliOp],
    features: Sequence[Parameter] | str,
    weights: Sequence[Parameter],
    *,
    dtype: str = "float64",
    threads: int = 1,
    max_memory_mb: int = 2048,
    approximation: Approximation | None = None,
) -> Program | PropagationProgram | TrajectoryProgram:
    """Compile a circuit for simulation under noise, exact unless asked otherwise.

    The numbers are those of Aer's density-matrix method with the same noise model, to rounding, and readout
    errors on top: each Pauli factor P of an observable is read as `(1 − p01 − p10) P + (p01 − p10) I`.

    Args:
        circuit: of gates on one or two qubits; barriers and final measurements are ignored. Angles are sums
            of constants and terms c·w, c·x, c·w·x.
        noise_model: an Aer `NoiseModel` keyed on the circuit's qubit indices, or None for none.
        observables: Hermitian `SparsePauliOp`s on the circuit's qubits.
        features: parameters that take the columns of `X`; or `pure` or `mixed`, where a sample is the state that the
            circuit starts from, and `X` is `(n, 2·2^n_qubits)` or `(n, 4^n_qubits)` as `circuits.start_states` says.
        weights: parameters that are trained.
        dtype: of the states, "float64" or "float32" (an error of some 1e-6 in the values, for nearly twice the
            speed where features stand behind weights).
        threads: over which a step is spread where there is work enough; the numbers do not depend on it.
        max_memory_mb: bound on the memory for states (2²⁰ bytes each); where it is short they are computed again.
        approximation: a way to approximate that tells its error, in place of the exact engine or, with
            `only_if_needed`, where a light cone does not fit into the memory; None for the exact engine alone.

    Raises:
        CircuitError: for what cannot be simulated, by name: reset, mid-circuit measurement, control flow, an
            unknown operation or parameter, another form of angle, a light cone that does not fit into memory.
        InputError: for an unknown dtype or start, or a wrong number of threads or memory.
    """
    _check(dtype, threads)
    start, parameters = (features, ()) if isinstance(features, str) else (GROUND, features)
    if start != GROUND:
        _check_start(start, approximation)
    memory = Memory(max_memory_mb, threads)
    if approximation is None or approximation.only_if_needed:
        noise = Noise(noise_model)
        elements = lower(circuit, noise, AngleReader(parameters, weights))
        try:
            return exact_program(
                elements,
                read_observables(observables, circuit.num_qubits, noise),
                n_qubits=circuit.num_qubits,
                n_features=len(parameters) if start == GROUND else state_size(start, circuit.num_qubits),
                n_weights=len(weights),
                dtype=dtype,
                memory=memory,
                start=start,
            )
        except CircuitError:
            if approximation is None:
                raise
    from qcsearch.simulation.approximate import approximate_program

    return approximate_program(
        circuit, noise_model, observables, parameters, weights, approximation, threads=threads
    )


def _check(dtype: str, threads: int) -> None:
    if dtype not in _DTYPES:
        raise InputError(
            f"The 'dtype' parameter of compile_circuit must be {' or '.join(map(repr, _DTYPES))}. Got {dtype!r}."
        )
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise InputError(
            f"The 'threads' parameter of compile_circuit must be an int of at least 1. Got {threads!r}."
        )


def _check_start(start: str, approximation: Approximation | None) -> None:
    if start not in (PURE, MIXED):
        raise InputError(
            f"The 'features' parameter of compile_circuit must be parameters, '{PURE}' or '{MIXED}'. Got {start!r}."
        )
    if approximation is not None:
        raise InputError(
            "A circuit that starts from states must be simulated exactly, with no approximation."
        )


def warm_up(*dtypes: str) -> float:
    """Have the kernels compiled now, once a machine: about a minute, later loaded from disk in about a second.

    Programs do the same at their first use; call this before several processes start at once, or before seconds
    count. That it compiles is logged as a warning.

    Args:
        dtypes: of the programs to come; without any "float32", in which searches train, and "float64".

    Returns:
        The seconds that compilation took; 0 if all could be loaded.
    """
    before = compilation.seconds()
    for dtype in dtypes or ("float32", "float64"):
        _use_all(dtype)
    return compilation.seconds() - before


def kernel_folder() -> Path | None:
    """Where kernels that this process compiles are kept for others; None if there is no folder that it may write to."""
    found = bind._cache
    return Path(found.cache_path) if isinstance(found, KernelCache) and found.writable else None


def processor() -> str:
    """LLVM's name of the kind of processor that this process compiles for, such as `znver3`."""
    return str(bind.targetctx.codegen().magic_tuple()[1])


def _use_all(dtype: str) -> None:
    """Run small circuits, which between them need every kernel."""
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
    once, entangled = QuantumCircuit(2), QuantumCircuit(2)
    once.ry(feature, 0)
    once.cx(0, 1)
    once.ry(weight, 1)
    entangled.ry(feature, 0)
    entangled.cx(0, 1)
    entangled.ry(feature, 1)
    entangled.ry(weight, 1)
    for circuit in (once, entangled):
        known = compile_circuit(circuit, None, [SparsePauliOp("ZZ")], [feature], [weight], dtype=dtype)
        known.value_and_gradient(np.zeros((1, 1)), np.zeros(1), np.ones((1, 1)))
        known.values(np.zeros((1, 1)), np.zeros(1))
    prepared = QuantumCircuit(1)
    prepared.ry(weight, 0)
    compile_circuit(prepared, None, [SparsePauliOp("Z")], PURE, [weight], dtype=dtype).values(
        np.array([[1.0, 0.0, 0.0, 0.0]]), np.zeros(1)
    )
