"""Mapping: a logical circuit onto the chosen physical qubits, in the gates that they run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from qiskit import QuantumCircuit
from qiskit.dagcircuit import DAGCircuit
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import PassManager, generate_preset_pass_manager
from qiskit.transpiler.basepasses import BasePass

from qcsearch.devices.coupling import components
from qcsearch.devices.device import ANGLE_BOUNDS, Device, GateCalibration
from qcsearch.devices.transpile.duration import circuit_duration
from qcsearch.devices.transpile.plugins import load_late
from qcsearch.devices.transpile.target import region_gates, region_target
from qcsearch.errors import DeviceError

__all__ = ["MappedCircuit", "map_circuit"]


@dataclass(frozen=True)
class MappedCircuit:
    """A circuit in basis gates on the region's qubits.

    Attributes:
        circuit: on `len(qubits)` qubits; its qubit `i` is the physical qubit `qubits[i]`.
        qubits: physical qubits.
        final_layout: at the end logical qubit `i` is the circuit's qubit `final_layout[i]`.
        two_qubit_gates: how many.
        depth: layers of gates; barriers, delays and measurements do not count.
        duration: seconds of one execution, see `circuit_duration`.
        estimated_success_probability: product of 1 − error over all gates and over the readout of the
            measured qubits (of all, if the circuit measures none), in [0, 1].
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
    estimated_success_probability: float
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
    """Translate, route and optimize a circuit for `qubits`, with all of Qiskit's stages.

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
    return MappedCircuit(
        mapped,
        chosen,
        final,
        two_qubit_gates=mapped.num_nonlocal_gates(),
        depth=_depth(mapped),
        duration=circuit_duration(mapped, region_target(device, chosen)),
        estimated_success_probability=_success(mapped, device, chosen),
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
    load_late()
    return generate_preset_pass_manager(
        optimization_level=level,
        target=region_target(device, qubits),
        initial_layout=list(range(len(qubits))),
        seed_transpiler=seed,
    )


def _success(circuit: QuantumCircuit, device: Device, qubits: tuple[int, ...]) -> float:
    """See `MappedCircuit.estimated_success_probability`."""
    gates, number = _gates(device, qubits), {qubit: i for i, qubit in enumerate(circuit.qubits)}
    success = 1.0
    measured: set[int] = set()
    for instruction in circuit.data:
        name = instruction.name
        places = tuple([number[qubit] for qubit in instruction.qubits])
        if name == "measure":
            measured.update(places)
        elif name not in ("barrier", "delay"):
            success *= 1 - (gates[name, places].error or 0.0)
    for i in measured or range(len(qubits)):
        success *= 1 - device.qubits[qubits[i]].readout_error
    return success


def _depth(circuit: QuantumCircuit) -> int:
    """Layers of gates."""
    return int(circuit.depth(lambda x: x.operation.name not in ("barrier", "measure", "delay")))


@lru_cache(maxsize=256)
def _gates(device: Device, qubits: tuple[int, ...]) -> dict[tuple[str, tuple[int, ...]], GateCalibration]:
    """Gates by name and re-indexed qubits."""
    return {(gate.name, places): gate for gate, places in region_gates(device, qubits)}
