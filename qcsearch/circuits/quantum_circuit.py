"""From a gate list to Qiskit's `QuantumCircuit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.candidate.gate import Angle, GateList
from qcsearch.circuits.gates import GATES
from qcsearch.circuits.start_states import GROUND

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter, ParameterExpression

__all__ = ["to_circuit"]


def to_circuit(gate_list: GateList) -> tuple[QuantumCircuit, list[Parameter], list[Parameter]]:
    """Build the `QuantumCircuit`, its features `x[0] …` and its weights `w[0] …`.

    Both lists are whole and in order, also where the circuit does not use a feature. A circuit that starts from states
    has no features.
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector, library

    features = list(ParameterVector("x", gate_list.n_features if gate_list.start == GROUND else 0))
    weights = list(ParameterVector("w", gate_list.n_weights))
    circuit = QuantumCircuit(gate_list.n_qubits)
    for gate in gate_list.gates:
        cls = getattr(library, GATES[gate.name].qiskit_name)
        operation = cls() if gate.angle is None else cls(_expression(gate.angle, features, weights))
        circuit.append(operation, gate.qubits, copy=False)
    return circuit, features, weights


def _expression(
    angle: Angle, features: list[Parameter], weights: list[Parameter]
) -> float | Parameter | ParameterExpression:
    factors = [] if angle.feature is None else [features[angle.feature]]
    factors += [] if angle.weight is None else [weights[angle.weight]]
    if not factors:
        return angle.constant
    product = factors[0] if len(factors) == 1 else factors[0] * factors[1]
    scaled = product if angle.scale == 1.0 else angle.scale * product
    return scaled if angle.constant == 0.0 else angle.constant + scaled
