"""Other packages' plugins for Qiskit's transpiler are there, and not loaded before one of them is used."""

from __future__ import annotations

import subprocess
import sys

_LATE = """
import sys
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager
from qiskit.transpiler.preset_passmanagers.plugin import list_stage_plugins
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.transpile.mapping import map_circuit
from qcsearch.devices.transpile.target import region_target

device, circuit = get_device("fake_torino"), QuantumCircuit(2)
circuit.h(0)
circuit.cx(0, 1)
plain = map_circuit(circuit, device, (0, 1)).circuit
print("qiskit_ibm_runtime" in sys.modules, "ibm_dynamic_circuits" in list_stage_plugins("translation"))
manager = generate_preset_pass_manager(
    1, target=region_target(device, (0, 1)), translation_method="ibm_dynamic_circuits", seed_transpiler=0
)
print("qiskit_ibm_runtime" in sys.modules, manager.run(circuit).count_ops() == plain.count_ops())
"""


def test_the_client_of_ibm_is_loaded_when_its_plugin_is_used_and_not_before():
    done = subprocess.run([sys.executable, "-c", _LATE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True", "True"]
