"""Facts of a run that needs no run: a 133-qubit heavy-hex device forty trials."""

from dataclasses import replace

import numpy as np
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Angle, Gate, GateList
from qcsearch.data.targets import Classes
from qcsearch.deployment.deployment import Deployment, Tuning
from qcsearch.deployment.diagnostics.score import Score as Measured
from qcsearch.deployment.values import Usage
from qcsearch.devices.device import Device, GateCalibration, Qubit
from qcsearch.reporting.facts import DatasetFacts, MappedFacts, RunFacts, Score
from qcsearch.reporting.plots.circuit import DrawnGate
from qcsearch.reporting.plots.layout import heavy_hex_lattice
from qcsearch.reporting.plots.plots import Curve
from qcsearch.search.finish.rows import Row
from qcsearch.search.trial.pareto import pareto_front
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.training.judging.calibration import calibration
from qcsearch.training.parameters import ParameterCounts, Parameters
from qcsearch.training.statistics import Difference

REGION = (60, 61, 62, 63)


@pytest.fixture(scope="session")
def heavy_device():
    rng = np.random.default_rng(5)
    places = heavy_hex_lattice(133)
    pairs = [
        (a, b)
        for a in range(133)
        for b in range(a + 1, 133)
        if abs(places[a][0] - places[b][0]) + abs(places[a][1] - places[b][1]) == 1
    ]
    qubits = tuple(
        Qubit(
            rng.uniform(8e-5, 3e-4),
            rng.uniform(5e-5, 2e-4),
            rng.uniform(0.004, 0.05),
            rng.uniform(0.01, 0.08),
            1.4e-6,
        )
        for _ in range(133)
    )
    ones = tuple(GateCalibration("sx", (q,), rng.uniform(1e-4, 9e-4), 3.2e-8) for q in range(133))
    twos = tuple(GateCalibration("cz", pair, rng.uniform(2e-3, 2e-2), 8.4e-8) for pair in pairs)
    return Device(
        "paper_133",
        "fake",
        "2026-11-01T00:00:00Z",
        ("cz", "rz", "sx", "x"),
        tuple(pairs),
        qubits,
        ones + twos,
    )


@pytest.fixture(scope="session")
def gate_list():
    gates, weight = [], 0
    for layer in range(2):
        gates += [Gate("ry", (q,), Angle(feature=4 * layer + q, weight=weight + q)) for q in range(4)]
        weight += 4
        gates += [Gate("rz", (q,), Angle(weight=weight + q)) for q in range(4)]
        weight += 4
        gates += [Gate("cz", (0, 1)), Gate("cx", (2, 3)), Gate("rzz", (1, 2), Angle(weight=weight))]
        weight += 1
    return GateList(4, 8, weight, tuple(gates))


def record(number, rng):
    kind = ("kept", "kept", "pruned", "infeasible")[number % 4]
    accuracy = float(min(0.97, 0.6 + 0.01 * number + rng.uniform(-0.15, 0.1))) if kind == "kept" else None
    costs = Costs(
        ParameterCounts(12, 0, 6), 4, int(rng.integers(3, 40)), 40, 3.1e-6, 0.03, 0.83, 4.1, 12, 20, 1
    )
    history = tuple((step, 0.4 + step / 300) for step in range(10, 60, 10)) if kind != "infeasible" else ()
    candidate = Candidate(
        Choice("reuploading"), Choice("hardware_efficient"), REGION, ("Z0", "Z1", "Z2", "Z3")
    )
    return TrialRecord(
        number,
        candidate,
        {"n_layers": number % 3},
        Outcome(kind, "…"),
        accuracy,
        accuracy,
        costs=costs,
        history=history,
    )


def basis_gates():
    parts = (("rz", "fixed", "1.57"), ("sx", "fixed", ""), ("rz", "both", "θ₀·x₀"))
    ones = (DrawnGate(name, (q,), kind, angle) for q in range(4) for name, kind, angle in parts)
    return (*ones, DrawnGate("cz", (0, 1)), DrawnGate("ecr", (2, 3)))


def deployment():
    tuning = Tuning("spsa, adam", (0.3, 0.28, 0.27, 0.29), exact(0.94), exact(0.95), 0.01, 0.008, "after")
    measured = replace(exact(0.948), shot_error=0.004)
    scores = {"noiseless": exact(0.965), "noisy": exact(0.951), "deployed": measured}
    return Deployment(
        "local:fake_torino", "fake-backend", "paper_133", "cd" * 32, "ef" * 32, REGION, 4096, 0, tuning,
        **scores, parameters=Parameters.of([0.1], [0.2]), usage=Usage(12, 900, 900 * 4096), seconds=31.0, versions={},
    )  # fmt: skip


