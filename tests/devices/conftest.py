from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device


@pytest.fixture
def raw() -> dict[str, Any]:
    """A sound snapshot of three qubits in a row, 0-1-2, the second edge in one direction only."""
    gates = [
        {"name": name, "qubits": [q], "error": error, "duration": duration}
        for name, error, duration in (("rz", 0, 0), ("sx", 3e-4, 3.2e-8), ("x", 3e-4, 3.2e-8))
        for q in range(3)
    ]
    gates += [
        {"name": "cz", "qubits": pair, "error": error, "duration": 6.8e-8}
        for pair, error in (([0, 1], 0.004), ([1, 0], 0.004), ([1, 2], 0.01))
    ]
    return {
        "format": "qcsearch-device/1",
        "name": "three",
        "provider": "test",
        "calibrated_at": "2026-11-01T06:00:00+00:00",
        "dt": 4e-9,
        "basis_gates": ["cz", "rz", "sx", "x"],
        "coupling_map": [[0, 1], [1, 0], [1, 2]],
        "qubits": [
            {"t1": 1.5e-4, "t2": 1.1e-4, "p10": 0.01, "p01": 0.03, "readout_duration": 1.2e-6},
            {"t1": 1.3e-4, "t2": 0.9e-4, "p10": 0.02, "p01": 0.05, "readout_duration": 1.2e-6},
            {"t1": 0.8e-4, "t2": 1.2e-4, "p10": 0.005, "p01": 0.01, "readout_duration": 1.4e-6},
        ],
        "gates": gates,
    }


@pytest.fixture
def gate(raw: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The entry of one gate of `raw`, to be changed."""

    def find(name: str, *qubits: int) -> dict[str, Any]:
        return next(g for g in raw["gates"] if g["name"] == name and g["qubits"] == list(qubits))

    return find


@pytest.fixture(scope="session")
def torino() -> Device:
    return get_device("fake_torino")


@pytest.fixture(scope="session")
def manila() -> Device:
    return get_device("fake_manila")
