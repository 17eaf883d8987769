"""The processor: calibration facts, regions of qubits, mapping, noise model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.devices.calibration.backends import device_from_backend
    from qcsearch.devices.calibration.providers import get_device, list_devices
    from qcsearch.devices.calibration.scaled import scaled
    from qcsearch.devices.calibration.snapshot_files import read_snapshot, write_snapshot
    from qcsearch.devices.calibration.synthetic import drifted
    from qcsearch.devices.device import Device, GateCalibration, Qubit
    from qcsearch.devices.noise import noise_model
    from qcsearch.devices.selection.regions import Region, best_regions
    from qcsearch.devices.transpile.mapping import MappedCircuit, map_circuit
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.devices.calibration.backends": ("device_from_backend",),
            "qcsearch.devices.calibration.providers": ("get_device", "list_devices"),
            "qcsearch.devices.calibration.snapshot_files": ("read_snapshot", "write_snapshot"),
            "qcsearch.devices.calibration.scaled": ("scaled",),
            "qcsearch.devices.calibration.synthetic": ("drifted",),
            "qcsearch.devices.device": ("Device", "GateCalibration", "Qubit"),
            "qcsearch.devices.noise": ("noise_model",),
            "qcsearch.devices.selection.regions": ("Region", "best_regions"),
            "qcsearch.devices.transpile.mapping": ("MappedCircuit", "map_circuit"),
        },
    )

__all__ = [
    "Device",
    "GateCalibration",
    "MappedCircuit",
    "Qubit",
    "Region",
    "best_regions",
    "device_from_backend",
    "drifted",
    "get_device",
    "list_devices",
    "map_circuit",
    "noise_model",
    "read_snapshot",
    "scaled",
    "write_snapshot",
]
