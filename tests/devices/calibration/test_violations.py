"""Forty-two odd calibrations: each is refused in one sentence, or used with a note that says what is odd."""

from __future__ import annotations

import copy
import math
import re

import pytest
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CXGate, RZGate, SXGate
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import InstructionProperties, QubitProperties, Target

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.errors import DeviceError


def each(kind, **facts):
    """Set facts of all qubits, or of all gates of a name."""

    def change(raw):
        entries = raw["qubits"] if kind == "qubits" else [g for g in raw["gates"] if g["name"] == kind]
        for entry in entries:
            entry.update(facts)

    return change


def one(**facts):
    return lambda raw: raw["qubits"][1].update(facts)


def times(factor):
    def change(raw):
        for qubit in raw["qubits"]:
            qubit["t1"], qubit["t2"] = factor * qubit["t1"], factor * qubit["t2"]

    return change


def only(*names):
    def change(raw):
        raw["gates"] = [g for g in raw["gates"] if g["name"] in names or len(g["qubits"]) == 2]
        raw["basis_gates"] = sorted({g["name"] for g in raw["gates"]})

    return change


def renamed(old, new):
    def change(raw):
        for gate in raw["gates"]:
            gate["name"] = new if gate["name"] == old else gate["name"]
        raw["basis_gates"] = sorted({g["name"] for g in raw["gates"]})

    return change


def calibrated(day):
    return lambda raw: raw.update(calibrated_at=f"{day}T00:00:00+00:00")


def untimed(raw):
    for gate in raw["gates"]:
        gate["duration"] = None


def both(*changes):
    def change(raw):
        for step in changes:
            step(raw)

    return change


NOTED = {
    "T1 of 150 s on one qubit": (one(t1=150.0, t2=110.0), "over 10⁸ gates.*qubit 1"),
    "T1 in microseconds": (each("qubits", t1=150.0, t2=90.0), "over 10⁸ gates.*qubits 0, 1, 2"),
    "T1 in milliseconds": (times(1e3), "over 10 ms.*qubits 0, 1, 2"),
    "T1 in milliseconds on one": (one(t1=0.13, t2=0.09), "over 10 ms.*qubit 1"),
    "T1 a thousandth": (times(1e-3), "T1 or T2 is shorter than 0.2 µs.*qubits 0, 1, 2"),
    "T1 a thousandth on one": (one(t1=1.3e-7, t2=0.9e-7), "shorter than 0.2 µs.*qubit 1"),
    "T1 of 150 s without durations": (both(untimed, one(t1=150.0)), "over 10 ms.*qubit 1"),
    "T1 in nanoseconds": (times(1e-9), "lasts longer than T1"),
    "one T1 unlike the others": (one(t1=8e-7, t2=7e-7), "over 100 times from the device's median.*qubit 1"),
    "T2 above twice T1": (one(t2=1.0), "T2 was above 2·T1.*qubit 1"),
    "T2 in milliseconds": (each("qubits", t2=0.1), "T2 was above 2·T1.*qubits 0"),
    "no T1": (one(t1=None), "T1 or T2 is unknown.*qubit 1"),
    "no T1 at all": (each("qubits", t1=None), "without thermal relaxation"),
    "40 % on every coupling": (
        each("cz", error=0.4),
        "Two-qubit error is 0.1 or more.*cz 0-1, cz 1-0, cz 1-2",
    ),
    "12 % on every coupling": (each("cz", error=0.12), "Two-qubit error is 0.1 or more"),
    "100 % on every coupling": (each("cz", error=1.0), "No edge is usable"),
    "no error of the couplings": (each("cz", error=None), "Two-qubit error is unknown"),
    "couplings without error": (each("cz", error=0), "exactly 0, which no gate has"),
    "couplings better than any": (each("cz", error=1e-9), "below 10⁻⁵"),
    "one-qubit error in percent": (
        each("sx", error=0.03),
        "One-qubit error is 0.02 or more.*sx 0, sx 1, sx 2",
    ),
    "one-qubit error of a half": (each("sx", error=0.6), "A one-qubit gate's error is 0.5 or more"),
    "one-qubit gates without error": (each("sx", error=0.0), "One-qubit error is given as exactly 0"),
    "one-qubit error unknown": (each("sx", error=None), "Gate error is unknown"),
    "P(1|0) of 0.99": (one(p10=0.99, p01=0.005), "misread more often than not.*qubit 1"),
    "P(0|1) of 0.6": (one(p10=0.1, p01=0.6), "misread more often than not.*qubit 1"),
    "readout inverted": (one(p10=0.99, p01=0.98), "Readout error is 0.5 or more.*qubit 1"),
    "readout of a coin, nearly": (one(p10=0.4, p01=0.45), "Readout error is 0.25 or more on qubit 1"),
    "readout without error": (one(p10=0, p01=0), "Readout error is given as exactly 0"),
    "readout of no length": (each("qubits", readout_duration=0), "Readout duration is given as exactly 0"),
    "readout length unknown": (each("qubits", readout_duration=None), "Readout duration is unknown"),
    "readout in microseconds": (each("qubits", readout_duration=1.2), "Readout lasts longer than T1"),
    "readout in a nanosecond": (one(readout_duration=1.2e-9), "Readout is shorter than 10 ns.*qubit 1"),
    "gates in nanoseconds": (each("cz", duration=68.0), "A gate lasts longer than T1"),
    "gates of no length": (each("cz", duration=0), "Gate duration is given as exactly 0"),
    "gates of femtoseconds": (each("cz", duration=6.8e-14), "A gate is shorter than 1 ns"),
    "gates slower than their error": (each("cz", duration=2e-5), "times below what T1 and T2 allow"),
    "calibrated in 2099": (
        lambda raw: raw.update(calibrated_at="2099-01-01T00:00:00+00:00"),
        "calibration is 2099-01-01",
    ),
    "calibrated in 1970": (
        lambda raw: raw.update(calibrated_at="1970-01-01T00:00:00+00:00"),
        "calibration is 1970-01-01",
    ),
    "dt of four seconds": (lambda raw: raw.update(dt=4.0), "dt of 4 s is longer than a gate"),
}

