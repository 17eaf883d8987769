from __future__ import annotations

import numpy as np
import pytest

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.snapshot import to_text
from qcsearch.devices.calibration.synthetic import LARGEST, PROVIDER, drifted
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import DEAD, Device
from qcsearch.errors import DeviceError


def gate_factors(before: Device, after: Device) -> dict[tuple[str, tuple[int, ...]], float]:
    return {
        (old.name, old.qubits): new.error / old.error
        for old, new in zip(before.gates, after.gates, strict=True)
        if old.error and new.error and new.error < LARGEST and not old.is_dead
    }


def test_a_drifted_snapshot_says_everywhere_that_it_is_synthetic(torino):
    device = drifted(torino, 0.2, 1)
    assert device.name == "fake_torino@2025-02-26~drift(sigma=0.2,seed=1)"
    assert device.provider == PROVIDER == "drift model"
    assert device.calibrated_at == ""
    assert any(notice.startswith("Synthetic: drawn from fake_torino@2025-02-26") for notice in device.notices)
    assert "~drift(" in drifted(device, 0.1, 2).name.split("~drift(", 1)[1]


def test_the_same_seed_gives_the_same_snapshot_and_another_seed_another(torino):
    assert drifted(torino, 0.2, 1) == drifted(torino, 0.2, 1)
    one, two = drifted(torino, 0.2, 1), drifted(torino, 0.2, 2)
    assert one.qubits[0].t1 != two.qubits[0].t1


def test_factors_are_log_normal_with_median_1_and_the_sigma_asked_for(torino):
    sigma = 0.3
    device = drifted(torino, sigma, 5)
    figures = {
        "t1": [np.log(b.t1 / a.t1) for a, b in zip(torino.qubits, device.qubits, strict=True)],
        "p10": [np.log(b.p10 / a.p10) for a, b in zip(torino.qubits, device.qubits, strict=True) if a.p10],
        "gates": np.log(list(gate_factors(torino, device).values())),
    }
    for name, logarithms in figures.items():
        n = len(logarithms)
        assert n > 100, name
        assert abs(np.mean(logarithms)) < 5 * sigma / np.sqrt(n), name
        assert np.std(logarithms) == pytest.approx(sigma, rel=5 / np.sqrt(2 * n)), name


def test_one_factor_for_all_one_qubit_gates_of_a_qubit_and_for_both_directions_of_a_coupling(torino):
    found = gate_factors(torino, drifted(torino, 0.2, 1))
    assert found["sx", (3,)] == pytest.approx(found["x", (3,)])
    assert found["sx", (3,)] != pytest.approx(found["sx", (4,)])
    pairs = [qubits for name, qubits in found if name == "cz" and qubits[0] < qubits[1]]
    assert len(pairs) > 100
    for a, b in pairs:
        assert found["cz", (a, b)] == pytest.approx(found["cz", (b, a)])


@pytest.mark.parametrize("name", ["fake_torino", "fake_fez", "fake_brisbane", "fake_lagos", "fake_manila"])
def test_even_a_wild_drift_is_possible_and_keeps_every_coupling(name):
    before = get_device(name)
    device = drifted(before, 2.0, 3)
    assert all(q.t2 <= 2 * q.t1 for q in device.qubits if q.t1 is not None and q.t2 is not None)
    assert any(q.t2 == 2 * q.t1 for q in device.qubits if q.t1 is not None and q.t2 is not None)
    assert device.coupling_map == before.coupling_map
    assert device.usable_qubits == before.usable_qubits
    assert [gate.is_dead for gate in device.gates] == [gate.is_dead for gate in before.gates]
    living = [g.error for g in device.gates if g.error is not None and not g.is_dead]
    assert max(living) <= LARGEST < DEAD
    assert max(device.qubits[q].readout_error for q in device.usable_qubits) <= LARGEST + 1e-12
    assert [gate.duration for gate in device.gates] == [gate.duration for gate in before.gates]


def test_sigma_zero_changes_no_figure(torino):
    device = drifted(torino, 0.0, 1)
    assert (device.qubits, device.gates) == (torino.qubits, torino.gates)


def test_what_was_not_measured_stays_unknown(raw):
    raw["qubits"][0] |= {"t1": None, "t2": None, "p10": 0.5, "p01": 0.5}
    raw["gates"][-1]["error"] = None
    device = drifted(device_from_json(raw), 0.5, 1)
    assert (device.qubits[0].t1, device.qubits[0].t2, device.qubits[0].p10) == (None, None, 0.5)
    assert next(g for g in device.gates if g.qubits == (1, 2)).error is None


def test_it_makes_the_trip_through_a_file(torino, tmp_path):
    device = drifted(torino, 0.2, 1)
    path = tmp_path / "drifted.json"
    path.write_text(to_text(device), encoding="utf-8")
    again = get_device(str(path))
    assert again == device
    assert again.notices == device.notices


@pytest.mark.parametrize(
    ("sigma", "seed", "message"),
    [
        (-0.1, 0, r"'sigma' of the drift model must be in \[0, 2\]. Got -0.1"),
        (float("nan"), 0, "Got nan"),
        (2.5, 0, "Got 2.5"),
        ("0.2", 0, "Got '0.2'"),
        (0.2, -1, "'seed' of the drift model must be an int"),
        (0.2, 2**32, "Got 4294967296"),
    ],
)
def test_what_is_no_sigma_or_no_seed_is_refused(manila, sigma, seed, message):
    with pytest.raises(DeviceError, match=message):
        drifted(manila, sigma, seed)
