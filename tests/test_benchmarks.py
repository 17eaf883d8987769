"""The cases of `benchmarks/engine.py`: they build, and the engine's numbers on them are Aer's."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from qcsearch.simulation.aer import AerProgram
from qcsearch.simulation.compile import compile_circuit

NAMES = ("W1-4q-64", "W1-6q-256", "W1-8q-64", "W1-8q-1024", "W2-4q-256")


@pytest.fixture(scope="module")
def bench():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
        names = ("cases", "gates", "measure", "runner", "table", "peers.aer")
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
