"""A device with its noise scaled: every channel as if it acted so many times as long, by closed forms and Aer's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from qcsearch.devices.calibration.scaled import PROVIDER, scaled
from qcsearch.devices.calibration.snapshot import to_text
from qcsearch.devices.calibration.synthetic import LARGEST
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.device import DEAD
from qcsearch.devices.noise import noise_model
from qcsearch.errors import DeviceError


def channel(device, name, *qubits):
    return SuperOp(noise_model(device)._local_quantum_errors[name][qubits]).data


def confusion(device, qubit):
    return noise_model(device)._local_readout_errors[(qubit,)].probabilities


def without_times(raw):
    for qubit in raw["qubits"]:
        qubit["t1"] = qubit["t2"] = None
    return device_from_json(raw)


@pytest.mark.parametrize("factor", [2, 3])
def test_depolarising_alone_scaled_by_a_whole_number_is_the_channel_so_often(raw, factor):
    before = without_times(raw)
    after = scaled(before, factor)
    for name, qubits in (("sx", (0,)), ("cz", (1, 2))):
        expected = np.linalg.matrix_power(channel(before, name, *qubits), factor)
        assert not np.allclose(channel(before, name, *qubits), expected, atol=1e-5)
        np.testing.assert_allclose(channel(after, name, *qubits), expected, atol=1e-9)


@pytest.mark.parametrize("factor", [0.5, 2, 8])
def test_a_gates_channel_is_aers_with_the_relaxation_so_many_times_as_long_and_so_much_depolarising(
    raw, factor
):
    device = device_from_json(raw)
    a, b = (device.qubits[q] for q in (1, 2))
    duration, error = 6.8e-8, 0.01

    def relaxed(times):
        return SuperOp(thermal_relaxation_error(b.t1, b.t2, times * duration)).tensor(
            SuperOp(thermal_relaxation_error(a.t1, a.t2, times * duration))
        )

    def depolarised(share):
        return SuperOp(depolarizing_error(share, 2))

    # the share that makes the infidelity at factor 1 the calibrated one, from Aer's channels alone
    def infidelity(share):
        process = np.trace((depolarised(share) @ relaxed(1)).data).real / 16
        return 1 - (4 * process + 1) / 5

    share = (error - infidelity(0)) / (infidelity(1) - infidelity(0))
    assert infidelity(share) == pytest.approx(error)
    expected = (depolarised(1 - (1 - share) ** factor) & relaxed(factor)).data
    np.testing.assert_allclose(channel(scaled(device, factor), "cz", 1, 2), expected, atol=1e-9)


def test_readout_scaled_by_a_whole_number_is_the_readout_so_often(raw):
    device = device_from_json(raw)
    for qubit in range(3):
        expected = np.linalg.matrix_power(confusion(device, qubit), 3)
        np.testing.assert_allclose(confusion(scaled(device, 3), qubit), expected, atol=1e-12)


def test_every_error_is_so_many_times_as_large_to_first_order(torino):
    after = scaled(torino, 2)
    for old, new in zip(torino.qubits, after.qubits, strict=True):
        assert new.t1 == pytest.approx(old.t1 / 2)
        assert new.t2 == pytest.approx(old.t2 / 2)
        if 0 < old.readout_error < 0.02:
            assert new.p10 / old.p10 == pytest.approx(2, rel=0.05)
            assert new.p01 / old.p01 == pytest.approx(2, rel=0.05)
    small = [
        (old, new)
        for old, new in zip(torino.gates, after.gates, strict=True)
        if old.error and old.error < 0.01
    ]
    assert len(small) > 300
    assert all(new.error / old.error == pytest.approx(2, rel=0.05) for old, new in small)
    assert [gate.duration for gate in after.gates] == [gate.duration for gate in torino.gates]


@pytest.mark.parametrize("name", ["torino", "manila"])
def test_scaling_twice_is_scaling_by_the_product_and_1_changes_nothing(name, request):
    device = request.getfixturevalue(name)
    for first, second in ((2, 3), (8, 0.125)):
        between, whole = scaled(device, first), scaled(device, first * second)
        twice = scaled(between, second)
        told = [
            (one, other)
            for one, other, middle in zip(twice.gates, whole.gates, between.gates, strict=True)
            if one.error is not None and middle.error < LARGEST
        ]
        assert len(told) > 0.9 * len([gate for gate in device.gates if gate.error is not None])
        for one, other in told:
            assert one.error == pytest.approx(other.error, abs=1e-12)
        for one, other, middle in zip(twice.qubits, whole.qubits, between.qubits, strict=True):
            if middle.readout_error < LARGEST - 1e-9:
                assert (one.p10, one.p01) == pytest.approx((other.p10, other.p01), abs=1e-12)
    same = scaled(device, 1)
    for one, other in zip(same.gates, device.gates, strict=True):
        assert one.error == pytest.approx(other.error, abs=1e-15)
    for one, other in zip(same.qubits, device.qubits, strict=True):
        assert (one.t1, one.t2) == (other.t1, other.t2)
        assert (one.p10, one.p01) == pytest.approx((other.p10, other.p01), abs=1e-15)


def test_what_was_usable_stays_so_and_what_was_dead_or_unknown_stays_as_it_is(torino):
    after = scaled(torino, 100)
    assert after.usable_qubits == torino.usable_qubits
    assert after.coupling_map == torino.coupling_map
    for old, new in zip(torino.gates, after.gates, strict=True):
        if old.error is None or old.is_dead:
            assert new.error == old.error
        else:
            assert new.error <= LARGEST < DEAD
    for old, new in zip(torino.qubits, after.qubits, strict=True):
        if old.readout_error >= DEAD:
            assert (new.p10, new.p01) == (old.p10, old.p01)
        assert new.t2 <= 2 * new.t1


def test_a_gate_better_than_its_relaxation_keeps_the_ratio_of_the_two(raw, gate):
    gate("sx", 0)["error"] = 1e-5  # 32 ns of 150 µs cost some 1e-4
    device = device_from_json(raw)
    half = scaled(device, 0.5)
    before, after = (next(g for g in d.gates if g.name == "sx" and g.qubits == (0,)) for d in (device, half))
    assert after.error == pytest.approx(before.error / 2, rel=1e-3)
    expected = SuperOp(thermal_relaxation_error(3e-4, 2.2e-4, 3.2e-8)).data
    np.testing.assert_allclose(channel(half, "sx", 0), expected, atol=1e-12)


def test_it_says_everywhere_that_it_is_synthetic_and_can_be_written_and_read(torino):
    device = scaled(torino, 0.5)
    assert device.name == "fake_torino@2025-02-26~scaled(factor=0.5)"
    assert device.provider == PROVIDER == "scaled noise"
    assert device.calibrated_at == ""
    assert any(notice.startswith("Synthetic: fake_torino@2025-02-26") for notice in device.notices)

    assert device_from_json(json.loads(to_text(device))) == device


@pytest.mark.parametrize("factor", [0, -1, 0.001, 101, float("nan"), "2", True])
def test_a_factor_out_of_its_range_is_refused(torino, factor):
    with pytest.raises(DeviceError, match=r"must be in \[0.01, 100\]"):
        scaled(torino, factor)
