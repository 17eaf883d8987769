"""The trained circuit for other programs: OpenQASM 3 and QPY. The model itself is never read from them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit, qasm3, qpy
from qiskit.circuit import Parameter

from qcsearch.circuits.start_states import GROUND
from qcsearch.devices.transpile.angles import any_angle, fold, n_open
from qcsearch.devices.transpile.target import region_target
from qcsearch.training.expectations import Floats

if TYPE_CHECKING:
    from qcsearch.training.model import TrainedModel

__all__ = ["export_circuits", "trained_circuit"]


def export_circuits(
    model: TrainedModel, sample: Floats | None = None, named: str = "one sample"
) -> dict[str, bytes]:
    """Return `circuit.qasm`, `circuit_inputs.qasm` and `circuit.qpy`.

    The first is the model at one sample: every angle is a number. The others are the model at any sample: its
    features are `input float[64] x0` and so on in the one, and parameters `x[0]` and so on in the other. All are in the
    gates of the device and within the angles that it runs, and give the same expectation values.

    Args:
        model: the trained model.
        sample: a raw sample `(n_features,)`; None for the one whose preprocessed features all lie in the
            middle of their range.
        named: description of the sample, for the head of the file.
    """
    circuit, free = trained_circuit(model), _any_sample(model)
    starts = model.transpiled.gate_list.start != GROUND
    values = np.zeros(0) if starts else _features(model, sample)
    used = {p: x for p, x in zip(model.transpiled.features, values, strict=True) if p in circuit.parameters}
    bound, _ = fold(
        circuit.assign_parameters(used), target=region_target(model.device, model.candidate.qubits)
    )
    buffer = io.BytesIO()
    qpy.dump(free, buffer)
    source = "a sample in the middle of the range of all features" if sample is None else named
    shown = ", ".join(f"x[{i}] = {float(value)!r}" for i, value in enumerate(values))
    told = f"Features are those of {source}, in radians: {shown}."
    return {
        "circuit.qasm": _qasm(model, bound, [_STARTS if starts else told]),
        "circuit_inputs.qasm": _qasm(model, _plainly_named(free), _about_inputs(model, circuit)),
        "circuit.qpy": buffer.getvalue(),
    }


_STARTS = "The circuit starts from the state of a sample, logical qubit i on q[i], and not from |0...0>."


def trained_circuit(model: TrainedModel) -> QuantumCircuit:
    """The circuit in the device's gates, weights bound, features `x[0] …` free, without measurements.

    Its qubit `i` is the physical qubit `model.candidate.qubits[i]`.
    """
    transpiled = model.transpiled
    bound = transpiled.mapped.circuit.assign_parameters(
        dict(zip(transpiled.weights, model.parameters.weights, strict=True))
    )
    plain = QuantumCircuit(bound.num_qubits, name="qcsearch", global_phase=bound.global_phase)
    return plain.compose(bound)


def _any_sample(model: TrainedModel) -> QuantumCircuit:
    """The trained circuit in gates that the device runs for all values of the features."""
    return any_angle(trained_circuit(model), region_target(model.device, model.candidate.qubits))


def _plainly_named(circuit: QuantumCircuit) -> QuantumCircuit:
    """With parameters `x0 …`: OpenQASM has no vectors of inputs."""
    return circuit.assign_parameters({p: Parameter(f"x{p.index}") for p in circuit.parameters})


def _about_inputs(model: TrainedModel, circuit: QuantumCircuit) -> list[str]:
    if model.transpiled.gate_list.start != GROUND:
        return [_STARTS]
    n_features = len(model.transpiled.features)
    lines = [
        f"Inputs are the {n_features} features of a sample, x0 to x{n_features - 1} (those that the circuit uses), "
        "in radians, as the model makes them of raw data: load_bundle(...).features(X).",
    ]
    if n := n_open(circuit):
        lines.append(
            f"The device runs rzz for angles in [0, pi/2] only: {n} rzz whose angles depend on an input are written "
            "as two cx each, which is the same unitary with more errors than the model was trained with."
        )
    return lines


def _features(model: TrainedModel, sample: Floats | None) -> Floats:
    if sample is not None:
        return np.asarray(model.features(np.asarray(sample)[None, :])[0])
    low, high = model.candidate.preprocessing.angle_range
    middle = np.full((1, model.transpiled.n_features), (low + high) / 2)
    return np.asarray(model.transpiled.derive(middle, model.parameters)[0])


def _qasm(model: TrainedModel, circuit: QuantumCircuit, about: list[str]) -> bytes:
    """The circuit under a header that says what it is."""
    places = ", ".join(f"q[{i}] is ${q}" for i, q in enumerate(model.candidate.qubits))
    final = model.transpiled.mapped.final_layout
    measured = ", ".join(model.candidate.observables)
    header = [
        f"Written by qcsearch for {model.device.name}: {places}.",
        f"Observables on logical qubits: {measured}; logical qubit i ends on q[j] with j = {list(final)}[i].",
        "Weights are the trained ones.",
        *about,
    ]
    text: str = qasm3.dumps(circuit)
    version, _, rest = text.partition("\n")
    return "\n".join([version, *(f"// {line}" for line in header), rest]).encode()
