"""A candidate on its device: the circuit as it will run, and programs that simulate it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.gate import GateList, Topology
from qcsearch.circuits.input_layers import InputLayer, make_input_layer
from qcsearch.circuits.lowering import derive_features, lower
from qcsearch.circuits.observables import to_pauli
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.circuits.start_states import GROUND
from qcsearch.circuits.weights import initial_weights
from qcsearch.data.targets import Target
from qcsearch.devices.device import Device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import topology
from qcsearch.devices.transpile.mapping import MappedCircuit, map_circuit
from qcsearch.simulation import Program, compile_circuit
from qcsearch.simulation.occurrences import Occurrences, occurrences
from qcsearch.stopwatch import Stopwatch
from qcsearch.training.expectations import Expectations, Floats
from qcsearch.training.gradients import GradientEstimator, ParameterShift, estimator_for
from qcsearch.training.heads import n_found, n_head_parameters
from qcsearch.training.parameters import DRAWN, ParameterCounts, Parameters

__all__ = ["TranspiledCandidate", "transpile_candidate"]


@dataclass(frozen=True, eq=False)
class TranspiledCandidate:
    """Everything that follows from a candidate and a device, before any training.

    Attributes:
        candidate: what was transpiled.
        device: its calibration facts.
        n_features: number of outputs of the preprocessing, from which the circuit's own features are derived.
        topology: logical qubits and their couplings.
        gate_list: the logical circuit.
        mapped: the circuit in basis gates on the region.
        features: parameters that take the derived features, in their order, `n_derived` of them; none where those are
            the state that the circuit starts from.
        weights: parameters that are trained, in their order, `n_weights` of them.
        observables: on the mapped circuit's qubits, in the candidate's order.
        watch: takes the time of the stages `build`, `map` and `compile`.
    """

    candidate: Candidate
    device: Device
    n_features: int
    topology: Topology
    gate_list: GateList
    mapped: MappedCircuit
    features: tuple[Parameter, ...]
    weights: tuple[Parameter, ...]
    observables: tuple[SparsePauliOp, ...]
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def n_weights(self) -> int:
        """Number of trainable weights of the circuit."""
        return len(self.weights)

    @property
    def inputs(self) -> Sequence[Parameter] | str:
        """What takes the derived features: `features`, or the kind of state that they are, see `compile_circuit`."""
        start = self.gate_list.start
        return self.features if start == GROUND else start

    @property
    def input_layer(self) -> InputLayer:
        """What is trained between the preprocessing and the encoding."""
        return make_input_layer(self.candidate)

    @property
    def n_input_layer(self) -> int:
        """Number of its parameters."""
        return self.input_layer.n_parameters(self.n_features, self.candidate.n_qubits)

    def counts(self, target: Target, head: Floats | None = None) -> ParameterCounts:
        """How many numbers its training finds.

        Args:
            target: what is asked.
            head: what it found for the head; without it, of a head that is fitted, the most that it may find.
        """
        if head is None:
            n_head = n_head_parameters(self.candidate, target)
        else:
            n_head = n_found(self.candidate, len(head), target)
        return ParameterCounts.of(self.gate_list, n_head, self.n_input_layer)

    def compile(self, noise: bool = True, dtype: str = "float64") -> Program:
        """The program of the exact engine, under the device's noise or without any; compiled once.

        Args:
            noise: whether under the device's noise.
            dtype: "float64" or "float32", see `compile_circuit`.
        """
        key = (noise, dtype)
        if key not in self._programs:
            with self.watch.stage("compile"):
                self._programs[key] = self.program(self.observables, noise, dtype)
        return self._programs[key]

    def program(
        self, observables: Sequence[SparsePauliOp], noise: bool = True, dtype: str = "float64"
    ) -> Program:
        """A new program for any observables on the mapped circuit's qubits; else as `compile`."""
        model = noise_model(self.device, self.candidate.qubits) if noise else None
        weights = list(self.weights)
        return compile_circuit(
            self.mapped.circuit, model, list(observables), self.inputs, weights, dtype=dtype
        )

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled or copied: all but the compiled programs, which hold the memory of the kernels."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def derive(self, Z: Floats, parameters: Parameters = DRAWN) -> Floats:
        """The circuit's features `(n_samples, n_derived)` from preprocessed `(n_samples, n_features)`.

        Args:
            Z: outputs of the preprocessing.
            parameters: whose input layer these go through, if the candidate has one.
        """
        return derive_features(self.candidate, self.topology, Z, parameters.input_layer)

    def initial_weights(self, rng: np.random.Generator) -> Floats:
        """Weights to start from, `(n_weights,)`, drawn with the candidate's `init_scale`."""
        return initial_weights(self.gate_list, self.candidate.training.init_scale, rng)

    def initial_input_layer(self, rng: np.random.Generator) -> Floats:
        """Parameters of the input layer to start from, `(n_input_layer,)`."""
        return self.input_layer.initial(self.n_features, self.candidate.n_qubits, rng)

    def estimator(
        self,
        name: str,
        noise: bool = True,
        program: Expectations | None = None,
        *,
        dtype: str = "float64",
    ) -> GradientEstimator:
        """The gradient estimator `name`.

        Args:
            name: as in `TrainingOptions.gradient`.
            noise: whether under the device's noise.
            program: what to ask for values instead of the exact engine; for `parameter_shift` it must run
                `occurrences.circuit`, its weights followed by its shifts.
            dtype: of the exact engine.

        Raises:
            CandidateError: if the name is unknown or the program cannot give it.
        """
        if name == "parameter_shift":
            return ParameterShift(program or self._shifted(noise), self.occurrences)
        return estimator_for(name, program or self.compile(noise, dtype))

    @cached_property
    def occurrences(self) -> Occurrences:
        """The mapped circuit with a shift of its own for every angle that holds a weight."""
        return occurrences(self.mapped.circuit, self.features, self.weights)

    @cached_property
    def _programs(self) -> dict[tuple[bool, str], Program]:
        return {}

    def _shifted(self, noise: bool) -> Program:
        model = noise_model(self.device, self.candidate.qubits) if noise else None
        weights = [*self.weights, *self.occurrences.shifts]
        circuit = self.occurrences.circuit
        return compile_circuit(circuit, model, list(self.observables), self.inputs, weights)


