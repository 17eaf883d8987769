"""PennyLane's `default.mixed` with JAX: jit, vmap over samples, backpropagation, single precision.

Each physical gate is one `QubitChannel`, the fewest Kraus operators of gate and error together; rz is free of
error and stays `RZ`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import jax.numpy as jnp
import pennylane as qml

from engine.cases import Case
from engine.gates import angles, gates
from engine.jax_step import jax_step
from engine.runner import Runner

BLOCK = {4: 64, 6: 32, 8: 1}
"""Samples at a time, by qubits; more need tens of gigabytes on eight."""

SHARE = {6: 64, 8: 2}
"""Samples that are run, by qubits; elsewhere all."""


def runners(case: Case, threads: int) -> Iterator[Runner]:
    """The one configuration."""
    start = time.perf_counter()
    block = min(BLOCK[case.n_qubits], len(case.X))
    share = case.first(SHARE.get(case.n_qubits, len(case.X)))
    step = jax_step(share, _values(case), block)
    yield Runner(f"blocks of {block}", share, step, (1e-4, 1e-4), time.perf_counter() - start)


def _values(case: Case) -> qml.QNode:
    read, steps = angles(case), [(gate, gate.noisy_kraus) for gate in gates(case)]

    @qml.qnode(qml.device("default.mixed", wires=case.n_qubits), interface="jax", diff_method="backprop")
    def values(x, w):
        at = read.at(x, w)
        for gate, kraus in steps:
            if gate.angle is not None:
                qml.RZ(at[gate.angle], wires=gate.qubits[0])
            else:
                qml.QubitChannel(kraus, wires=gate.qubits[::-1])
        return [qml.expval(qml.PauliZ(q)) for q in range(case.n_qubits)]

    return lambda x, w: jnp.stack(values(x, w))
