"""The trained circuit for other programs: OpenQASM 3 and QPY. The model itself is never read from them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit, qasm3, qpy

from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qcsearch.training.model import TrainedModel

__all__ = ["export_circuits", "trained_circuit"]


def export_circuits(model: TrainedModel, sample: Floats | None = None) -> dict[str, bytes]:
    """Return `circuit.qasm` and `circuit.qpy`.

    OpenQASM 3 with parameter expressions is read differently by different programs, so that file holds one
    bound
    circuit: the model at one sample. QPY holds the circuit with its features as parameters.

    Args:
        model: the trained model.
        sample: a raw sample `(n_features,)`; None for the one whose preprocessed features all lie in the
            middle of their range.
    """
    circuit = trained_circuit(model)
    values = _features(model, sample)
    bound = circuit.assign_parameters(
        {p: x for p, x in zip(model.assembly.features, values, strict=True) if p in circuit.parameters}
    )
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    return {"circuit.qasm": _qasm(model, bound, values).encode(), "circuit.qpy": buffer.getvalue()}


def trained_circuit(model: TrainedModel) -> QuantumCircuit:
    """The circuit in the device's gates, weights bound, features `x[0] …` free, without measurements.

    Its qubit `i` is the physical qubit `model.candidate.qubits[i]`.
    """
    assembly = model.assembly
    bound = assembly.mapped.circuit.assign_parameters(dict(zip(assembly.weights, model.weights, strict=True)))
    plain = QuantumCircuit(bound.num_qubits, name="qcsearch", global_phase=bound.global_phase)
    return plain.compose(bound)


def _features(model: TrainedModel, sample: Floats | None) -> Floats:
    if sample is not None:
        return np.asarray(model.features(np.asarray(sample)[None, :])[0])
    low, high = model.candidate.preprocessing.angle_range
    middle = np.full((1, model.assembly.n_features), (low + high) / 2)
    return np.asarray(model.assembly.derive(middle)[0])


def _qasm(model: TrainedModel, bound: QuantumCircuit, values: Floats) -> str:
    """The bound circuit under a header that says what it is."""
    places = ", ".join(f"q[{i}] is ${q}" for i, q in enumerate(model.candidate.qubits))
    final = model.assembly.mapped.final_layout
    measured = ", ".join(model.candidate.observables)
    shown = ", ".join(f"x[{i}] = {float(value)!r}" for i, value in enumerate(values))
    header = [
        f"Written by qcsearch for {model.device.name}: {places}.",
        f"Observables on logical qubits: {measured}; logical qubit i ends on q[j] with j = {list(final)}[i].",
        f"Weights are the trained ones. Features are those of one sample, in radians: {shown}.",
    ]
    text: str = qasm3.dumps(bound)
    version, _, rest = text.partition("\n")
    return "\n".join([version, *(f"// {line}" for line in header), rest])
