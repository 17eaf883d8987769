"""Devices that nobody made by hand: each file is used as it says, or refused in one sentence."""

from __future__ import annotations

import json
import math
import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import Device
from qcsearch.devices.noise import noise_model
from qcsearch.devices.selection.regions import best_regions
from qcsearch.devices.transpile.mapping import map_circuit
from qcsearch.devices.transpile.target import region_target
from qcsearch.errors import DeviceError

SINGLES = (
    ["rz", "sx", "x"],
    ["rz", "sx"],
    ["u1", "u2", "u3"],
    ["rx", "rz"],
    ["rx", "ry", "rz"],
    ["r"],
    ["u"],
    ["id", "rz", "sx", "x", "rx"],
    ["sx", "p"],
    ["h", "rz"],
    ["rz", "x"],
    ["x"],
    ["h", "t"],
    [],
)
PAIRS = (
    ["cz"],
    ["cx"],
    ["ecr"],
    ["rzz"],
    ["cz", "rzz"],
    ["cx", "ecr"],
    ["rxx"],
    ["iswap"],
    ["swap"],
    ["cp"],
    [],
)
TIMES = (None, 1e-7, 5e-5, 1.2e-4, 3e-4, 0.1, 150.0, 1e9)
ERRORS = (None, 0, 1e-12, 2e-4, 4e-3, 0.02, 0.12, 0.4, 0.49999, 0.5, 1, 1.0)
SHARES = (0, 1e-3, 0.02, 0.3, 0.5, 0.99, 1)
LENGTHS = (None, 0, 1e-15, 3e-8, 5e-7, 2e-3, 70.0)
WRONG = (
    None,
    True,
    -1,
    -0.5,
    1.5,
    2**70,
    "x",
    "",
    "0.1",
    [],
    {},
    [0],
    math.nan,
    math.inf,
    "\x1b[31m",
    "\ud800",
    1e400,
)


def made(rng: random.Random):
    """A snapshot of one to five qubits: its types are right, its physics is anybody's."""
    n_qubits = rng.randint(1, 5)
    ordinary = rng.random() < 0.6  # else no two figures go together

    def pick(values, usual):
        return rng.choice(usual) if ordinary and rng.random() < 0.9 else rng.choice(values)

    singles, pairs = rng.choice(SINGLES), rng.choice(PAIRS) if n_qubits > 1 else []
    edges = {tuple(rng.sample(range(n_qubits), 2)) for _ in range(rng.randint(0, 8))} if pairs else set()
    edges |= {(b, a) for a, b in edges} if rng.random() < 0.5 else set()
    gates = [
        {"name": name, "qubits": [q], "error": pick(ERRORS, (2e-4, 5e-4)), "duration": pick(LENGTHS, (3e-8,))}
        for name in singles
        for q in range(n_qubits)
        if rng.random() < 0.97
    ]
    gates += [
        {
            "name": name,
            "qubits": [*edge],
            "error": pick(ERRORS, (4e-3, 0.02)),
            "duration": pick(LENGTHS, (5e-7,)),
        }
        for name in pairs
        for edge in sorted(edges)
        if rng.random() < 0.95
    ]
    carried = {tuple(gate["qubits"]) for gate in gates if len(gate["qubits"]) == 2}
    return {
        "format": "qcsearch-device/1",
        "name": rng.choice(["one", "a b", "{name}", "Ω", "x" * 200]),
        "provider": "test",
        "calibrated_at": rng.choice(["", "2026-11-01T06:00:00+00:00", "2099-01-01T00:00:00+14:00"]),
        "dt": pick(TIMES, (None, 4e-9)),
        "basis_gates": sorted({gate["name"] for gate in gates}),
        "coupling_map": sorted(map(list, carried)),
        "qubits": [
            {
                "t1": pick(TIMES, (1.2e-4, 3e-4)),
                "t2": pick(TIMES, (5e-5, 1.2e-4)),
                "p10": pick(SHARES, (1e-3, 0.02)),
                "p01": pick(SHARES, (1e-3, 0.02)),
                "readout_duration": pick(LENGTHS, (5e-7,)),
            }
            for _ in range(n_qubits)
        ],
        "gates": gates,
    }


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def spoil(rng: random.Random, raw):
    """Change, remove or double one place."""
    path = rng.choice([path for path in places(raw) if path])
    holder = raw
    for key in path[:-1]:
        holder = holder[key]
    what = rng.randrange(4)
    if what == 0:
        del holder[path[-1]]
    elif what == 1 and isinstance(holder, list):
        holder.append(holder[path[-1]])
    elif what == 2 and isinstance(holder, dict):
        holder[rng.choice(["t1", "extra", "name", "notices", "digest"])] = rng.choice(WRONG)
    else:
        holder[path[-1]] = rng.choice(WRONG)
    return raw


def one_sentence(error: DeviceError) -> None:
    said = str(error)
    assert len(said.splitlines()) == 1
    assert re.match(r"[A-Z]", said)
    assert said.isprintable()


def use(device: Device) -> None:
    """What a search does with it: look for a region, map a circuit onto it, build its noise."""
    assert device_from_json(device.to_json()) == device
    assert all(notice.isprintable() for notice in device.notices)
    circuit, a = QuantumCircuit(2), Parameter("a")
    circuit.rx(a, 0)
    circuit.ry(0.4, 1)
    circuit.cx(0, 1)
    circuit.rz(a, 1)
    circuit.h(0)
    for n_qubits in (1, 2):
        try:
            region = best_regions(device, n_qubits)[0]
        except DeviceError as error:
            one_sentence(error)
            return
        assert 0 <= region.score <= 1
        logical = circuit if n_qubits == 2 else QuantumCircuit(1)
        mapped = map_circuit(logical, device, region.qubits)
        assert math.isfinite(mapped.duration)
        assert 0 <= mapped.estimated_success_probability <= 1
        validate_isa_circuits([mapped.circuit], region_target(device, region.qubits))
        noise_model(device, region.qubits)


def check(folder, seed: int) -> None:
    """One file: right, or one sentence."""
    rng = random.Random(seed)
    raw = made(rng)
    for _ in range(rng.choice([0, 0, 1, 2])):
        raw = spoil(rng, raw)
    path = folder / "made.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    try:
        device = get_device(path)
    except DeviceError as error:
        one_sentence(error)
    else:
        use(device)


few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(seed=st.integers(0, 2**32))
def test_a_device_file_is_used_or_refused_in_one_sentence(tmp_path_factory, seed):
    check(tmp_path_factory.getbasetemp(), seed)


@pytest.mark.exhaustive
@many
@given(seed=st.integers(0, 2**32))
def test_thousands_of_device_files(tmp_path_factory, seed):
    check(tmp_path_factory.getbasetemp(), seed)
