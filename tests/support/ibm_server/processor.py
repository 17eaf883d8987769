"""A recorded device that runs submitted programs on Aer, under its own noise, and meters the seconds."""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np
import qiskit_ibm_runtime.fake_provider as fakes
from ibm_quantum_schemas.common import CompressedTensorModel
from ibm_quantum_schemas.executor.version_2_0.models import (
    ItemMetadataModel,
    MetadataModel,
    ParamsModel,
    QuantumProgramResultItemModel,
    QuantumProgramResultModel,
)
from ibm_server.programs import Singles, run_program
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.quantum_program.converters.converters_2_0 import passthrough_data_to_2_0
from qiskit_ibm_runtime.quantum_program.params_converters import QUANTUM_PROGRAM_PARAMS_CONVERTERS

from qcsearch.deployment.executors.local import recorded_noise

_ERRORS = ("gate_error", "readout_error", "prob_meas0_prep1", "prob_meas1_prep0")
REP_DELAY = 250e-6
JOB_SECONDS = 2.0


class Processor:
    """One quantum processor of the local server.

    Args:
        name: `ibm_<x>`; its figures are those of the recorded backend `fake_<x>`.
        dry: give zeros in the place of simulated bits, which is quick.
    """

    def __init__(self, name: str, dry: bool = False) -> None:
        self.name, self.dry = name, dry
        kinds = (kind for kind in vars(fakes).values() if getattr(kind, "backend_name", None) == self.fake)
        self.backend = next(kinds)()
        folder = Path(fakes.__file__).parent / "backends" / name.removeprefix("ibm_")
        (conf,), (props,) = folder.glob("conf_*.json"), folder.glob("props_*.json")
        self.configuration = json.loads(conf.read_text()) | {"backend_name": name, "simulator": False}
        self.properties = json.loads(props.read_text()) | {"backend_name": name}
        self._singles = Singles(self.backend)
        self._simulators: dict[frozenset[int], AerSimulator] = {}
        self._seen: Counter[bytes] = Counter()

    @property
    def fake(self) -> str:
        return self.name.replace("ibm_", "fake_", 1)

    def recalibrate(self, worse: float = 1.0) -> None:
        """New figures of today, each error `worse` times what it was; the simulated noise stays."""
        changed = copy.deepcopy(self.properties)
        changed["last_update_date"] = datetime.now(UTC).isoformat()
        for gate in changed["gates"]:
            for figure in gate["parameters"]:
                if figure["name"] == "gate_error":
                    figure["value"] = min(1.0, worse * figure["value"])
        self.properties = changed

    def decay(self, qubits: tuple[int, ...], worse: float) -> None:
        """Some qubits get worse by a factor, in truth and in the figures of today."""
        changed = copy.deepcopy(self.properties)
        changed["last_update_date"] = datetime.now(UTC).isoformat()
        bad = [gate["parameters"] for gate in changed["gates"] if set(gate["qubits"]) & set(qubits)]
        for figure in chain(*bad, *(changed["qubits"][q] for q in qubits)):
            if figure["name"] in _ERRORS:
                figure["value"] = min(0.4, worse * figure["value"])
        self.properties = changed
        self.backend._props_dict = changed | {"backend_name": self.fake}
        self._singles, self._simulators = Singles(self.backend), {}

    def lose_qubits(self) -> None:
        """A new calibration in which no qubit is operational."""
        self.recalibrate()
        now = self.properties["last_update_date"]
        for qubit in self.properties["qubits"]:
            qubit.append({"date": now, "name": "operational", "unit": "", "value": 0})

    def run(self, params: dict, seed: int) -> tuple[str, float]:
        """Run submitted parameters; return the text of the results and the QPU seconds they took."""
        converter = QUANTUM_PROGRAM_PARAMS_CONVERTERS[params["schema_version"]]
        program, _ = converter.decoder(converter.model.model_validate(params))
        for item in program.items:
            if hasattr(item, "samplex"):
                item.samplex.finalize()
        seconds = JOB_SECONDS + sum(self._seconds(item, program.shots) for item in program.items)
        simulator = None if self.dry else self._simulator
        found = run_program(program, simulator, self._singles, self._seed(program, seed))
        return _answer(found), seconds

    def _seconds(self, item: object, shots: int) -> float:
        """Executions times what one lasts: the gates one after the other on each qubit, then the delay."""
        sets = int(np.prod(item.shape)) if item.shape else 1
        return sets * shots * (REP_DELAY + _duration(item.circuit, self.backend.target))

    def _seed(self, program: object, seed: int) -> int:
        """From the content of the job and how often it ran before: the jobs in between do not matter."""
        content = hashlib.sha256(f"{seed} {program.shots}".encode())
        for item in program.items:
            if hasattr(item, "samplex_arguments"):
                given = item.samplex_arguments
                for name in sorted(given):
                    content.update(name.encode() + np.ascontiguousarray(given[name]).tobytes())
            elif item.circuit_arguments is not None:
                content.update(np.ascontiguousarray(item.circuit_arguments).tobytes())
        self._seen[content.digest()] += 1
        content.update(bytes([self._seen[content.digest()] % 256]))
        return int.from_bytes(content.digest()[:4], "big") >> 1

    def _simulator(self, active: frozenset[int]) -> AerSimulator:
        if active not in self._simulators:
            noise = recorded_noise(self.backend, active)
            self._simulators[active] = AerSimulator.from_backend(
                self.backend, noise_model=noise, max_parallel_threads=1
            )
        return self._simulators[active]


def check(params: dict) -> None:
    """Raise if the parameters of a submitted job are not a program."""
    ParamsModel.model_validate(params)


def _duration(circuit: QuantumCircuit, target: object) -> float:
    clock = [0.0] * circuit.num_qubits
    for instruction in circuit.data:
        places = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        name = instruction.operation.name
        if name == "delay":
            seconds = instruction.operation.duration * (target.dt or 0.0)
        else:
            known = target[name].get(places) if name in target.operation_names else None
            seconds = getattr(known, "duration", None) or 0.0
        end = max(clock[q] for q in places) + seconds
        for q in places:
            clock[q] = end
    return max(clock)


def _answer(found: object) -> str:
    items = [
        QuantumProgramResultItemModel(
            results={
                name: CompressedTensorModel.from_numpy(np.asarray(value)) for name, value in item.items()
            },
            metadata=ItemMetadataModel(),
        )
        for item in found
    ]
    return QuantumProgramResultModel(
        data=items,
        metadata=MetadataModel(chunk_timing=[]),
        passthrough_data=passthrough_data_to_2_0(found.passthrough_data),
        semantic_role=found._semantic_role,
    ).model_dump_json()
