"""Where our own time goes, from the public interface alone: calls that leave out one part after the other."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from engine.cases import Case, build
from qcsearch.simulation.compile import compile_circuit, warm_up

__all__ = ["profile"]


def profile(name: str, threads: int) -> str:
    """A few lines: compile, encode, what depends on the samples and what does not, and dense vectors for scale."""
    warm_up("float64")
    case = build(name)
    start = time.perf_counter()
    program = compile_circuit(
        case.circuit, case.noise_model, case.observables, case.features, case.weights, threads=threads
    )
    compiled = time.perf_counter() - start
    start = time.perf_counter()
    encoded, one = program.encode(case.X), program.encode(case.X[:1])
    encode = time.perf_counter() - start
    step = _best(lambda w: program.value_and_gradient(encoded, w, case.cotangent), case)
    values = _best(lambda w: program.values(encoded, w), case)
    single = _best(lambda w: program.value_and_gradient(one, w, case.cotangent[:1]), case)
    single_values = _best(lambda w: program.values(one, w), case)
    peak, work = _peak(threads), _multiply_adds(case)
    rows = [
        ("compile_circuit", compiled),
        ("encode, once a training", encode),
        ("step: values and gradient", step),
        ("  values alone", values),
        ("  one sample alone (matrices of weights, sections without data)", single),
        ("    values alone", single_values),
        ("  the other samples (contraction with states, or the middle)", step - single),
    ]
    lines = [f"{label:66s} {1e3 * seconds:10.3f} ms" for label, seconds in rows]
    dense = (
        f"  on dense vectors of 4^n numbers a step is {work / 1e6:,.1f} million multiply-adds: at least "
        f"{1e3 * work / peak:.3f} ms at the peak of {peak / 1e9:.1f} thousand million a second"
    )
    return "\n".join([f"{name}, {threads} threads", *lines, dense])


def _best(call: Callable[[np.ndarray], object], case: Case) -> float:
    times = []
    while len(times) < 5 or (sum(times) < 1 and len(times) < 2000):
        w = case.weights_at(len(times))
        start = time.perf_counter()
        call(w)
        times.append(time.perf_counter() - start)
    return min(times)


def _multiply_adds(case: Case) -> float:
    """Of a step on dense vectors, of which the engine leaves out what cannot matter.

    Per vector of 4^n numbers: 4 each for a matrix on one qubit between two-qubit gates, 25/16 for a noisy CZ, and
    three such passes (forward, and back with state and cotangent). Without weights in front of data (W1): one
    vector an observable forward and back, and the contractions of samples with observables, twice. Else (W2): a
    vector a sample.
    """
    size = 4.0**case.n_qubits
    n_pairs = case.circuit.count_ops()["cz"]
    n_single = _runs(case)
    passes = 3 * size * (4 * n_single + 25 / 16 * n_pairs)
    if case.kind == "W1":
        return passes * case.n_qubits + 2 * size * case.cotangent.size
    return passes * len(case.X)


def _runs(case: Case) -> int:
    """Stretches of gates on one qubit between two-qubit gates; those in front of the first weight count too."""
    last: dict[object, int] = {}
    runs = 0
    for instruction in case.circuit.data:
        for qubit in instruction.qubits:
            runs += len(instruction.qubits) == 1 and last.get(qubit, 2) == 2
            last[qubit] = len(instruction.qubits)
    return runs


def _peak(threads: int) -> float:
    """Multiply-adds a second of a dense product in double precision on the same threads."""
    matrix = np.random.default_rng(0).normal(size=(2000, 2000))
    times = []
    with threadpool_limits(threads):
        for _ in range(4):
            start = time.perf_counter()
            matrix @ matrix
            times.append(time.perf_counter() - start)
    return len(matrix) ** 3 / min(times)
