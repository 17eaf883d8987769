"""Expressibility: how far the states that the weights reach are from being spread evenly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qcsearch.candidate import checks
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.search.predictors.base import PREDICTORS, PredictorInput
from qcsearch.search.predictors.draws import Draws
from qcsearch.simulation import compile_circuit
from qcsearch.training.expectations import Floats

__all__ = ["Expressibility", "divergence_from_haar"]


@PREDICTORS.register("expressibility")
@dataclass(frozen=True)
class Expressibility:
    """Kullback-Leibler divergence of the fidelities of random pairs of states from those of Haar-random states.

    Sim, Johnson, Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019), equation 10; 0 is a circuit that spreads its
    states evenly. Noise-free, of all qubits; the two states of a pair have different weights and one sample.

    Attributes:
        n_pairs: pairs of random weights, uniform in [0, 2π).
        n_bins: of the histogram of fidelities.
    """

    higher_is_better = False

    n_pairs: int = 200
    n_bins: int = 75

    def __post_init__(self) -> None:
        for name in ("n_pairs", "n_bins"):
            checks.integer("expressibility", name, getattr(self, name), 1)

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        return divergence_from_haar(self.fidelities(inputs), inputs.transpiled.topology.n_qubits, self.n_bins)

    def fidelities(self, inputs: PredictorInput) -> Floats:
        """`|⟨ψ(x, v)|ψ(x, w)⟩|²` of random samples x and weights v, w, `(n_pairs,)`.

        The probability of all zeros when the circuit ran with w and then backwards with v: one circuit of which
        the pairs are samples.
        """
        draws = Draws.of(inputs.transpiled.gate_list)
        circuit, angles, _ = to_circuit(draws.gate_list)
        others = list(ParameterVector("v", len(angles)))
        back = circuit.assign_parameters(dict(zip(angles, others, strict=True))).inverse()
        echo: QuantumCircuit = circuit.compose(back)
        program = compile_circuit(echo, None, [_all_zeros(circuit.num_qubits)], angles + others, ())
        rng = inputs.rng()
        samples = inputs.X[rng.integers(len(inputs.X), size=self.n_pairs)]
        first, second = inputs.weights(self.n_pairs, rng), inputs.weights(self.n_pairs, rng)
        pairs = np.hstack([draws.angles(samples, first), draws.angles(samples, second)])
        return program.values(pairs, np.zeros(0))[:, 0]


def divergence_from_haar(fidelities: Floats, n_qubits: int, n_bins: int) -> float:
    """`Σ p log(p / q)` over bins of [0, 1]: p the histogram, q that of Haar-random states.

    With N = 2^n, `P(fidelity > f) = (1 - f)^(N - 1)` (Życzkowski and Sommers, Phys. Rev. A 71, 032313, 2005). In
    logarithms, since q falls below the smallest float.
    """
    counts, edges = np.histogram(np.clip(fidelities, 0.0, 1.0), bins=n_bins, range=(0.0, 1.0))
    share, filled = counts / counts.sum(), counts > 0
    low, high = 1.0 - edges[:-1][filled], 1.0 - edges[1:][filled]
    power = 2**n_qubits - 1
    log_haar = power * np.log(low) + np.log1p(-((high / low) ** power))
    return float(np.sum(share[filled] * (np.log(share[filled]) - log_haar)))


def _all_zeros(n_qubits: int) -> SparsePauliOp:
    """The projector on |0…0⟩: the mean of all strings of I and Z."""
    labels = ["".join(letters) for letters in product("IZ", repeat=n_qubits)]
    return SparsePauliOp(labels, np.full(len(labels), 1.0 / len(labels)))
