"""A circuit drawn as SVG: what carries a feature, what carries a weight, what is fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from qcsearch.candidate.gate import Gate, GateList
from qcsearch.reporting.plots.svg import svg, tag

__all__ = ["DrawnGate", "draw", "drawn_gates"]

_COLUMN, _ROW = 46, 46
_BOX_WIDTH, _BOX_HEIGHT = 38, 30
_LEFT, _TOP, _GAP = 78, 26, 30
_DOT, _TARGET = 4, 9

_NAMES = {"u3": "U3", "u": "U", "p": "P", "sx": "√X", "sxdg": "√X†", "sdg": "S†", "tdg": "T†", "id": "I"}


@dataclass(frozen=True)
class DrawnGate:
    """One gate as it is drawn.

    Attributes:
        name: Qiskit's name; `cx`, `cz`, `swap` and controlled gates have their own sign.
        qubits: wires, the control first.
        kind: `feature`, `weight`, `both` or `fixed`; its colour.
        angle: short text under the name, empty for none.
        title: what the pointer shows.
    """

    name: str
    qubits: tuple[int, ...]
    kind: str = "fixed"
    angle: str = ""
    title: str = ""


def drawn_gates(gate_list: GateList, angles: Sequence[float | None] | None = None) -> list[DrawnGate]:
    """The gates of a candidate's circuit, in order of time.

    Args:
        gate_list: the circuit.
        angles: of each gate in radians, None of one without; left out, a gate shows what its angle depends on.
    """
    gates = [_drawn(gate) for gate in gate_list.gates]
    if angles is None:
        return gates
    return [_bound(gate, angle) for gate, angle in zip(gates, angles, strict=True)]


def draw(
    gates: Sequence[DrawnGate], wires: Sequence[str], measured: Sequence[int], *, width: int = 1040
) -> Markup:
    """Draw a circuit, broken into as many systems as `width` (pixels) asks for, like a line of music.

    Args:
        gates: in order of time.
        wires: one label a wire.
        measured: wires that end in a meter.
        width: of the drawing at most.
    """
    columns = _columns(gates, len(wires))
    if measured:
        last = columns[-1][0] + 1 if columns else 0
        columns += [(last, DrawnGate("meter", (wire,), title="measured")) for wire in sorted(set(measured))]
    n_columns = max((column for column, _ in columns), default=0) + 1
    per_system = max(1, (width - _LEFT - 20) // _COLUMN)
    n_systems = -(-n_columns // per_system)
    per_system = -(-n_columns // n_systems)
    height = len(wires) * _ROW
    parts: list[Markup] = []
    for system in range(n_systems):
        first = system * per_system
        top = _TOP + system * (height + _GAP)
        n_here = min(per_system, n_columns - first)
        parts += _wires(wires, top, n_here, last=system == n_systems - 1)
        parts += [
            _gate(gate, column - first, top) for column, gate in columns if first <= column < first + n_here
        ]
    full = _LEFT + min(per_system, n_columns) * _COLUMN + 20
    return svg(
        full, _TOP + n_systems * (height + _GAP) - _GAP, parts, label="Circuit", class_="drawing circuit"
    )


def _columns(gates: Sequence[DrawnGate], n_wires: int) -> list[tuple[int, DrawnGate]]:
    """Give each gate the first column where all wires it crosses are free; sorted by column."""
    free = [0] * n_wires
    placed = []
    for gate in gates:
        crossed = range(min(gate.qubits), max(gate.qubits) + 1)
        column = max(free[wire] for wire in crossed)
        for wire in crossed:
            free[wire] = column + 1
        placed.append((column, gate))
    return sorted(placed, key=lambda item: item[0])


def _drawn(gate: Gate) -> DrawnGate:
    angle = gate.angle
    if angle is None:
        return DrawnGate(gate.name, gate.qubits, title=gate.name)
    factors = []
    if angle.weight is not None:
        factors.append(f"θ{_subscript(angle.weight)}")
    if angle.feature is not None:
        factors.append(f"x{_subscript(angle.feature)}")
    kind = {(False, False): "fixed", (True, False): "weight", (False, True): "feature", (True, True): "both"}[
        (angle.weight is not None, angle.feature is not None)
    ]
    product = "·".join(factors)
    scale = "" if angle.scale == 1 or not factors else f"{angle.scale:.3g}·"
    constant = f"{angle.constant:.3g}" if angle.constant or not factors else ""
    plus = " + " if constant and factors else ""
    title = f"{gate.name}({constant}{plus}{scale}{product})"
    return DrawnGate(gate.name, gate.qubits, kind, product or constant, title)


def _bound(gate: DrawnGate, angle: float | None) -> DrawnGate:
    """The gate with its angle's value."""
    if angle is None:
        return gate
    return replace(gate, angle=f"{angle:.2f}", title=f"{gate.title} = {angle:.4f} rad")


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _wires(labels: Sequence[str], top: float, n_columns: int, *, last: bool) -> list[Markup]:
    end = _LEFT + n_columns * _COLUMN + (0 if last else 14)
    parts = []
    for row, label in enumerate(labels):
        y = top + row * _ROW
        parts.append(tag("line", x1=_LEFT - 8, y1=y, x2=end, y2=y, class_="wire"))
        parts.append(tag("text", label, x=_LEFT - 14, y=y, class_="wire-label"))
    return parts


