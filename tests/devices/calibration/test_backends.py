from __future__ import annotations

import math
import re
from types import SimpleNamespace

import pytest
from qiskit.circuit import Gate, IfElseOp, Measure, Parameter, Reset
from qiskit.circuit.library import CXGate, RZGate, SXGate
from qiskit.providers import BackendV2, Options
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import InstructionProperties, QubitProperties, Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.providers import _fakes, fake_backend, get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.selection.regions import best_regions
from qcsearch.errors import DeviceError

QUICK = ["fake_manila", "fake_essex", "fake_peekskill", "fake_cairo", "fake_fractional", "fake_armonk"]


class Vendor(BackendV2):
    """A two-qubit machine of another vendor: a Target and nothing else."""

    def __init__(self, **changes):
        super().__init__(name="vendor")
        facts = {"t1": 1e-4, "t2": 9e-5, "cx": 0.01, "sx": 2e-4, "measure": 0.02, "duration": 3e-8}
        facts |= changes
        n_qubits = facts.pop("n_qubits", 2)
        self._target = Target(
            num_qubits=n_qubits,
            qubit_properties=[QubitProperties(t1=facts["t1"], t2=facts["t2"])] * 2 if n_qubits else None,
        )
        if not n_qubits:
            return
        both = [(0,), (1,)]
        places = {"cx": (CXGate(), [(0, 1)]), "sx": (SXGate(), both), "measure": (Measure(), both)}
        for name, (operation, qubits) in places.items():
            found = InstructionProperties(error=facts[name], duration=facts["duration"])
            self._target.add_instruction(operation, dict.fromkeys(qubits, found))
        self._target.add_instruction(RZGate(Parameter("a")), {(0,): None, (1,): None})
        self._target.add_instruction(Reset(), {(0,): None, (1,): None})
        self._target.add_instruction(IfElseOp, name="if_else")

    @property
    def target(self):
        return self._target

    @property
    def max_circuits(self):
        return None

    @classmethod
    def _default_options(cls):
        return Options()

    def run(self, run_input, **options):
        raise NotImplementedError  # only its figures are read


@pytest.mark.parametrize("name", QUICK)
def test_the_facts_are_those_of_the_backends_own_properties(name):
    backend = fake_backend(name)
    device, properties = device_from_backend(backend), backend.properties()
    assert (device.name, device.provider) == (name, "fake")
    assert device.n_qubits == backend.num_qubits
    assert device.dt == backend.dt
    for q, qubit in enumerate(device.qubits):
        facts = properties.qubit_property(q)
        assert qubit.t1 == facts["T1"][0]
        assert qubit.t2 == min(facts["T2"][0], 2 * facts["T1"][0])
        assert qubit.p10 == facts["prob_meas1_prep0"][0]
        assert qubit.p01 == facts["prob_meas0_prep1"][0]
    for gate in device.gates:
        found = backend.target[gate.name][gate.qubits]
        assert (gate.error, gate.duration) == (found.error, found.duration)
    n_gates = sum(len(places) for name, places in backend.target.items() if name in device.basis_gates)
    assert len(device.gates) == n_gates


def test_readout_of_manila_is_asymmetric_as_calibrated():
    qubit = device_from_backend(fake_backend("fake_manila")).qubits[0]
    assert qubit.p01 == pytest.approx(0.0548, abs=5e-5)
    assert qubit.p10 == pytest.approx(0.0158, abs=5e-5)


def test_the_time_of_calibration_is_in_utc():
    assert device_from_backend(fake_backend("fake_manila")).calibrated_at == "2024-05-27T18:27:23+00:00"


def test_another_vendors_target_is_read_and_its_unknowns_are_said():
    device = device_from_backend(Vendor())
    assert device.provider == Vendor.__module__.partition(".")[0]
    assert device.basis_gates == ("cx", "rz", "sx")
    assert device.coupling_map == ((0, 1),)
    assert (device.calibrated_at, device.dt) == ("", None)
    assert device.qubits[0].p10 == device.qubits[0].p01 == 0.02
    notices = "\n".join(device.notices)
    assert "readout is taken as symmetric" in notices
    assert "Gate error is unknown, and only relaxation acts: rz 0, rz 1" in notices
    assert best_regions(device, 2)[0].edges == ((0, 1),)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"cx": None}, "error of a two-qubit gate"),
        ({"measure": None}, "readout errors"),
        ({"measure": 0.5}, "readout errors"),
        ({"cx": math.nan}, "error of a two-qubit gate"),
        ({"n_qubits": None}, "number of qubits"),
    ],
)
def test_a_target_that_would_look_ideal_is_refused(changes, missing):
    with pytest.raises(DeviceError, match=f"The backend vendor must .*{missing}"):
        device_from_backend(Vendor(**changes))


