"""What the report says of the machine: the winner's circuit, the region on the device, where all of it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.page.table import Table
from qcsearch.reporting.plots.circuit import draw, drawn_gates
from qcsearch.reporting.plots.device_map import SHADES, draw_device, edge_errors, legend
from qcsearch.wording import percent

__all__ = [
    "CircuitView",
    "DeviceView",
    "MappedView",
    "circuit",
    "data",
    "device",
    "mapped",
    "origins",
    "when",
]

_KINDS = (
    ("feature", "feature x"),
    ("weight", "trainable weight θ"),
    ("both", "weight × feature"),
    ("fixed", "fixed gate"),
)


@dataclass(frozen=True)
class CircuitView:
    """The winner's circuit as it was searched.

    Attributes:
        outputs: the expectation values that it is read by.
        keys: kind of gate and its meaning, of the kinds that it has.
        drawing: SVG.
    """

    outputs: str
    keys: Sequence[tuple[str, str]]
    drawing: Markup


@dataclass(frozen=True)
class MappedView:
    """The same as the device runs it.

    Attributes:
        table: before and after.
        swaps: how many were inserted, and why.
        esp: estimated success probability.
        drawing: SVG.
    """

    table: Table
    swaps: str
    esp: str
    drawing: Markup


@dataclass(frozen=True)
class DeviceView:
    """The device, and on it the region of the winner.

    Attributes:
        sentence: name, provider, size and time of calibration.
        drawing: SVG of the coupling map.
        shades: how many the drawing has.
        legend: what they stand for.
        region: physical qubits of the winner, none if there is none.
        calibration: of these qubits.
        couplings: between them.
    """

    sentence: str
    drawing: Markup
    shades: int
    legend: str
    region: tuple[int, ...]
    calibration: Table
    couplings: Table


def circuit(facts: RunFacts) -> CircuitView | None:
    """What is drawn of the winner; None if there is none."""
    candidate = None if facts.winner is None else facts.winner.candidate
    if candidate is None or facts.circuit is None:
        return None
    wires = [f"q{i} · {qubit}" for i, qubit in enumerate(candidate.qubits)]
    gates = drawn_gates(facts.circuit)
    shown = {gate.kind for gate in gates}
    return CircuitView(
        ", ".join(f"⟨{label}⟩" for label in candidate.observables),
        [(kind, meaning) for kind, meaning in _KINDS if kind in shown],
        draw(gates, wires, facts.measured),
    )


def mapped(facts: RunFacts) -> MappedView | None:
    """The winner's circuit in the device's gates; None if there is none."""
    found = facts.mapped
    if found is None:
        return None
    rows = (
        ("as it was built", found.built_two_qubit_gates, found.built_depth, None),
        (f"on {facts.device.name}", found.two_qubit_gates, found.depth, f"{1e6 * found.duration:.2f}"),
    )
    return MappedView(
        Table(("circuit", "two-qubit gates", "depth", "duration µs"), rows, (1, 2, 3)),
        _swaps(found.swaps),
        percent(found.estimated_success_probability),
        draw(found.gates, [str(wire) for wire in found.wires], found.measured),
    )


def device(facts: RunFacts) -> DeviceView:
    """The coupling map with the winner's region, and the calibration of its qubits."""
    found = facts.device
    candidate = None if facts.winner is None else facts.winner.candidate
    region = () if candidate is None else candidate.qubits
    return DeviceView(
        f"{found.name} ({found.provider}), {found.n_qubits} qubits, calibrated {when(found.calibrated_at)}.",
        draw_device(found, region),
        SHADES,
        legend(found),
        region,
        _calibration(facts, region),
        _couplings(facts, region),
    )


def data(facts: RunFacts) -> str:
    """The data set and the search space, in two sentences."""
    found = facts.dataset
    parts = ", ".join(f"{n} {name}" for name, n in found.parts.items())
    shape = f" ({found.image_shape[0]}×{found.image_shape[1]} pixels)" if found.image_shape else ""
    stratified = ", stratified" if found.target.n_classes else ""
    return (
        f"Data set {found.name}: {found.n_features} features{shape}, {found.target.words}; {parts} "
        f"samples{stratified}. Search space {facts.space}."
    )


def origins(facts: RunFacts) -> dict[str, object]:
    """Seeds, digests and versions by name."""
    return {
        **{f"seed: {name}": seed for name, seed in facts.seeds.items()},
        **{f"SHA-256 of {name}": digest for name, digest in facts.digests.items()},
        **facts.versions,
    }


def when(moment: str) -> str:
    """An ISO 8601 moment as people read it."""
    return moment.replace("T", " ").replace("+00:00", "Z").replace("Z", " UTC") or "at an unknown time"


def _swaps(count: int) -> str:
    if count == 0:
        return "Every two-qubit gate is on coupled qubits: no swap was inserted."
    what = "1 swap was" if count == 1 else f"{count} swaps were"
    return f"{what} inserted, because two-qubit gates are on qubits that are not coupled."


def _calibration(facts: RunFacts, region: tuple[int, ...]) -> Table:
    one = {gate.qubits[0]: gate for gate in facts.device.gates if gate.name == "sx" and len(gate.qubits) == 1}
    rows = []
    for i, q in enumerate(region):
        qubit = facts.device.qubits[q]
        sx = one[q].error if q in one else None
        times = (_scaled(qubit.t1, 1e6, 0), _scaled(qubit.t2, 1e6, 0))
        rows.append((f"q{i}", q, *times, _scaled(qubit.p10), _scaled(qubit.p01), _scaled(sx, 100, 3)))
    columns = ("", "qubit", "T1 µs", "T2 µs", "P(1|0) %", "P(0|1) %", "sx %")
    return Table(columns, rows, range(1, 7))


def _couplings(facts: RunFacts, region: tuple[int, ...]) -> Table:
    inside = {pair: gate for pair, gate in edge_errors(facts.device).items() if set(pair) <= set(region)}
    rows = [
        (f"{a} – {b}", name, _scaled(error), _scaled(duration, 1e9, 0))
        for (a, b), (name, error, duration) in inside.items()
    ]
    return Table(("qubits", "gate", "error %", "duration ns"), rows, (2, 3))


def _scaled(value: float | None, factor: float = 100.0, digits: int = 2) -> str | None:
    return None if value is None else f"{factor * value:.{digits}f}"
