"""Clifford noise resilience: how little the device's noise changes what the circuit's places give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit_aer.noise import NoiseModel

from qcsearch.candidate import checks
from qcsearch.devices.noise import noise_model
from qcsearch.search.predictors.base import PREDICTORS, PredictorInput
from qcsearch.search.predictors.replicas import replicas
from qcsearch.simulation import compile_circuit
from qcsearch.simulation.states import distributions, total_variation, z_strings
from qcsearch.training.expectations import Floats

__all__ = ["CliffordNoiseResilience"]


@PREDICTORS.register("cnr")
@dataclass(frozen=True)
class CliffordNoiseResilience:
    """One minus the mean total variation distance of noisy and noiseless outcomes of Clifford replicas; in [0, 1].

    Anagolum et al., ASPLOS 2024 (arXiv 2401.09393), section 5. There shots are drawn; here the distributions over
    the outcomes of the measured qubits are exact, readout error included.

    Attributes:
        n_replicas: how many.
    """

    higher_is_better = True

    n_replicas: int = 32

    def __post_init__(self) -> None:
        checks.integer("cnr", "n_replicas", self.n_replicas, 1)

    def __call__(self, inputs: PredictorInput) -> float:
        """See `Predictor`."""
        mapped = inputs.transpiled.mapped
        model = noise_model(inputs.transpiled.device, mapped.qubits)
        found = replicas(mapped.circuit, model.noise_instructions)
        angles = found.angles(found.draw(self.n_replicas, inputs.rng()))
        strings = z_strings(inputs.measured, mapped.circuit.num_qubits)

        def outcomes(model: NoiseModel | None) -> Floats:
            program = compile_circuit(found.circuit, model, strings, found.features, ())
            return distributions(program.values(angles, np.zeros(0)))

        return float(1.0 - total_variation(outcomes(model), outcomes(None)).mean())