@pytest.mark.parametrize("make", [AerSimulator, lambda: GenericBackendV2(4, noise_info=False)])
def test_ideal_simulators_are_refused(make):
    with pytest.raises(DeviceError, match="must report the error of a"):
        device_from_backend(make())


@pytest.mark.parametrize("value", [object(), None, 3, SimpleNamespace(target=None)])
def test_what_is_no_backend_is_refused(value):
    with pytest.raises(DeviceError, match="must be a Qiskit BackendV2"):
        get_device(value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"t1": math.nan}, "T1 of qubit 0 = nan"),
        ({"t2": -1.0}, "T2 of qubit 0 = -1.0"),
        ({"sx": 1.5}, r"error of sx on qubits \[0\] = 1.5"),
        ({"duration": math.inf}, r"duration of cx on qubits \[0, 1\] = inf"),
    ],
)
def test_a_number_that_cannot_be_true_is_taken_as_not_measured_and_said(changes, said):
    notices = "\n".join(device_from_backend(Vendor(**changes)).notices)
    assert re.search(said, notices)


def test_a_gate_that_qiskit_does_not_know_is_left_out_and_said():
    backend = Vendor()
    backend.target.add_instruction(Gate("magic", 1, []), {(0,): InstructionProperties(error=0.1)})
    device = device_from_backend(backend)
    assert "magic" not in device.basis_gates
    assert any("Qiskit does not know the gate: magic" in notice for notice in device.notices)


def test_a_generic_backend_of_qiskit_loads():
    assert best_regions(device_from_backend(GenericBackendV2(5, seed=1)), 5)[0].qubits == (0, 1, 2, 3, 4)


def test_properties_that_raise_leave_the_target_to_speak():
    class Broken(Vendor):
        def properties(self):
            raise RuntimeError("the network")

    assert device_from_backend(Broken()).qubits[0].t1 == 1e-4


def _check_loads(name):
    device = get_device(name) if name == "fake_nighthawk" else device_from_backend(fake_backend(name))
    assert device.name == name
    assert device_from_json(device.to_json()) == device
    assert all(0 <= q.p10 <= 1 and 0 <= q.p01 <= 1 and q.t1 != 0 for q in device.qubits)
    assert all((q.t2 or 0) <= 2 * (q.t1 or math.inf) for q in device.qubits)
    for pair in device.coupling_map:
        assert all(g.error is not None and g.error < 0.5 for g in device.gates_on[pair])
        assert set(pair) <= set(device.usable_qubits)
    return device


@pytest.mark.parametrize("name", ["fake_kyoto", "fake_kingston", "fake_poughkeepsie", "fake_toronto"])
def test_the_worst_recorded_devices_load_with_their_faults_named(name):
    said = {
        "fake_kyoto": "No edge is usable",
        "fake_kingston": "T1 or T2 is unknown, so no region holds qubit 146",
        "fake_poughkeepsie": "dt = 3.5",
        "fake_toronto": "Readout lasts longer than T1",
    }[name]
    assert any(said in notice for notice in _check_loads(name).notices)


@pytest.mark.slow
def test_all_recorded_devices_load():
    assert len(_fakes()) == 68
    regions = 0
    for name in _fakes():
        device = _check_loads(name)
        regions += bool(device.edges) and len(best_regions(device, 2)[0].qubits) == 2
    assert regions == 66  # all but fake_armonk, of one qubit, and fake_kyoto, whose edges are all dead


@pytest.mark.parametrize("pairs", [[[0, 1], [1, 0], [1, 2], [2, 1]], [[0, 1], [2, 1]], [[2, 0]]])
def test_a_simulator_with_a_coupling_map_has_these_couplings_alone(pairs):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.001, 1), ["sx", "x"])
    model.add_all_qubit_readout_error([[0.98, 0.02], [0.03, 0.97]])
    options = {"noise_model": model, "basis_gates": ["cx", "rz", "sx", "x"], "n_qubits": 3}
    device = get_device(AerSimulator(coupling_map=pairs, **options))
    assert [list(pair) for pair in device.coupling_map] == sorted(pairs)
    assert all(list(g.qubits) in pairs for g in device.gates if len(g.qubits) == 2)
    everywhere = get_device(AerSimulator(**options))
    assert len(everywhere.edges) == 3


def test_a_backend_of_one_rotation_is_refused():
    backend = GenericBackendV2(2, ["cx", "rz", "x"], seed=1)
    with pytest.raises(DeviceError, match=r"make every rotation of a qubit\. Got rz, x\."):
        device_from_backend(backend)
