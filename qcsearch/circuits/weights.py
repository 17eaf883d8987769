"""Where the weights of a gate list start."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.gate import Gate, GateList

__all__ = ["initial_weights"]


def initial_weights(gate_list: GateList, init_scale: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw start weights, `(n_weights,)`: uniform in ±π × `init_scale`, but for those that multiply a feature.

    Of these, one alone starts at 1, the plain feature; n whose rotations follow one another about one axis make a
    weighted sum and start normal with standard deviation 1/√n, so that the sum is about as wide as a feature
    (LeCun et al., *Efficient BackProp*, 1998).
    """
    weights = rng.uniform(-math.pi * init_scale, math.pi * init_scale, gate_list.n_weights)
    for run in _sums(gate_list.gates):
        weights[run] = 1.0 if len(run) == 1 else rng.normal(scale=1 / math.sqrt(len(run)), size=len(run))
    return weights


def _sums(gates: Iterable[Gate]) -> list[list[int]]:
    """Weights that multiply features, those of rotations in a row about one axis together."""
    sums: list[list[int]] = []
    open_sums: dict[int, tuple[str, list[int]]] = {}
    for gate in gates:
        angle = gate.angle
        if angle is None or angle.weight is None or angle.feature is None or len(gate.qubits) > 1:
            for qubit in gate.qubits:
                open_sums.pop(qubit, None)
            if angle is not None and angle.weight is not None and angle.feature is not None:
                sums.append([angle.weight])
            continue
        name, run = open_sums.get(gate.qubits[0], ("", []))
        if name != gate.name:
            run = []
            sums.append(run)
            open_sums[gate.qubits[0]] = gate.name, run
        run.append(angle.weight)
    return sums
