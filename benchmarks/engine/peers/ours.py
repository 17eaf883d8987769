"""qcsearch's exact engine: the circuit compiled, the features encoded once, then a step."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.cases import Case
from engine.runner import Runner
from qcsearch.simulation.compile import compile_circuit

Floats = NDArray[np.float64]


def runners(case: Case, threads: int) -> Iterator[Runner]:
    """Double precision, then single."""
    yield _runner(case, threads, "float64", 1e-12)
    yield _runner(case, threads, "float32", 1e-4)


def _runner(case: Case, threads: int, dtype: str, tolerance: float) -> Runner:
    start = time.perf_counter()
    program = compile_circuit(
        case.circuit,
        case.noise_model,
        case.observables,
        case.features,
        case.weights,
        dtype=dtype,
        threads=threads,
    )
    encoded = program.encode(case.X)
    seconds = time.perf_counter() - start

    def step(w: Floats) -> tuple[Floats, Floats]:
        return program.value_and_gradient(encoded, w, case.cotangent)

    return Runner(dtype, case, step, (tolerance, tolerance), seconds)
