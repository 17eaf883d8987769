"""Entangling capability: how entangled the states are that random weights give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcsearch.candidate import checks
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.search.predictors.base import PREDICTORS, PredictorInput
from qcsearch.search.predictors.draws import Draws
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.states import pauli_strings, pauli_vectors, purities

__all__ = ["EntanglingCapability"]


@PREDICTORS.register("entangling_capability")
@dataclass(frozen=True)
class EntanglingCapability:
    """Mean Meyer-Wallach measure of noise-free states with random weights; 0 for products, 1 at most.

    Sim, Johnson, Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019), equation 16. The measure of a state is
    `2 (1 - mean over qubits of Tr ρ_q²)` (Brennen, Quantum Inf. Comput. 3, 619, 2003).

    Attributes:
        n_draws: random samples with random weights, uniform in [0, 2π).
    """

    higher_is_better = True

    n_draws: int = 100

    def __post_init__(self) -> None:
        checks.integer("entangling_capability", "n_draws", self.n_draws, 1)

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        draws = Draws.of(inputs.transpiled.gate_list)
        circuit, angles, _ = to_circuit(draws.gate_list)
        n_qubits = circuit.num_qubits
        strings = [string for q in range(n_qubits) for string in pauli_strings((q,), n_qubits)]
        program = compile_circuit(circuit, None, strings, angles, ())
        rng = inputs.rng()
        samples = inputs.X[rng.integers(len(inputs.X), size=self.n_draws)]
        values = program.values(draws.angles(samples, inputs.weights(self.n_draws, rng)), np.zeros(0))
        singles = pauli_vectors(values.reshape(-1, 3))
        return float(2.0 * (1.0 - purities(singles).mean()))