def exact(accuracy):
    return Measured(accuracy, 145, 0.018)


@pytest.fixture(scope="session")
def facts(heavy_device, gate_list):
    rng = np.random.default_rng(1)
    records = [record(i, rng) for i in range(40)]
    kept = sorted((r for r in records if r.trained), key=lambda r: -r.validation_score)
    curve = [0.5 + 0.45 * (1 - np.exp(-i / 40)) for i in range(0, 200, 5)]
    return RunFacts(
        name="demo",
        created="2026-11-21T02:00:00Z",
        dataset=DatasetFacts(
            "digits:0-3",
            64,
            Classes((0, 1, 2, 3)),
            {"train": 460, "validation": 115, "test": 145},
            (8, 8),
            "ab" * 32,
        ),
        device=heavy_device,
        space="default (1f2e3d)",
        metric="accuracy",
        n_trials=40,
        seconds=73.2,
        records=records,
        ranking=[r.trial for r in kept],
        pareto=[r.trial for r in pareto_front(records)],
        winner=kept[0],
        outcomes={"kept": 20, "pruned": 10, "infeasible": 10},
        rejected={"duration_over_t2": 7, "two_qubit_gates": 3},
        circuit=gate_list,
        measured=(0, 1, 2, 3),
        mapped=MappedFacts(basis_gates(), 12, 41, 3.1e-6, 0.83, REGION, (0, 1, 2, 3), 10, 23, 0),
        scores=(
            Score("noiseless", 0.972),
            Score("noisy", 0.951, ("± 0.7 % over 3 trainings from other seeds",)),
            Score("deployed", 0.948, ("± 0.4 % by shots, 145 samples", "local:fake_torino (fake-backend)")),
        ),
        final=(
            Row("winner (trial 37)", "winner", 0.951, 0.972, (0.902, 0.976), split="test", n_samples=145),
            Row("winner on paper_133 of 2026-11-08", "snapshot", 0.93, interval=(0.876, 0.962), split="test"),
            Row(
                "winner without two-qubit gates",
                "circuit",
                0.944,
                interval=(0.894, 0.972),
                split="test",
                difference=Difference(0.007, -0.021, 0.034, 1.0),
            ),
            Row(
                "logistic regression",
                "classical",
                None,
                0.86,
                (0.794, 0.907),
                split="test",
                difference=Difference(0.091, 0.041, 0.138, 2e-4),
            ),
            Row("RBF-SVM, raw features", "missing", None, split="test", note="The seconds were used up."),
        ),
        added="What it added, on n = 145 test samples: entanglement +0.7 points.",
        curves=(
            *(Curve(f"trial {i}", range(0, 100, 5), [c - 0.05 * i for c in curve[:20]]) for i in range(1, 4)),
            Curve("trial 37", range(0, 200, 5), curve, main=True),
        ),
        deployment=deployment(),
        importance={"n_layers": 0.41, "encoding": 0.22, "region": 0.17, "learning_rate": 0.12, "head": 0.08},
        calibration=calibration(
            4.0 * np.eye(4)[np.arange(145) % 4], (np.arange(145) + (np.arange(145) % 20 == 0)) % 4, 1.2
        ),
        confusion=((35, 1, 0, 0), (0, 34, 1, 1), (0, 2, 35, 0), (0, 1, 1, 34)),
        command="qcsearch search digits:0-3 --device fake_torino --max-seconds 75 --seed 0 --run demo",
        versions={"qcsearch": "0.1.0", "qiskit": "2.6.2", "optuna": "5.0.0"},
        seeds={"search": 0, "refit": "0, 1, 2"},
        digests={"data": "ab" * 32, "device": "cd" * 32, "candidate": "ef" * 32},
    )


@pytest.fixture
def hostile_facts(facts):
    data = replace(
        facts.dataset,
        name='<img src=x onerror="alert(1)">',
        target=Classes(("<script>alert(1)</script>", "a&b", "$x$", "ok")),
    )
    return replace(facts, dataset=data, name="<b>run</b>", command="<script>", notices=("<script>",))


@pytest.fixture(scope="session")
def page(facts):
    from qcsearch.reporting.page.page import render

    return render(facts)