REFUSED = {
    "no sx": (only("rz", "x"), "one-qubit gates of three must make every rotation of a qubit. Got rz, x."),
    "only x": (only("x"), "Got x."),
    "swap in place of cz": (renamed("cz", "swap"), "two-qubit gates of three must make a cx.*Got swap."),
}


def test_there_are_forty_two():
    assert len(NOTED) + len(REFUSED) == 42


@pytest.mark.parametrize("case", NOTED)
def test_what_is_odd_is_said(raw, case):
    change, said = NOTED[case]
    change(raw)
    notices = device_from_json(raw).notices
    assert [notice for notice in notices if re.search(said, notice)], notices


@pytest.mark.parametrize("case", NOTED)
def test_one_thing_that_is_odd_is_said_in_few_lines(raw, case):
    NOTED[case][0](raw)
    notices = device_from_json(raw).notices
    assert len(notices) <= 4
    assert device_from_json(device_from_json(raw).to_json()).notices == notices


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_run_nothing_is_refused(raw, case):
    change, said = REFUSED[case]
    change(raw)
    with pytest.raises(DeviceError, match=said) as caught:
        device_from_json(raw)
    assert "a device needs" in str(caught.value)


def test_a_device_without_one_qubit_gates_is_no_device_to_run_on(raw):
    only()(raw)
    with pytest.raises(DeviceError, match="The device three must have one-qubit gates"):
        get_device(device_from_json(raw))


@pytest.mark.parametrize(
    "basis", [("rx", "rz"), ("rx", "ry"), ("u1", "u2"), ("u3",), ("u",), ("h", "rz"), ("sx", "p"), ("r",)]
)
def test_other_bases_that_make_every_rotation_are_taken(raw, basis):
    old = copy.deepcopy([g for g in raw["gates"] if g["name"] == "sx"])
    only()(raw)
    raw["gates"] += [{**gate, "name": name} for name in basis for gate in old]
    raw["basis_gates"] = sorted({g["name"] for g in raw["gates"]})
    assert device_from_json(raw).usable_qubits == (0, 1, 2)


class Odd(BackendV2):
    """A machine whose figures are not all numbers."""

    def __init__(self, sx):
        super().__init__(name="odd")
        target = Target(num_qubits=2, qubit_properties=[QubitProperties(t1=1e-4, t2=9e-5)] * 2)
        both = [(0,), (1,)]
        target.add_instruction(CXGate(), {(0, 1): InstructionProperties(error=0.01, duration=3e-7)})
        target.add_instruction(SXGate(), {q: InstructionProperties(error=sx, duration=3e-8) for q in both})
        target.add_instruction(
            RZGate(Parameter("a")), dict.fromkeys(both, InstructionProperties(error=0, duration=0))
        )
        target.add_instruction(Measure(), {q: InstructionProperties(error=0.02, duration=1e-6) for q in both})
        self._target = target

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


@pytest.mark.parametrize("sx", [math.nan, math.inf, -1.0, 2.0, None])
def test_an_error_that_is_no_number_in_a_backend_is_said(sx):
    notices = "\n".join(get_device(Odd(sx)).notices)
    assert "Gate error is unknown, and only relaxation acts: sx 0, sx 1" in notices
    assert ("error of sx on qubits [0] = " in notices) == (sx is not None)
