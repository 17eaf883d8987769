"""Braket's emulator of a QPU: run in an environment that has qiskit-braket-provider.

`BraketAwsBackend.emulator()` makes it from the properties that the service publishes of its devices. The service
cannot be reached here, so the properties are written for a device that we have figures of, IBM's Lagos on the day of
our snapshot, in the very schema; from there on all is Braket's own code: the Qiskit `Target` with these figures, the
noise model, the density-matrix simulator.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from braket.aws import AwsDeviceType
from braket.device_schema.iqm import IqmDeviceCapabilities
from braket.emulation.local_emulator import LocalEmulator
from networkx import DiGraph
from qiskit.providers import BackendV2
from qiskit_braket_provider import BraketLocalBackend
from qiskit_braket_provider.providers.target import aws_device_to_target

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device

NATIVE = {"cx": "cnot", "sx": "v", "x": "x", "rz": "rz"}


def emulator() -> BackendV2:
    """The emulator of fake_lagos."""
    device = get_device("fake_lagos")
    properties = IqmDeviceCapabilities.parse_obj(published(device))
    edges = [edge for pair in device.edges for edge in (pair, pair[::-1])]
    service = SimpleNamespace(
        name=device.name,
        arn=f"arn:aws:braket:::device/qpu/none/{device.name}",
        type=AwsDeviceType.QPU,
        properties=properties,
        topology_graph=DiGraph(edges),
        gate_calibrations=None,
    )
    return BraketLocalBackend(
        name=f"emulator of {device.name}",
        device=LocalEmulator.from_device_properties(properties),
        target=aws_device_to_target(service),
        qubit_labels=tuple(range(device.n_qubits)),
    )


def published(device: Device) -> dict[str, Any]:
    """The properties as the service would publish them."""
    near: dict[str, list[str]] = {str(q): [] for q in range(device.n_qubits)}
    for a, b in device.edges:
        near[str(a)].append(str(b))
        near[str(b)].append(str(a))
    return {
        "braketSchemaHeader": {"name": "braket.device_schema.iqm.iqm_device_capabilities", "version": "1"},
        "service": {
            "executionWindows": [
                {"executionDay": "Everyday", "windowStartHour": "00:00", "windowEndHour": "23:59:59"}
            ],
            "shotsRange": [1, 20000],
        },
        "action": {
            "braket.ir.openqasm.program": {
                "actionType": "braket.ir.openqasm.program",
                "version": ["1"],
                "supportedOperations": list(NATIVE.values()),
                "supportedResultTypes": [{"name": "Probability", "minShots": 1, "maxShots": 20000}],
            }
        },
        "paradigm": {
            "qubitCount": device.n_qubits,
            "nativeGateSet": list(NATIVE.values()),
            "connectivity": {"fullyConnected": False, "connectivityGraph": near},
        },
        "deviceParameters": {},
        "standardized": {
            "braketSchemaHeader": {
                "name": "braket.device_schema.standardized_gate_model_qpu_device_properties",
                "version": "1",
            },
            "oneQubitProperties": {str(q): one_qubit(device, q) for q in range(device.n_qubits)},
            "twoQubitProperties": {f"{a}-{b}": two_qubits(device, (a, b)) for a, b in device.edges},
        },
    }


def one_qubit(device: Device, q: int) -> dict[str, Any]:
    """T1, T2 and fidelities of one qubit."""
    qubit = device.qubits[q]
    single = next(gate.error for gate in device.gates if gate.name == "sx" and gate.qubits == (q,))
    shares = {"RANDOMIZED_BENCHMARKING": 1 - (single or 0.0), "READOUT": 1 - qubit.readout_error}
    return {
        "T1": {"value": qubit.t1, "unit": "S"},
        "T2": {"value": qubit.t2, "unit": "S"},
        "oneQubitFidelity": [
            {"fidelityType": {"name": name}, "fidelity": share} for name, share in shares.items()
        ],
    }


def two_qubits(device: Device, pair: tuple[int, int]) -> dict[str, Any]:
    """Fidelity of the gate on one pair."""
    error = next(gate.error for gate in device.gates if gate.name == "cx" and set(gate.qubits) == set(pair))
    return {
        "twoQubitGateFidelity": [
            {
                "gateName": "CNOT",
                "fidelity": 1 - (error or 0.0),
                "fidelityType": {"name": "INTERLEAVED_RANDOMIZED_BENCHMARKING"},
            }
        ]
    }
