"""Every circuit that is exported or submitted passes IBM's own validations, on every kind of device."""

from __future__ import annotations

import io

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm3, qpy
from qiskit.primitives import BitArray
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import Statevector
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits, validate_rzz_pubs

from qcsearch.bundle.exports import export_circuits
from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.targets import Classes
from qcsearch.deployment.program import BackendProgram
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.providers import fake_backend
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.selection.regions import best_regions
from qcsearch.devices.transpile.target import region_target
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import Parameters

DEVICES = {
    "fake_manila": "cx",
    "fake_fractional": "cx and rzz",
    "fake_essex": "u1, u2, u3",
    "fake_torino": "cz",
    "fake_brisbane": "ecr",
    "fake_cairo": "cx and ecr",
}
GATES = [
    {"name": "rzz", "qubits": [0, 1], "angle": {"feature": 0, "weight": 0}},
    {"name": "ry", "qubits": [2], "angle": {"feature": 1, "constant": 0.3}},
    {"name": "rzz", "qubits": [1, 2], "angle": -2.5},
    {"name": "crx", "qubits": [2, 1], "angle": {"weight": 1}},
]
SETTINGS = {"gates": {"gates": GATES}}
PAIRS = [
    (e, a)
    for e in ENCODINGS.names()
    for a in ANSATZE.names()
    if (e != "none" or a == "gates") and e != "prepared"  # its samples are states, which no processor is sent
]
CHEAP = [
    ("fake_fractional", "iqp", "hardware_efficient"),
    ("fake_fractional", "angle", "quantumnas_zz_ry"),
    ("fake_fractional", "amplitude", "gates"),
    ("fake_essex", "iqp", "quantumnas_u3_cu3"),
    ("fake_manila", "weighted_sum", "quantumnas_zx_xx"),
]


def table(rng, n_rows=6):
    return rng.normal(0, 2, (n_rows, 3))


def model_of(name, encoding, ansatz, seed=0):
    """A model on the best place of a recorded device."""
    backend = fake_backend(name)
    model, X = untrained(device_from_backend(backend), encoding, ansatz, seed)
    return model, backend, X


def untrained(device, encoding, ansatz, seed):
    """A model that nobody trained: weights and data of all signs and some turns."""
    rng = np.random.default_rng(seed)
    candidate = Candidate.from_json(
        {
            "preprocessing": {"angle_range": [-4.0, 2.2]},
            "encoding": {"name": encoding},
            "ansatz": {"name": ansatz, "settings": SETTINGS.get(ansatz, {})},
            "qubits": list(best_regions(device, 3)[0].qubits),
            "observables": ["Z0", "X1", "Y0Z2"],
        }
    )
    X = table(rng, 20)
    pipeline = build_pipeline(candidate.preprocessing, None, 0).fit(X, np.arange(20) % 2)
    model = TrainedModel(candidate, device, Parameters(), pipeline, Classes((0, 1)), 3)
    weights = rng.uniform(-8, 8, model.transpiled.n_weights)
    return TrainedModel(candidate, device, Parameters(weights), pipeline, Classes((0, 1)), 3), X


def validated(circuit, backend, table=None):
    """IBM's two checks; the circuit is on all qubits of the backend."""
    validate_isa_circuits([circuit], backend.target)
    values = np.zeros((1, 0)) if table is None else table
    validate_rzz_pubs([SamplerPub.coerce((circuit, values), 10)])


def placed(circuit, model, backend):
    whole = QuantumCircuit(backend.num_qubits)
    return whole.compose(circuit, list(model.candidate.qubits))


def at(circuit, values):
    """The circuit with its features, `x[3]` or `x3`, bound."""
    number = {p: int(p.name.strip("x[]")) for p in circuit.parameters}
    return circuit.assign_parameters({p: values[i] for p, i in number.items()})


