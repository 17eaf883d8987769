"""`benchmarks/noise_map.py`: its rows, its circuits under scaled noise, and that its tables say what is stored."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from checkout import BENCHMARKS, CHECKOUT_ONLY

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.calibration.scaled import scaled
from qcsearch.training.transpiled import transpile_candidate


@pytest.fixture(scope="module")
def bench() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        names = (
            *(f"noise.{part}" for part in ("cells", "figures", "picture", "tables", "tasks")),
            "record.store",
        )
        modules = {name.split(".")[-1]: import_module(name) for name in names}
        yield SimpleNamespace(main=import_module("noise_map"), **modules)


@pytest.fixture(scope="module")
def circuit(bench: Any) -> Any:
    return bench.cells.Circuit.of(bench.tasks.rows("cluster_6", 0), get_device("fake_torino"), 10, 0)


def entry(bench: Any, seed: int, *, aware: int, unaware: int, refitted: int, n: int = 40, **more: Any) -> Any:
    """Of `n` test rows the first so many are right; cells are alike at all shots."""
    rights = {"aware": aware, "unaware": unaware, "refitted": refitted}
    right = {arm: bench.cells.encoded(np.where(np.arange(n) < k, 32, 0)) for arm, k in rights.items()}
    settings = {"task": "moons", "gates": 10, "factor": 2.0, "seed": seed, "device": "fake_torino"}
    return {
        "settings": {**settings, **more},
        "two_qubit_gates": 9,
        "success": 0.3,
        "cells": {
            shots: {"right": right, "accuracy": {"aware": aware / n}} for shots in ("infinite", "1024", "128")
        },
        "as_trained": aware / n - 0.05,
        "load": 2.0,
        "date": "2026-01-01",
        "machine": {"cpu": "x", "cores": 2, "threads": 1},
        "versions": {"python": "3"},
    }


@CHECKOUT_ONLY
def test_the_test_rows_are_the_same_for_every_seed_and_no_seed_learns_from_them(bench: Any) -> None:
    for name in bench.tasks.TASKS:
        one, other = (bench.tasks.rows(name, seed) for seed in (0, 1))
        np.testing.assert_array_equal(one.test.y, other.test.y)
        assert (len(one.data.train), len(one.data.validation), len(one.test)) == (240, 80, 280)
        assert not np.array_equal(one.data.train.y, other.data.train.y)
    for found in (one, other):  # the last task has no scaling that could hide equal rows
        known = np.concatenate([found.data.train.X, found.data.validation.X])
        assert len(np.unique(np.concatenate([known, found.test.X]), axis=0)) == 600
        np.testing.assert_array_equal(found.test.X, one.test.X)


def test_a_circuit_has_about_as_many_gates_as_asked_on_coupled_qubits(bench: Any, circuit: Any) -> None:
    assert circuit.placed.mapped.two_qubit_gates == 10
    assert circuit.placed.mapped.swaps == 0
    for gates in bench.main.GATES:
        for name, n_couplings in (("moons", 3), ("cluster_6", 5)):
            layers = max(1, round(gates / n_couplings))
            assert abs(layers * n_couplings - gates) <= n_couplings / 2, name


def test_the_circuit_under_scaled_noise_is_the_one_that_is_mapped_to_the_scaled_device(
    bench: Any, circuit: Any
) -> None:
    device, test = get_device("fake_torino"), circuit.rows.test
    weights = bench.tasks.start(circuit.placed, np.random.default_rng(1)).weights

    def values(one: Any) -> Any:
        return one.compile().values(one.derive(test.X[:5]), weights)

    found = circuit.under(4.0)
    anew = transpile_candidate(circuit.placed.candidate, scaled(device, 4.0), circuit.rows.n_features)
    np.testing.assert_allclose(values(found), values(anew), atol=1e-12)
    np.testing.assert_allclose(values(circuit.under(1.0)), values(circuit.placed), atol=1e-12)
    assert np.abs(values(found) - values(circuit.placed)).max() > 0.05
    assert bench.cells.success(found) == pytest.approx(anew.mapped.estimated_success_probability)


def test_rows_are_right_in_all_or_no_measurements_at_infinite_shots_and_in_some_at_few(
    bench: Any, circuit: Any
) -> None:
    noisy = circuit.under(2.0)
    start = replace(bench.tasks.start(circuit.placed, np.random.default_rng(1)), head=np.zeros(7 * 4))
    found = circuit._refitted(noisy, start, None)
    infinite, many, few = (circuit.right(noisy, found, shots) for shots in (None, 100_000_000, 8))
    assert set(infinite) == {0, 32}
    assert np.mean(np.abs(infinite - many) > 4) < 0.02
    assert np.mean((few > 0) & (few < 32)) > 0.3
    np.testing.assert_array_equal(bench.cells.decoded(bench.cells.encoded(few)), few / 32)


def test_what_is_stored_is_not_measured_again_and_each_training_is_stored_when_it_is_done(
    bench: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SimpleNamespace(tasks=["cluster_6"], device="fake_torino", seeds=2)
    wanted = bench.main._settings(asked)
    assert len(wanted) == 6 * 5 * 2
    store, measured = bench.store.Store(tmp_path / "map.json"), []
    monkeypatch.setattr(bench.main.Circuit, "of", lambda *_: None)
    monkeypatch.setattr(bench.main, "rows", lambda *_: None)

    def once(_: Any, settings: Any) -> Any:
        if len(measured) == 7:
            raise KeyboardInterrupt
        measured.append(settings)
        return {"settings": settings}

    monkeypatch.setattr(bench.main, "_measured", once)
    with pytest.raises(KeyboardInterrupt):
        bench.main.measure(wanted, store)
    again = bench.store.Store(tmp_path / "map.json")
    assert [one["settings"] for one in again.entries] == measured == wanted[:7]
    measured.clear()
    monkeypatch.setattr(
        bench.main, "_measured", lambda _, settings: measured.append(settings) or {"settings": settings}
    )
    bench.main.measure(wanted, again)
    assert measured == wanted[7:]


def test_a_gain_is_called_one_only_where_its_interval_does_not_hold_zero(bench: Any) -> None:
    aware = (39, 38, 39)
    entries = [entry(bench, seed, aware=k, unaware=10, refitted=38) for seed, k in enumerate(aware)]
    (cell, *_) = found = bench.figures.cells(entries)
    assert len(found) == 3
    assert cell.gain("unaware").mean == pytest.approx((29 + 28 + 29) / 120)
    assert (cell.gain("unaware").sign, cell.gain("refitted").sign) == (1, 0)
    text, table = bench.tables.render(entries), bench.tables.whole(entries)
    assert "3 cells of 3 seeds, fake_torino" in text
    assert "has 5.0 points less on the mean" in text
    assert "| moons | ∞ | 1 | 0.967 | 0.250 | 0.950 | 1, 0, 0 | 0, 1, 0 |" in text
    row = next(line for line in table.splitlines() if line.startswith("| moons | 9 | 2 | 0.300 | ∞"))
    assert "| **+71.7 [" in row
    assert "| +1.7 [-" in row


def test_cells_are_put_together_row_by_row_and_two_seeds_make_no_cell(bench: Any) -> None:
    entries = [
        entry(bench, seed, aware=20 + step, unaware=20, refitted=20, gates=gates)
        for seed in (0, 1, 2)
        for gates, step in ((10, 4), (20, 8))
    ]
    found = [cell for cell in bench.figures.cells(entries) if cell.shots == "128"]
    assert bench.figures.together(found, "unaware").mean == pytest.approx(6 / 40)
    assert [bench.figures.band(cell) for cell in found] == [2, 2]
    assert bench.figures.cells(entries[:4]) == []
    assert bench.tables.render(entries[:4]) == "Not measured yet."


def test_the_picture_has_a_number_for_each_cell_and_is_the_same_each_time(bench: Any, tmp_path: Any) -> None:
    entries = [entry(bench, seed, aware=30, unaware=10, refitted=30) for seed in (0, 1, 2)]
    for name in ("a.svg", "b.svg"):
        bench.picture.draw(bench.figures.cells(entries), tmp_path / name)
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    assert text.count(">+50<") == text.count(">+0<") == 3


def test_the_tables_are_those_of_the_stored_results(bench: Any) -> None:
    stored = json.loads((bench.main.RESULTS / "noise_map.json").read_text("utf-8"))["runs"]
    text = bench.tables.render(stored)
    assert f"<!-- noise_map -->\n{text}\n<!-- /noise_map -->" in (BENCHMARKS / "README.md").read_text("utf-8")
    assert bench.main.TABLE.read_text("utf-8") == bench.tables.whole(stored)