def transpile_candidate(
    candidate: Candidate,
    device: Device,
    n_features: int,
    *,
    gate_list: GateList | None = None,
    optimization_level: int = 1,
    watch: Stopwatch | None = None,
) -> TranspiledCandidate:
    """Lower a candidate, map its circuit to its qubits, and put its observables where the mapping left them.

    Args:
        candidate: what to transpile.
        device: the calibration facts.
        n_features: outputs of the preprocessing, ≥ 1.
        gate_list: the candidate's on this device if it is there already; None makes it.
        optimization_level: of Qiskit's transpiler, 0 to 3.
        watch: takes the time of each stage; None makes one.

    Raises:
        CandidateError: if the circuit cannot be built.
        DeviceError: if the device does not have these qubits or cannot run the circuit on them.
    """
    watch = watch or Stopwatch()
    with watch.stage("build"):
        couplings = topology(device, candidate.qubits)
        gate_list = gate_list or lower(candidate, couplings, n_features)
        circuit, features, weights = to_circuit(gate_list)
    with watch.stage("map"):
        mapped = map_circuit(circuit, device, candidate.qubits, optimization_level)
    observables = (to_pauli(label, candidate.n_qubits) for label in candidate.observables)
    return TranspiledCandidate(
        candidate,
        device,
        n_features,
        couplings,
        gate_list,
        mapped,
        tuple(features),
        tuple(weights),
        tuple(mapped.observable(operator) for operator in observables),
        watch,
    )
