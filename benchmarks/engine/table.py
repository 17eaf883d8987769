"""The table of stored results, in Markdown, with the contract's thresholds beside the ratios."""

from __future__ import annotations

from typing import Any

from record.readme import row

from engine.cases import CASES

__all__ = ["PEERS", "render"]

PEERS = {
    "aer": "Aer, parameter shift",
    "qiskit_machine_learning": "qiskit-machine-learning",
    "pennylane": "PennyLane",
    "tensorcircuit": "TensorCircuit-NG",
}
"""Names by module of `engine.peers`."""

STEPS = 100
"""Of the training over which preparation (compilation) is spread."""

THRESHOLDS: dict[str, tuple[int, int, int | None]] = {
    "W1-4q-64": (20_000, 25, 150),
    "W1-6q-256": (20_000, 30, 40),
    "W1-8q-64": (5_000, 30, 35),
    "W1-8q-1024": (30_000, 150, None),
    "W2-4q-256": (10_000, 8, 40),
}
"""Aer ÷ us, TensorCircuit-NG ÷ us, and the latter with its compilation over `STEPS` steps."""

Entry = dict[str, Any]


def render(cases: dict[str, dict[str, Entry]]) -> str:
    """Two tables: seconds, then ratios; cases and peers that were not measured are left out."""
    known = [name for name in CASES if cases.get(name)]
    return "\n".join([*_seconds(known, cases), "", *_ratios(known, cases)])


def _seconds(known: list[str], cases: dict[str, dict[str, Entry]]) -> list[str]:
    head = ["one step", "qcsearch", "float32", *PEERS.values()]
    rows = [row(head), row(["---"] * len(head))]
    for name in known:
        ours = next(iter(cases[name].values()))["ours"]
        cells = [_time(run["minimum"]) + f" ({_time(run['median'])})" for run in ours]
        rows.append(row([name, *cells, *(_peer_cell(cases[name].get(peer)) for peer in PEERS)]))
    return rows


def _peer_cell(entry: Entry | None) -> str:
    if entry is None:
        return ""
    if "failed" in entry:
        return str(entry["failed"])
    best = min(entry["runs"], key=lambda run: run["minimum"])
    marked = "" if best["share"] == 1 else f" (from {_share(best['share'])})"
    return _time(best["minimum"]) + marked


def _ratios(known: list[str], cases: dict[str, dict[str, Entry]]) -> list[str]:
    with_preparation = f"TensorCircuit-NG with its compilation, {STEPS} steps"
    head = ["÷ qcsearch", *PEERS.values(), with_preparation]
    rows = [row(head), row(["---"] * len(head))]
    for name in known:
        aer, steady, spread = THRESHOLDS[name]
        asked = {"aer": aer, "tensorcircuit": steady}
        cells = [_ratio(cases[name].get(peer), 0, asked.get(peer)) for peer in PEERS]
        rows.append(row([name, *cells, _ratio(cases[name].get("tensorcircuit"), 1, spread)]))
    return rows


def _ratio(entry: Entry | None, preparations: int, asked: int | None) -> str:
    """How many times ours fits in the peer's time, each at its best setting, and whether that was asked for."""
    if entry is None or "failed" in entry:
        return ""
    spread = preparations / STEPS
    theirs = min(run["minimum"] + spread * run["preparation"] for run in entry["runs"])
    ours = entry["ours"][0]
    ratio = theirs / (ours["minimum"] + spread * ours["preparation"])
    text = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"
    return text if asked is None else f"{text} (≥ {asked:,}: {'met' if ratio >= asked else 'missed'})"


def _time(seconds: float) -> str:
    unit, size = next(((u, s) for u, s in (("s", 1.0), ("ms", 1e-3)) if seconds >= s), ("µs", 1e-6))
    number = seconds / size
    return f"{number:,.{0 if number >= 100 else 1 if number >= 10 else 2}f} {unit}"


def _share(share: float) -> str:
    return f"1/{round(1 / share):,}"
