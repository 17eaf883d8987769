"""The cases of `benchmarks/engine.py`: they build, and the engine's numbers on them are Aer's."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.noise import noise_model
from qcsearch.simulation.compile import compile_circuit
from qcsearch.simulation.reference.aer import AerProgram

NAMES = ("W1-4q-64", "W1-6q-256", "W1-8q-64", "W1-8q-1024", "W2-4q-256")


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
        names = ("cases", "gates", "measure", "runner", "table", "wide", "peers.aer")
        yield SimpleNamespace(**{name.split(".")[-1]: import_module(f"engine.{name}") for name in names})


def compiled(case):
    return compile_circuit(case.circuit, case.noise_model, case.observables, case.features, case.weights)


def test_the_cases_are_those_of_the_table(bench):
    assert tuple(bench.cases.CASES) == NAMES == tuple(bench.table.THRESHOLDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_case_has_its_shape_a_line_of_qubits_and_gate_noise_only(bench, name):
    case = bench.cases.build(name)
    _, n_qubits, n_samples = bench.cases.CASES[name]
    assert case.X.shape == (n_samples, len(case.features))
    assert case.cotangent.shape == (n_samples, n_qubits) == (n_samples, len(case.observables))
    assert set(case.circuit.count_ops()) <= {"rz", "sx", "x", "cz"}
    pairs = {
        tuple(case.circuit.find_bit(q).index for q in i.qubits) for i in case.circuit.get_instructions("cz")
    }
    assert {tuple(sorted(pair)) for pair in pairs} == {(q, q + 1) for q in range(n_qubits - 1)}
    assert not case.noise_model._local_readout_errors
    assert all(gate.error is not None for gate in bench.gates.gates(case) if gate.name in ("sx", "cz"))


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_agrees_with_aer_on_a_few_samples(bench, name):
    case = bench.cases.build(name).first(2)
    aer = AerProgram(case.circuit, case.noise_model, case.observables, case.features, case.weights)
    w = case.weights_at(3)
    np.testing.assert_allclose(compiled(case).values(case.X, w), aer.values(case.X, w), atol=1e-9)


@pytest.mark.parametrize("name", ["W1-4q-64", "W2-4q-256"])
def test_the_peer_aer_computes_the_engine_s_gradient(bench, name):
    case = bench.cases.build(name).first(1)
    w = case.weights_at(0)
    values, gradient = compiled(case).value_and_gradient(case.X, w, case.cotangent)
    found = bench.aer.ParameterShift(case, bench.aer.estimator(case, 1)).step(w)
    np.testing.assert_allclose(found[0], values, atol=1e-9)
    np.testing.assert_allclose(found[1], gradient, atol=1e-9)


def test_a_peer_that_computes_something_else_is_an_error_and_not_a_row(bench):
    case = bench.cases.build("W1-4q-64").first(2)
    program = compiled(case)

    def wrong(w):
        values, gradient = program.value_and_gradient(case.X, w, case.cotangent)
        return values, gradient + 1e-3

    with pytest.raises(bench.measure.DisagreementError, match=r"gradient differ by 1\.0e-03"):
        bench.measure.measure(case, bench.runner.Runner("wrong", case, wrong, (1e-4, 1e-4), 0.0))


def test_a_share_is_extrapolated_and_marked(bench):
    runs = [{"minimum": 2.0, "median": 2.0, "preparation": 100.0, "share": 1 / 4}]
    ours = [{"minimum": 1e-3, "median": 1e-3, "preparation": 0.0}]
    text = bench.table.render(
        {"W1-8q-64": {"aer": {"runs": runs, "ours": ours}, "tensorcircuit": {"runs": runs, "ours": ours}}}
    )
    assert "2.00 s (from 1/4)" in text
    assert "2,000 (≥ 5,000: missed)" in text
    assert "2,000 (≥ 30: met)" in text
    assert "3,000 (≥ 35: met)" in text


@pytest.mark.slow
def test_a_shallow_circuit_on_all_qubits_of_a_device_is_exact_on_each_light_cone(bench):
    """Aer knows the cut around a qubit; two layers see no further than two bonds."""
    circuit, model, observables, features, weights = bench.wide.brickwork("fake_brisbane", 127)
    rng = np.random.default_rng(0)
    X, w = rng.uniform(-1.5, 1.5, (2, 127)), rng.uniform(-np.pi, np.pi, len(weights))
    values = compile_circuit(circuit, model, observables, features, weights).values(X, w)
    assert np.ptp(values) > 0.5
    bonds = [{circuit.find_bit(q).index for q in one.qubits} for one in circuit.data if len(one.qubits) == 2]
    device = get_device("fake_brisbane")
    for qubit in (0, 20, 62, 126):
        near = {qubit}
        for _ in range(2):
            near |= set().union(*[bond for bond in bonds if bond & near])
        cut = sorted(near)
        small = QuantumCircuit(len(cut))
        for one in circuit.data:
            on = [circuit.find_bit(q).index for q in one.qubits]
            if near.issuperset(on):
                small.append(one.operation, [cut.index(q) for q in on])
        z = SparsePauliOp.from_sparse_list([("Z", [cut.index(qubit)], 1.0)], num_qubits=len(cut))
        numbers = dict(zip([*features, *weights], np.concatenate([X[0], w]), strict=True))
        bound = small.assign_parameters({p: v for p, v in numbers.items() if p in small.parameters})
        expected = AerProgram(bound, noise_model(device, tuple(cut)), [z], [], []).values(
            np.zeros((1, 0)), np.zeros(0)
        )
        # error terms of 1e-10 and less, which Aer drops, take from the trace of the wide circuit some 1e-8
        np.testing.assert_allclose(values[0, qubit], expected[0, 0], rtol=0, atol=5e-8)


@pytest.mark.slow
@pytest.mark.parametrize(("what", "argument"), [("width", ("fake_brisbane", 127)), ("memory", (7,))])
def test_peak_memory_keeps_to_its_bound(what, argument):
    """The whole process, Python and libraries too, in the default 2,048 MB."""
    script = Path(__file__).resolve().parents[1] / "benchmarks" / "scaling.py"
    command = [sys.executable, str(script), "--one", what, *map(str, argument)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 100 < json.loads(done.stdout.splitlines()[-1])["peak_mb"] <= 2048


def test_the_table_of_vendors_is_that_of_the_stored_results():
    folder = Path(__file__).resolve().parents[1] / "benchmarks"
    stored = json.loads((folder / "results" / "vendors.json").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        table = import_module("vendors.table").render(stored)
    assert f"<!-- vendors -->\n{table}\n<!-- /vendors -->" in (folder / "README.md").read_text()
    assert {entry["deployment"]["kind"] for entry in stored.values()} == {"simulated"}
    for entry in stored.values():
        scores = entry["deployment"]
        assert abs(scores["deployed"]["accuracy"] - scores["noisy"]["accuracy"]) <= 0.02
        assert scores["noise_model_check"]["holds"]