class Recorder:
    """An executor that is nobody's: it keeps what it is given."""

    name, kind = "recorder", "simulated"

    def __init__(self, target):
        self.target, self.seen = target, []

    def run(self, pubs, shots):
        self.seen += pubs
        return [
            BitArray.from_bool_array(
                np.zeros((len(pub.parameters), shots, pub.circuit.num_clbits), bool), order="little"
            )
            for pub in pubs
        ]


def check(name, encoding, ansatz):
    model, backend, X = model_of(name, encoding, ansatz)
    files = export_circuits(model, X[1])
    bound = qasm3.loads(files["circuit.qasm"].decode())
    inputs = qasm3.loads(files["circuit_inputs.qasm"].decode())
    (free,) = qpy.load(io.BytesIO(files["circuit.qpy"]))
    assert not bound.parameters
    assert free.num_parameters == inputs.num_parameters > 0
    for row in X[:3]:
        values = model.features(row[None, :])[0]
        wanted = model.expectations(row[None, :], noise=False)[0]
        for circuit in (at(inputs, values), at(free, values)):
            validated(placed(circuit, model, backend), backend)
            state = Statevector(circuit)
            found = [state.expectation_value(operator).real for operator in model.transpiled.observables]
            assert found == pytest.approx(wanted, abs=1e-7)
    validated(placed(bound, model, backend), backend)
    state, wanted = Statevector(bound), model.expectations(X[1:2], noise=False)[0]
    found = [state.expectation_value(operator).real for operator in model.transpiled.observables]
    assert found == pytest.approx(wanted, abs=1e-7)
    recorder = Recorder(backend.target)
    program = BackendProgram.of(model.transpiled, recorder, 4)
    program.values(model.features(X[:5]), model.parameters.weights)
    for pub in recorder.seen:
        validated(pub.circuit, backend, pub.parameters)


@pytest.mark.parametrize(("name", "encoding", "ansatz"), CHEAP)
def test_what_is_exported_and_submitted_is_valid_and_the_model(name, encoding, ansatz):
    check(name, encoding, ansatz)


@pytest.mark.slow
@pytest.mark.parametrize("name", DEVICES)
def test_all_encodings_and_ansatze_are_exported_and_submitted_as_ibm_takes_them(name):
    for encoding, ansatz in PAIRS:
        check(name, encoding, ansatz)


@pytest.mark.parametrize(
    "basis", ["r cz", "rx rz rxx", "u rzz", "sx p rzx", "rx ry cp", "u1 u2 ecr", "h rz iswap"]
)
def test_exports_of_other_bases_read_back_as_the_model(basis):
    *singles, pair = basis.split()
    raw = {
        "format": "qcsearch-device/1",
        "name": "other",
        "provider": "test",
        "calibrated_at": "",
        "dt": None,
        "basis_gates": sorted([*singles, pair]),
        "coupling_map": [[0, 1], [1, 0], [1, 2], [2, 1]],
        "qubits": [{"t1": 1e-4, "t2": 1e-4, "p10": 0.01, "p01": 0.02, "readout_duration": 1e-6}] * 3,
        "gates": [
            {"name": n, "qubits": [q], "error": 1e-3, "duration": 3e-8} for n in singles for q in range(3)
        ],
    }
    raw["gates"] += [
        {"name": pair, "qubits": e, "error": 0.01, "duration": 3e-7} for e in raw["coupling_map"]
    ]
    device = device_from_json(raw)
    model, X = untrained(device, "iqp", "hardware_efficient", 0)
    files, target = export_circuits(model, X[1]), region_target(device, model.candidate.qubits)
    values, wanted = model.features(X[1:2])[0], model.expectations(X[1:2], noise=False)[0]
    for name in ("circuit.qasm", "circuit_inputs.qasm"):
        circuit = at(qasm3.loads(files[name].decode()), values)
        validate_isa_circuits([circuit], target)
        validate_rzz_pubs([SamplerPub.coerce((circuit, np.zeros((1, 0))), 10)])
        state = Statevector(circuit)
        found = [state.expectation_value(operator).real for operator in model.transpiled.observables]
        assert found == pytest.approx(wanted, abs=1e-7)
