"""Mapping: a logical circuit onto the chosen physical qubits, in the gates that they run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from qiskit import QuantumCircuit
from qiskit.circuit import Delay
from qiskit.dagcircuit import DAGCircuit
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import PassManager, generate_preset_pass_manager
from qiskit.transpiler.basepasses import BasePass
from qiskit.utils import apply_prefix

from qcsearch.devices.device import ANGLE_BOUNDS, Device, GateCalibration
from qcsearch.devices.target import region_gates, region_target
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
        depth: layers of gates; barriers, delays and measurements do not count.
        duration: seconds from the first gate to the end of readout, each gate as early as it can.
        predicted_success: product of 1 − error over all gates and over the readout of the measured qubits (of
            all, if the circuit measures none), in [0, 1].
        built_two_qubit_gates: how many the logical circuit had.
        built_depth: of the logical circuit.
        swaps: how many routing inserted; none if all two-qubit gates are on coupled qubits.
    """

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    final_layout: tuple[int, ...]
    two_qubit_gates: int
    depth: int
    duration: float
    predicted_success: float
    built_two_qubit_gates: int
    built_depth: int
    swaps: int

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
    """Translate, route and optimise a circuit for `qubits`, with all of Qiskit's stages.

    Logical qubit `i` starts on `qubits[i]`. Gates that run for some angles only (`rzz` of fractional devices)
    are used too: an angle that is a number is folded into their range here, one that is a parameter by the
    executor, when its values are known (`deployment.executors.folding`).

    Args:
        circuit: as many logical qubits as `qubits`; parameters are kept.
        device: the calibration facts.
        qubits: physical qubits.
        optimization_level: Qiskit's, 0 to 3.
        seed: of the router.

    Returns:
        The mapped circuit with its costs.

    Raises:
        DeviceError: if sizes differ, a qubit is not there, the qubits are not connected while the circuit
            entangles them, or the gates cannot express the circuit.
    """
    chosen = device.check_qubits(qubits)
    if circuit.num_qubits != len(chosen):
        raise DeviceError(
            f"A circuit of {circuit.num_qubits} qubits must be mapped to as many. Got {chosen}."
        )
    if optimization_level not in (0, 1, 2, 3):
        raise DeviceError(f"The 'optimization_level' must be 0, 1, 2 or 3. Got {optimization_level!r}.")
    if circuit.num_nonlocal_gates():
        _check_connected(device, chosen)
    manager = _manager(device, chosen, optimization_level, seed)
    router = _Router()
    try:
        mapped = manager.run(circuit, callback=router)
    except QiskitError as error:
        reason = " ".join(error.message.split())[:300]
        raise DeviceError(
            f"The circuit cannot be mapped to qubits {chosen} of {device.name}: {reason}"
        ) from error
    final = tuple(mapped.layout.final_index_layout()) if mapped.layout else tuple(range(len(chosen)))
    duration, success, pairs = _walk(mapped, device, chosen)
    return MappedCircuit(
        mapped,
        chosen,
        final,
        two_qubit_gates=pairs,
        depth=_depth(mapped),
        duration=duration,
        predicted_success=success,
        built_two_qubit_gates=circuit.num_nonlocal_gates(),
        built_depth=_depth(circuit),
        swaps=router.swaps,
    )


class _Router:
    """Told of every pass of the transpiler: counts the swaps that routing inserts."""

    def __init__(self) -> None:
        self.swaps = 0
        self._before = 0

    def __call__(self, *, pass_: BasePass, dag: DAGCircuit, **_: object) -> None:
        name = pass_.name()
        if name == "CheckMap":  # the last before routing, and the only one if the circuit needs none
            self._before = dag.count_ops().get("swap", 0)
        elif name == "SabreSwap":
            self.swaps += dag.count_ops().get("swap", 0) - self._before


def to_physical(mapped: MappedCircuit, n_device_qubits: int) -> QuantumCircuit:
    """The mapped circuit on all `n_device_qubits` qubits of its device, classical bits kept.

    Raises:
        DeviceError: if the device has too few qubits for it.
    """
    if max(mapped.qubits) >= n_device_qubits:
        raise DeviceError(f"A qubit must be in [0, {n_device_qubits - 1}]. Got {max(mapped.qubits)}.")
    whole = QuantumCircuit(n_device_qubits, name=mapped.circuit.name)
    for register in mapped.circuit.cregs:
        whole.add_register(register)
    whole.add_bits([bit for bit in mapped.circuit.clbits if bit not in set(whole.clbits)])
    return whole.compose(mapped.circuit, mapped.qubits, mapped.circuit.clbits)


def _check_connected(device: Device, qubits: tuple[int, ...]) -> None:
    inside = set(qubits)
    parts = components(inside, [pair for pair in device.edges if inside.issuperset(pair)])
    if len(parts) > 1:
        apart = " and ".join(str(list(part)) for part in parts)
        raise DeviceError(
            f"Qubits {list(qubits)} of {device.name} must be connected. They fall into {apart}."
        )


@lru_cache(maxsize=256)
def _manager(device: Device, qubits: tuple[int, ...], level: int, seed: int) -> PassManager:
    if not ANGLE_BOUNDS.keys().isdisjoint(device.basis_gates):
        # The import teaches Qiskit's WrapAngles pass to fold an rzz into the angles that the hardware runs.
        import qiskit_ibm_runtime.utils.backend_converter  # noqa: F401  for its effect
    return generate_preset_pass_manager(
        optimization_level=level,
        target=region_target(device, qubits),
        initial_layout=list(range(len(qubits))),
        seed_transpiler=seed,
    )


def _walk(circuit: QuantumCircuit, device: Device, qubits: tuple[int, ...]) -> tuple[float, float, int]:
    """Seconds, predicted success and two-qubit gates of a mapped circuit, each qubit with its own clock."""
    gates = _gates(device, qubits)
    clock, success, pairs = [0.0] * len(qubits), 1.0, 0
    measured: set[int] = set()
    for instruction in circuit.data:
        operation = instruction.operation
        places = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        end = max(clock[i] for i in places)
        if operation.name == "measure":
            measured.update(places)
        elif isinstance(operation, Delay):
            end += _delay(operation, device)
        elif operation.name != "barrier":
            gate = gates[operation.name, places]
            end += gate.duration or 0.0
            success *= 1 - (gate.error or 0.0)
            pairs += len(places) == 2
        for i in places:
            clock[i] = end
    for i in measured or range(len(qubits)):
        qubit = device.qubits[qubits[i]]
        clock[i] += qubit.readout_duration or 0.0
        success *= 1 - qubit.readout_error
    return max(clock), success, pairs


def _depth(circuit: QuantumCircuit) -> int:
    """Layers of gates."""
    return int(circuit.depth(lambda x: x.operation.name not in ("barrier", "measure", "delay")))


@lru_cache(maxsize=256)
def _gates(device: Device, qubits: tuple[int, ...]) -> dict[tuple[str, tuple[int, ...]], GateCalibration]:
    """Gates by name and re-indexed qubits."""
    return {(gate.name, places): gate for gate, places in region_gates(device, qubits)}


def _delay(operation: Delay, device: Device) -> float:
    """Seconds of a delay."""
    try:
        length = float(operation.duration)
    except TypeError:
        raise DeviceError(f"A delay must have a number as its duration. Got {operation.duration}.") from None
    if operation.unit == "dt":
        return length * (device.dt or 0.0)
    return float(apply_prefix(length, operation.unit))
