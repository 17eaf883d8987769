"""The sections of the report that speak of the machine, and how to run it all again."""

from __future__ import annotations

from collections.abc import Mapping

from qcsearch.reporting.circuit import draw, drawn_gates
from qcsearch.reporting.device_map import draw_device, edge_errors, legend
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.html import Markup, table, tag

__all__ = ["circuit", "device", "reproduce"]


_AGAIN = (
    "In the run folder, which holds the data, the calibration snapshot and the search space. With one "
    "worker and no limit of seconds, the same seed gives the same trials."
)


def circuit(facts: RunFacts) -> Markup:
    """The winner's circuit as it was searched, and folded away, as the device runs it."""
    section = [tag("h2", "Circuit", id="circuit")]
    candidate = None if facts.winner is None else facts.winner.candidate
    if candidate is None or facts.circuit is None:
        return tag("section", section, tag("p", "There is no winner to draw.", class_="note"))
    wires = [f"q{i} · {qubit}" for i, qubit in enumerate(candidate.qubits)]
    outputs = ", ".join(f"⟨{label}⟩" for label in candidate.observables)
    gates = drawn_gates(facts.circuit)
    shown = {gate.kind for gate in gates}
    keys = [(tag("span", class_=f"key {kind}"), text) for kind, text in _KINDS if kind in shown]
    return tag(
        "section",
        section,
        tag("p", f"Logical qubit · physical qubit of {facts.device.name}. Outputs: {outputs}."),
        tag("p", keys, class_="legend"),
        tag("figure", draw(gates, wires, facts.measured), class_="scroll"),
        _mapped(facts),
    )


_KINDS = (
    ("feature", "feature x"),
    ("weight", "trainable weight θ"),
    ("both", "weight × feature"),
    ("fixed", "fixed gate"),
)


def device(facts: RunFacts) -> Markup:
    """The region on the whole coupling map, and the calibration of its qubits."""
    candidate = None if facts.winner is None else facts.winner.candidate
    region = () if candidate is None else candidate.qubits
    day = when(facts.device.calibrated_at)
    head = f"{facts.device.name} ({facts.device.provider}), {facts.device.n_qubits} qubits, calibrated {day}."
    drawing = tag("figure", draw_device(facts.device, region), tag("figcaption", legend(facts.device)))
    return tag(
        "section",
        tag("h2", "Region on the device", id="device"),
        tag("p", head, " The winner runs on the ringed qubits." if region else None),
        tag("div", drawing, _calibration(facts, region) if region else None, class_="pair map"),
        [tag("p", notice, class_="note") for notice in facts.device.notices[:5]],
    )


def reproduce(facts: RunFacts) -> Markup:
    """Command, seeds, digests, versions."""
    return tag(
        "section",
        tag("h2", "How to reproduce", id="reproduce"),
        tag("p", _AGAIN),
        tag("pre", facts.command),
        tag("p", _data_sentence(facts)),
        _definitions(
            {**{f"seed: {k}": v for k, v in facts.seeds.items()}, **_sha(facts.digests), **facts.versions}
        ),
        [tag("p", notice, class_="note") for notice in facts.notices],
    )


def _mapped(facts: RunFacts) -> Markup | None:
    mapped = facts.mapped
    if mapped is None:
        return None
    name = facts.device.name
    drawing = draw(mapped.gates, [str(wire) for wire in mapped.wires], mapped.measured)
    text = f"As {name} runs it, predicted success {100 * mapped.predicted_success:.1f} %"
    rows = (
        ("as it was built", mapped.built_two_qubit_gates, mapped.built_depth, None),
        (f"on {name}", mapped.two_qubit_gates, mapped.depth, f"{1e6 * mapped.duration:.2f}"),
    )
    return tag(
        "div",
        table(("circuit", "two-qubit gates", "depth", "duration µs"), rows, right=(1, 2, 3)),
        tag("p", _swaps(mapped.swaps), class_="note"),
        tag("details", tag("summary", text), tag("figure", drawing, class_="scroll")),
    )


def _swaps(count: int) -> str:
    if count == 0:
        return "Every two-qubit gate is on coupled qubits: no swap was inserted."
    what = "1 swap was" if count == 1 else f"{count} swaps were"
    return f"{what} inserted, because two-qubit gates are on qubits that are not coupled."


def _calibration(facts: RunFacts, region: tuple[int, ...]) -> Markup:
    one = {gate.qubits[0]: gate for gate in facts.device.gates if gate.name == "sx" and len(gate.qubits) == 1}
    rows = []
    for i, q in enumerate(region):
        qubit = facts.device.qubits[q]
        sx = one[q].error if q in one else None
        times = (_scaled(qubit.t1, 1e6, 0), _scaled(qubit.t2, 1e6, 0))
        rows.append((f"q{i}", q, *times, _scaled(qubit.p10), _scaled(qubit.p01), _scaled(sx, 100, 3)))
    inside = {pair: gate for pair, gate in edge_errors(facts.device).items() if set(pair) <= set(region)}
    edges = [
        (f"{a} – {b}", name, _scaled(error), _scaled(duration, 1e9, 0))
        for (a, b), (name, error, duration) in inside.items()
    ]
    columns = ("", "qubit", "T1 µs", "T2 µs", "P(1|0) %", "P(0|1) %", "sx %")
    return tag(
        "div",
        tag("h3", "Calibration of the qubits used"),
        table(columns, rows, right=range(1, 7)),
        tag("h3", "Couplings between them"),
        table(("qubits", "gate", "error %", "duration ns"), edges, right=(2, 3)),
    )


def _definitions(items: Mapping[str, object]) -> Markup:
    return tag(
        "dl",
        [(tag("dt", key), tag("dd", tag("code", value))) for key, value in items.items()],
        class_="facts",
    )


def _sha(digests: Mapping[str, str]) -> dict[str, str]:
    return {f"SHA-256 of {name}": value for name, value in digests.items()}


def _data_sentence(facts: RunFacts) -> str:
    data = facts.dataset
    parts = ", ".join(f"{n} {name}" for name, n in data.parts.items())
    shape = f" ({data.image_shape[0]}×{data.image_shape[1]} pixels)" if data.image_shape else ""
    return (
        f"Data set {data.name}: {data.n_features} features{shape}, {len(data.classes)} classes; {parts} "
        f"samples, stratified. Search space {facts.space}."
    )


def when(moment: str) -> str:
    """An ISO 8601 moment as people read it."""
    return moment.replace("T", " ").replace("+00:00", "Z").replace("Z", " UTC") or "at an unknown time"


def _scaled(value: float | None, factor: float = 100.0, digits: int = 2) -> str | None:
    return None if value is None else f"{factor * value:.{digits}f}"
