"""The coupling map drawn as SVG: every qubit by its readout error, every coupling by its gate error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from qcsearch.devices.device import Device
from qcsearch.reporting.plots.layout import dead_couplings, positions
from qcsearch.reporting.plots.svg import svg, tag
from qcsearch.wording import error_rate, lifetime

__all__ = ["SHADES", "draw_device", "edge_errors", "legend"]

_MARGIN = 30
SHADES = 5
"""Each holds a fifth of the qubits or couplings: errors range over decades, and equal steps would show two shades."""


def edge_errors(device: Device) -> dict[tuple[int, int], tuple[str, float | None, float | None]]:
    """For each coupling `(a, b)`, `a < b`: name, error and duration (s) of its best two-qubit gate."""
    best: dict[tuple[int, int], tuple[str, float | None, float | None]] = {}
    for gate in device.gates:
        if len(gate.qubits) != 2:
            continue
        pair = (min(gate.qubits), max(gate.qubits))
        if pair not in best or _order(gate.error) < _order(best[pair][1]):
            best[pair] = (gate.name, gate.error, gate.duration)
    return {pair: best[pair] for pair in device.edges if pair in best}


def draw_device(device: Device, region: Sequence[int], *, width: int = 620) -> Markup:
    """Draw the whole device with `region` ringed; logical qubit `i` is `region[i]`."""
    places = positions(device)
    x0, y0 = min(x for x, _ in places), min(y for _, y in places)
    span_x = max(x for x, _ in places) - x0 or 1.0
    span_y = max(y for _, y in places) - y0
    unit = min((width - 2 * _MARGIN) / span_x, 86.0)  # a few qubits are not blown up to fill the width
    points = [(_MARGIN + (x - x0) * unit, _MARGIN + (y - y0) * unit) for x, y in places]
    radius = max(7.5, min(17.0, 0.3 * unit))  # a number of three digits can be read within
    errors = edge_errors(device)
    edge_steps = _quantiles([error for _, error, _ in errors.values()])
    qubit_steps = _quantiles([device.qubits[q].readout_error for q in range(device.n_qubits)])
    chosen = {qubit: i for i, qubit in enumerate(region)}
    edges = [_edge(pair, points, errors, edge_steps, set(chosen)) for pair in device.edges]
    edges += [_dead(pair, points) for pair in dead_couplings(device)]
    nodes = [_qubit(device, q, points[q], radius, qubit_steps, chosen) for q in range(device.n_qubits)]
    height = span_y * unit + 2 * _MARGIN
    label = f"Coupling map of {device.name}; qubits {', '.join(map(str, region))} are used"
    return svg(span_x * unit + 2 * _MARGIN, height, edges, nodes, label=label, class_="drawing device")


def legend(device: Device) -> str:
    """Say what the shades of `draw_device` stand for, from the faintest to the strongest."""
    readout = sorted(device.qubits[q].readout_error for q in range(device.n_qubits))
    gate = sorted(e for _, e, _ in edge_errors(device).values() if e is not None)
    shades = f"readout error of a qubit {_range(readout)} · two-qubit gate error of a coupling {_range(gate)}"
    return f"{shades}. Dashed: not used, error too large" if dead_couplings(device) else shades


def _edge(
    pair: tuple[int, int],
    points: Sequence[tuple[float, float]],
    errors: Mapping[tuple[int, int], tuple[str, float | None, float | None]],
    steps: Sequence[float],
    chosen: set[int],
) -> Markup:
    (x1, y1), (x2, y2) = points[pair[0]], points[pair[1]]
    name, error, _ = errors.get(pair, ("coupling", None, None))
    title = f"{name} {pair[0]}–{pair[1]}: error {error_rate(error)}"
    used = " used" if set(pair) <= chosen else ""
    ends = {"x1": _r(x1), "y1": _r(y1), "x2": _r(x2), "y2": _r(y2)}
    under = tag("line", **ends, class_="under") if used else None
    line = tag("line", tag("title", title), **ends)
    return tag("g", under, line, class_=f"edge step{_step(error, steps)}{used}")


def _dead(pair: tuple[int, int], points: Sequence[tuple[float, float]]) -> Markup:
    (x1, y1), (x2, y2) = points[pair[0]], points[pair[1]]
    title = tag("title", f"{pair[0]}–{pair[1]}: not used, its error is too large")
    return tag("line", title, x1=_r(x1), y1=_r(y1), x2=_r(x2), y2=_r(y2), class_="dead")


def _qubit(
    device: Device,
    qubit: int,
    point: tuple[float, float],
    radius: float,
    steps: Sequence[float],
    chosen: Mapping[int, int],
) -> Markup:
    facts = device.qubits[qubit]
    title = (
        f"qubit {qubit}: T1 {lifetime(facts.t1)}, T2 {lifetime(facts.t2)}, "
        f"P(1|0) {error_rate(facts.p10)}, P(0|1) {error_rate(facts.p01)}"
    )
    x, y = _r(point[0]), _r(point[1])
    parts = [tag("title", title)]
    used = qubit in chosen
    if used:
        parts.append(tag("circle", cx=x, cy=y, r=_r(radius + 5), class_="ring"))
    step = _step(device.qubits[qubit].readout_error, steps)
    parts.append(tag("circle", cx=x, cy=y, r=_r(radius), class_=f"qubit step{step}"))
    parts.append(
        tag("text", qubit, x=x, y=y, class_=f"label step{step}", style=f"font-size:{_r(0.85 * radius)}px")
    )
    return tag("g", parts, class_="used" if used else None)


def _quantiles(values: Sequence[float | None]) -> list[float]:
    known = sorted(value for value in values if value is not None)
    return [known[len(known) * i // SHADES] for i in range(1, SHADES)] if known else []


def _step(value: float | None, steps: Sequence[float]) -> int:
    return SHADES - 1 if value is None else sum(value >= step for step in steps)


def _order(error: float | None) -> float:
    return math.inf if error is None else error


def _range(values: Sequence[float]) -> str:
    if not values:
        return "not measured"
    middle = values[len(values) // 2]
    return f"{error_rate(values[0])} to {error_rate(values[-1])}, median {error_rate(middle)}"


def _r(value: float) -> str:
    return f"{value:.1f}"