def _gate(gate: DrawnGate, column: int, top: float) -> Markup:
    x = _LEFT + (column + 0.5) * _COLUMN
    ys = [top + qubit * _ROW for qubit in gate.qubits]
    parts = [tag("title", gate.title or gate.name)]
    if len(ys) > 1:
        parts.append(tag("line", x1=x, y1=min(ys), x2=x, y2=max(ys), class_="link"))
    name = gate.name
    if name == "meter":
        parts += _meter(x, ys[0])
    elif name == "cz" or (name in {"cp", "rzz", "zz"}):
        parts += [tag("circle", cx=x, cy=y, r=_DOT, class_="dot") for y in ys]
        parts += [_pill(gate, x, (ys[0] + ys[1]) / 2)] if name != "cz" else []
    elif name == "cx":
        parts += [tag("circle", cx=x, cy=ys[0], r=_DOT, class_="dot"), *_plus(x, ys[1])]
    elif name == "swap":
        parts += [_cross(x, y) for y in ys]
    elif len(ys) > 1 and name.startswith("c") and name != "c":
        parts += [tag("circle", cx=x, cy=ys[0], r=_DOT, class_="dot"), *_box(gate, name[1:], x, ys[1])]
    else:
        for y in ys:
            parts += _box(gate, name, x, y)
    return tag("g", parts, class_=f"gate {gate.kind}")


def _box(gate: DrawnGate, name: str, x: float, y: float) -> list[Markup]:
    parts = [
        tag(
            "rect",
            x=x - _BOX_WIDTH / 2,
            y=y - _BOX_HEIGHT / 2,
            width=_BOX_WIDTH,
            height=_BOX_HEIGHT,
            rx=5,
            class_="box",
        ),
        tag("text", _NAMES.get(name, name.upper()), x=x, y=y - (6 if gate.angle else 0), class_="name"),
    ]
    return [*parts, tag("text", gate.angle, x=x, y=y + 7, class_="angle")] if gate.angle else parts


def _pill(gate: DrawnGate, x: float, y: float) -> Markup:
    name = _NAMES.get(gate.name, gate.name.upper())
    return Markup(
        tag("rect", x=x - 18, y=y - 12, width=36, height=24, rx=12, class_="box")
        + tag("text", name, x=x, y=y - (4.5 if gate.angle else 0), class_="name small")
        + tag("text", gate.angle, x=x, y=y + 6, class_="angle")
    )


def _plus(x: float, y: float) -> list[Markup]:
    return [
        tag("circle", cx=x, cy=y, r=_TARGET, class_="target"),
        tag("line", x1=x - _TARGET, y1=y, x2=x + _TARGET, y2=y, class_="link"),
        tag("line", x1=x, y1=y - _TARGET, x2=x, y2=y + _TARGET, class_="link"),
    ]


def _cross(x: float, y: float) -> Markup:
    return tag("path", d=f"M{x - 6},{y - 6} l12,12 m0,-12 l-12,12", class_="link")


def _meter(x: float, y: float) -> list[Markup]:
    return [
        tag("rect", x=x - 16, y=y - 14, width=32, height=28, rx=5, class_="meter"),
        tag("path", d=f"M{x - 10},{y + 6} a10,10 0 0 1 20,0 M{x},{y + 6} l6,-12", class_="needle"),
    ]
