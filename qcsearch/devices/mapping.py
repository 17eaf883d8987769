"""Mapping: a logical circuit onto the chosen physical qubits, in the gates they run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import PassManager, generate_preset_pass_manager

from qcsearch.devices.device import Device
from qcsearch.devices.target import ANGLE_BOUNDS, region_target
from qcsearch.devices.validation import components
from qcsearch.errors import DeviceError

__all__ = ["MappedCircuit", "map_circuit", "to_physical"]


@dataclass(frozen=True)
class MappedCircuit:
    """A circuit in basis gates on the region's qubits.

    Attributes:
        circuit: on `len(qubits)` qubits; its qubit `i` is the physical qubit `qubits[i]`.
        qubits: physical qubits.
        final_layout: at the end logical qubit `i` is the circuit's qubit `final_layout[i]`.
        two_qubit_gates: how many.
        depth: layers of gates; barriers and measurements do not count.
        duration: seconds from the first gate to the end of readout, each gate as early as it can.
        predicted_success: product over all gates and over the readout of the measured qubits (all, if the circuit
            measures none) of 1 − error, in [0, 1].
    """

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    final_layout: tuple[int, ...]
    two_qubit_gates: int
    depth: int
    duration: float
    predicted_success: float

    def observable(self, operator: SparsePauliOp) -> SparsePauliOp:
        """A logical observable on the qubits where the mapped circuit leaves it."""
        return operator.apply_layout(list(self.final_layout), num_qubits=self.circuit.num_qubits)


def map_circuit(
    circuit: QuantumCircuit,
    device: Device,
    qubits: tuple[int, ...],
    optimization_level: int = 1,
    seed: int = 0,
) -> MappedCircuit:
    """Translate, route and optimise a circuit for `qubits`, all of Qiskit's stages.

    Logical qubit `i` starts on `qubits[i]`. Gates that run for some angles only (`rzz` of fractional devices) are
    used when every angle of the circuit is a number, and left alone when one is still a parameter.

    Args:
        circuit: as many logical qubits as `qubits`; parameters are kept.
        device: the calibration facts.
        qubits: physical qubits.
        optimization_level: of Qiskit, 0 to 3.
        seed: of the router.

    Returns:
        The mapped circuit with its costs.

    Raises:
        DeviceError: if sizes differ, a qubit is not there, the qubits are not connected while the circuit entangles
            them, or the gates left cannot express the circuit.
    """
    chosen = device.check_qubits(qubits)
    if circuit.num_qubits != len(chosen):
        raise DeviceError(f"A circuit of {circuit.num_qubits} qubits must be given as many. Got {chosen}.")
    if optimization_level not in (0, 1, 2, 3):
        raise DeviceError(
            f"The 'optimization_level' of a mapping must be 0, 1, 2 or 3. Got {optimization_level!r}."
        )
    if len(chosen) > 1 and circuit.num_nonlocal_gates():
        _check_connected(device, chosen)
    manager = _manager(device, chosen, optimization_level, seed, not circuit.parameters)
    try:
        mapped = manager.run(circuit)
    except QiskitError as error:
        raise DeviceError(
            f"The circuit cannot be mapped to qubits {chosen} of {device.name}: {error}"
        ) from error
    layout = mapped.layout
    final = tuple(range(len(chosen))) if layout is None else tuple(layout.final_index_layout())
    return _cost(mapped, device, chosen, final)


def to_physical(mapped: MappedCircuit, n_device_qubits: int) -> QuantumCircuit:
    """The mapped circuit on all qubits of its device.

    Raises:
        DeviceError: if the device has too few qubits for it.
    """
    if max(mapped.qubits) >= n_device_qubits:
        raise DeviceError(
            f"Qubit {max(mapped.qubits)} must be one of {n_device_qubits} qubits of the device."
        )
    whole = QuantumCircuit(n_device_qubits, mapped.circuit.num_clbits, name=mapped.circuit.name)
    return whole.compose(mapped.circuit, mapped.qubits, range(mapped.circuit.num_clbits))


def _check_connected(device: Device, qubits: tuple[int, ...]) -> None:
    inside = set(qubits)
    parts = components(inside, [pair for pair in device.edges if inside.issuperset(pair)])
    if len(parts) > 1:
        raise DeviceError(f"Qubits {qubits} of {device.name} must be connected. They fall into {parts}.")


@lru_cache(maxsize=256)
def _manager(device: Device, qubits: tuple[int, ...], level: int, seed: int, bound: bool) -> PassManager:
    if bound and set(device.basis_gates) & set(ANGLE_BOUNDS):
        # Importing it teaches Qiskit's WrapAngles pass to fold an rzz into the angles the hardware runs.
        import qiskit_ibm_runtime.utils.backend_converter  # noqa: F401
    target = region_target(device, qubits, bounded=bound)
    return generate_preset_pass_manager(
        optimization_level=level, target=target, initial_layout=list(range(len(qubits))), seed_transpiler=seed
    )


def _cost(
    circuit: QuantumCircuit, device: Device, qubits: tuple[int, ...], final: tuple[int, ...]
) -> MappedCircuit:
    errors, durations = _figures(device, qubits)
    ready, success, pairs = [0.0] * len(qubits), 1.0, 0
    measured: set[int] = set()
    for instruction in circuit.data:
        name = instruction.operation.name
        places = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        start = max((ready[i] for i in places), default=0.0)
        length = 0.0
        if name == "measure":
            measured.update(places)
        elif name == "delay":
            length = _delay(instruction.operation, device)
        elif name != "barrier":
            success *= 1 - errors.get((name, places), 0.0)
            length = durations.get((name, places), 0.0)
            pairs += len(places) == 2
        for i in places:
            ready[i] = start + length
    read = measured or set(range(len(qubits)))
    for i in read:
        success *= 1 - device.qubits[qubits[i]].readout_error
    duration = max(ready[i] + (device.qubits[qubits[i]].readout_duration or 0.0) for i in read)
    depth = circuit.depth(lambda x: x.operation.name not in ("barrier", "measure", "delay"))
    return MappedCircuit(circuit, qubits, final, pairs, depth, max(duration, *ready), success)


@lru_cache(maxsize=256)
def _figures(
    device: Device, qubits: tuple[int, ...]
) -> tuple[dict[tuple[str, tuple[int, ...]], float], dict[tuple[str, tuple[int, ...]], float]]:
    """Error and duration by gate name and re-indexed qubits; 0 where not measured."""
    index = {q: i for i, q in enumerate(qubits)}
    errors, durations = {}, {}
    for place, gates in device.gates_on.items():
        if all(q in index for q in place):
            for gate in gates:
                key = gate.name, tuple(index[q] for q in place)
                errors[key] = gate.error or 0.0
                durations[key] = gate.duration or 0.0
    return errors, durations


def _delay(operation: object, device: Device) -> float:
    from qiskit.circuit import Delay
    from qiskit.utils import apply_prefix

    assert isinstance(operation, Delay)
    if operation.unit == "dt":
        return float(operation.duration) * (device.dt or 0.0)
    return float(apply_prefix(operation.duration, operation.unit))
