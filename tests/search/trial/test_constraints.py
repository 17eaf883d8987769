from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

from qcsearch.devices.device import Device
from qcsearch.devices.transpile.mapping import map_circuit
from qcsearch.search.space.file import ConstraintsPart
from qcsearch.search.trial.constraints import Infeasible, check, costs, violations
from qcsearch.search.trial.record import Costs
from qcsearch.training.parameters import ParameterCounts

COST = Costs(
    parameters=ParameterCounts(circuit=12, feature_map=8, head=5),
    n_observables=2,
    two_qubit_gates=12,
    depth=50,
    duration=1e-6,
    duration_over_t2=0.1,
    estimated_success_probability=0.4,
    qpu_seconds=1.0,
    built_two_qubit_gates=12,
    built_depth=30,
    swaps=0,
)


def test_without_limits_there_is_nothing_to_keep() -> None:
    assert check(COST, ConstraintsPart()) == {}


def test_an_amount_is_the_excess_as_a_share_of_the_limit() -> None:
    limits = ConstraintsPart(
        max_two_qubit_gates=8,
        max_depth=100,
        max_parameters=25,
        max_feature_map_parameters=16,
        max_duration_us=0.8,
        max_duration_over_t2=0.2,
        min_estimated_success_probability=0.5,
    )
    assert violations(COST, limits) == pytest.approx(
        {
            "two_qubit_gates": 0.5,
            "depth": -0.5,
            "parameters": 0.0,
            "feature_map_parameters": -0.5,
            "duration": 0.25,
            "duration_over_t2": -0.5,
            "estimated_success_probability": 0.2,
        }
    )


def test_the_limit_itself_is_kept() -> None:
    assert check(COST, ConstraintsPart(max_two_qubit_gates=12)) == {"two_qubit_gates": 0.0}


@pytest.mark.parametrize(
    ("limits", "constraint", "sentence"),
    [
        (
            ConstraintsPart(max_two_qubit_gates=8),
            "two_qubit_gates",
            "12 two-qubit gates are above the limit 8.",
        ),
        (
            ConstraintsPart(max_two_qubit_gates=0),
            "two_qubit_gates",
            "12 two-qubit gates are above the limit 0.",
        ),
        (ConstraintsPart(max_depth=40), "depth", "50 layers of depth are above the limit 40."),
        (
            ConstraintsPart(max_parameters=10),
            "parameters",
            "25 trained parameters are above the limit 10.",
        ),
        (
            ConstraintsPart(max_parameters=25, max_circuit_parameters=6),
            "circuit_parameters",
            "12 parameters of the circuit are above the limit 6.",
        ),
        (
            ConstraintsPart(max_feature_map_parameters=0),
            "feature_map_parameters",
            "8 parameters of the feature map are above the limit 0.",
        ),
        (
            ConstraintsPart(max_head_parameters=4),
            "head_parameters",
            "5 parameters of the head are above the limit 4.",
        ),
        (ConstraintsPart(max_duration_us=0.5), "duration", "1 µs of one execution are above the limit 0.5."),
        (
            ConstraintsPart(max_duration_over_t2=0.05),
            "duration_over_t2",
            "0.1 of the shortest T2 in duration are above the limit 0.05.",
        ),
        (
            ConstraintsPart(min_estimated_success_probability=0.6),
            "estimated_success_probability",
            "The estimated success probability 0.4 is below the limit 0.6.",
        ),
    ],
)
def test_a_broken_limit_says_which_and_how_much(
    limits: ConstraintsPart, constraint: str, sentence: str
) -> None:
    with pytest.raises(Infeasible) as caught:
        check(COST, limits)
    assert caught.value.constraint == constraint
    assert str(caught.value) == sentence
    assert caught.value.violation == caught.value.violations[constraint] > 0


def test_the_worst_of_several_is_named() -> None:
    with pytest.raises(Infeasible) as caught:
        check(COST, ConstraintsPart(max_two_qubit_gates=11, max_depth=10))
    assert caught.value.constraint == "depth"
    assert all(violation > 0 for violation in caught.value.violations.values())


def test_costs_are_those_of_the_mapped_circuit(device: Device) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    mapped = map_circuit(circuit, device, (0, 1))
    cost = costs(mapped, device, ParameterCounts(2, 3, 1), ("Z0", "Z1", "X0"))
    assert cost.two_qubit_gates == 1
    assert (cost.built_two_qubit_gates, cost.built_depth, cost.swaps) == (1, 2, 0)
    assert cost.parameters == ParameterCounts(2, 3, 1)
    t2 = min(device.qubits[q].t2 or 0 for q in (0, 1))
    assert cost.duration_over_t2 == pytest.approx(mapped.duration / t2)
    assert cost.estimated_success_probability == mapped.estimated_success_probability


@pytest.mark.parametrize(
    ("observables", "n_bases"),
    [
        (("Z0",), 1),
        (("Z0", "Z1", "Z0Z1"), 1),
        (("Z0", "X1"), 1),
        (("Z0", "X0"), 2),
        (("X0", "Y0", "Z0", "X0X1"), 3),
    ],
)
def test_processor_time_is_paid_for_each_basis(
    device: Device, observables: tuple[str, ...], n_bases: int
) -> None:
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    mapped = map_circuit(circuit, device, (0, 1))
    expected = n_bases * 4096 * (250e-6 + mapped.duration)
    assert costs(mapped, device, ParameterCounts(), observables).qpu_seconds == pytest.approx(expected)
