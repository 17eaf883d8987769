r"""The calibration table that IBM's web pages give as a CSV file: one row a qubit, microseconds and nanoseconds.

The names of its columns have changed over the years, and so have the gates:

| column, whatever its case, with or without *error* and *rate* at its end | is |
|---|---|
| `Qubit` | its number, `7` or `Q7` |
| `T1 (us)`, `T2 (us)` | times, in the unit in brackets |
| `Prob meas0 prep1`, `Prob meas1 prep0` | P(0\|1), P(1\|0) |
| `Readout assignment error`, `Readout error` | their mean, read where one of the two is missing |
| `Readout length (ns)` | duration of readout |
| `ID`, `√x (sx)`, `Pauli-X`, `Z-axis rotation (rz)`, `Single-qubit U2` | errors of one-qubit gates |
| `CNOT`, `CZ`, `ECR` | errors of two-qubit gates: `0_1:0.004;0_14:0.006`, or `cx0_1: 4e-3, cx0_14: 6e-3` |
| `Gate time (ns)` | their durations: `0_1:68;0_14:68` |
| `Single-qubit gate length (ns)` | duration of the one-qubit gates that take time |
| `Operational` | true or false, yes or no |

An error of 1 is a gate that is out of order. What a table does not tell is assumed, and said in a notice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from qcsearch.devices.calibration import fields
from qcsearch.devices.calibration.ibm_columns import (
    FRACTIONAL,
    KNOWN,
    PAIRS,
    SINGLES,
    bare,
    ordered,
    rows_of,
    unit_of,
)
from qcsearch.devices.device import DEAD, FORMAT
from qcsearch.errors import DeviceError
from qcsearch.storage.canonical import Json

__all__ = ["from_table"]

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_VIRTUAL = {"rz", "u1"}
_EMPTY = {"", "-", "–", "n/a", "na", "nan", "none", "null", "undefined"}
_OPERATIONAL = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PAIR = re.compile(
    r"\s{0,9}(?:[a-z]{1,9}\s{0,9})?(\d{1,6})_(\d{1,6})\s{0,9}:\s{0,9}"
    r"([^:;]{0,60}?)\s{0,9}(?:;|,(?=\s{0,9}[a-z]{0,9}\s{0,9}\d{1,6}_)|$)",
    re.IGNORECASE | re.ASCII,
)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T_ ](\d\d)[:_-](\d\d)(?:[:_-](\d\d))?)?", re.ASCII)


def from_table(text: str, path: Path) -> dict[str, Json]:
    """The snapshot, as JSON values, that a calibration table holds; `validation.device_from_json` makes a device of it.

    Args:
        text: of the file.
        path: names the device, and tells the time of calibration if there is one in it.

    Raises:
        DeviceError: one sentence that names row and column, if anything is wrong.
    """
    table = _Table(text, path)
    qubits, gates = [table.qubit(q) for q in range(len(table.rows))], list(table.gates())
    name, day = _named(path)
    if not day:
        table.notices.append("The table does not say when it was measured.")
    return {
        "format": FORMAT,
        "name": name,
        "provider": "ibm",
        "calibrated_at": day,
        "dt": None,
        "basis_gates": sorted({gate["name"] for gate in gates}),
        "coupling_map": sorted({tuple(gate["qubits"]) for gate in gates if len(gate["qubits"]) == 2}),
        "qubits": qubits,
        "gates": gates,
        "notices": [*table.notices, *table.blind()],
    }


class _Table:
    """The cells of one file by qubit and by what their columns are.

    Attributes:
        rows: for each qubit the cells under the names of `ibm_columns.KNOWN`.
        notices: what was assumed or left out.
    """

    def __init__(self, text: str, path: Path) -> None:
        self._path, self.notices = path, list[str]()
        self._blind, self._down, self._symmetric = list[int](), list[int](), False
        header, rows = rows_of(text, path)
        self.rows = ordered(header, rows, path)
        self._titles = {KNOWN[bare(title)]: title.strip() for title in header if bare(title) in KNOWN}
        self._gates = [x for x in dict.fromkeys(SINGLES.values()) if x in self._titles]
        self._assume(header)

    def _assume(self, header: list[str]) -> None:
        """Say what the columns leave open, and which are left."""
        if "u2" in self._gates:
            self._gates += ["u1", "u3"]
            self.notices.append(
                "Of u1, u2 and u3 the table has u2: u1 is taken as virtual, u3 to err as two of u2."
            )
        elif "rz" not in self._gates:
            self._gates.append("rz")
            self.notices.append("The table has no rz, which is taken as virtual: no error and no time.")
        left = [title.strip() for title in header if bare(title) not in KNOWN and title.strip()]
        if asked := [title for title in left if bare(title) in FRACTIONAL]:
            self.notices.append(f"Left out, as the service gives them on request only: {', '.join(asked)}.")
        if other := [fields.show(title) for title in left if title not in asked]:
            self.notices.append(f"Columns that are not read: {', '.join(other)}.")

    def blind(self) -> Iterator[str]:
        """Say what is unknown of the readout."""
        if self._symmetric:
            yield "P(0|1) and P(1|0) are not reported apart, so readout is taken as symmetric."
        if self._down:
            yield f"Not operational, so no region holds qubit {', '.join(map(str, self._down))}."
        if self._blind:
            yield f"Readout error is unknown, and counted as {DEAD}, on qubit {', '.join(map(str, self._blind))}."

    def qubit(self, q: int) -> dict[str, Json]:
        """The entry of one qubit; one that is not operational reads nothing."""
        said = self.rows[q].get("operational", "")
        if (operational := _OPERATIONAL.get(said.lower())) is None:
            self._refuse(q, "operational", "true or false", said)
        p10, p01, mean = (self._share(q, name) for name in ("p10", "p01", "readout"))
        if p10 is None or p01 is None:
            p10 = p01 = mean
            self._symmetric |= mean is not None
        if not operational:
            self._down.append(q)
        elif p10 is None:
            self._blind.append(q)
        if not operational or p10 is None:
            p10 = p01 = DEAD
        times = {name: self._seconds(q, name) for name in ("t1", "t2", "readout_duration")}
        # Where nothing could be measured the page has a zero.
        return {**times, "t1": times["t1"] or None, "t2": times["t2"] or None, "p10": p10, "p01": p01}

    def gates(self) -> Iterator[dict[str, Json]]:
        """The entries of all gates."""
        for q in range(len(self.rows)):
            lasting = self._seconds(q, "length")
            for name in self._gates:
                duration = 0.0 if name in _VIRTUAL else lasting
                yield {"name": name, "qubits": [q], "error": self._error(q, name), "duration": duration}
        times = self._pairs("time", self._unit("time"))
        for name in dict.fromkeys(PAIRS.values()):
            for pair, error in self._pairs(name).items():
                yield {"name": name, "qubits": list(pair), "error": error, "duration": times.get(pair)}

    def _error(self, q: int, name: str) -> float | None:
        if name == "u3":
            found = self._share(q, "u2")
            return None if found is None else 1 - (1 - found) ** 2
        return self._share(q, name) if name in self._titles else 0.0

    def _pairs(self, name: str, unit: float = 1.0) -> dict[tuple[int, int], float | None]:
        """The numbers of a column with a list of pairs in each cell, by pair."""
        found: dict[tuple[int, int], float | None] = {}
        for q, row in enumerate(self.rows):
            cell, start = row.get(name, ""), 0
            while start < len(cell) and cell.lower() not in _EMPTY:
                match = _PAIR.match(cell, start)
                a, b = (-1, -1) if match is None else (int(match[1]), int(match[2]))
                if match is None or a == b or not {a, b} <= set(range(len(self.rows))):
                    self._refuse(q, name, "pairs of qubits with numbers, 0_1:0.004;0_14:0.006", cell)
                number = self._number(q, name, match[3])
                self._check(q, name, number, math.inf if name == "time" else 1.0)
                if found.get((a, b), number) != number:
                    self._refuse(q, name, f"one number for the pair {a}_{b}", cell)
                found[a, b] = None if number is None else number * unit
                start = match.end()
        return found

    def _share(self, q: int, name: str) -> float | None:
        return self._check(q, name, self._number(q, name, self.rows[q].get(name, "")), 1.0)

    def _seconds(self, q: int, name: str) -> float | None:
        found = self._check(q, name, self._number(q, name, self.rows[q].get(name, "")), math.inf)
        return None if found is None else found * self._unit(name)

    def _unit(self, name: str) -> float:
        """Seconds of the unit that the title of a column has in brackets."""
        return _SECONDS[unit_of(self._titles.get(name, ""), "us" if name in ("t1", "t2") else "ns")]

    def _number(self, q: int, name: str, cell: str) -> float | None:
        """A cell as a number, decimal commas too; None for what was not measured."""
        if cell.lower() in _EMPTY:
            return None
        try:
            return float(
                cell.replace(",", ".") if re.fullmatch(r"[+-]?\d+,\d+(e[+-]?\d+)?", cell, re.I) else cell
            )
        except ValueError:
            self._refuse(q, name, "a number", cell)

    def _check(self, q: int, name: str, number: float | None, most: float) -> float | None:
        if number is not None and not (0 <= number <= most and number < math.inf):
            self._refuse(q, name, "a number >= 0" if most == math.inf else f"in [0, {most:g}]", number)
        return number

    def _refuse(self, q: int, name: str, wanted: str, got: Json) -> NoReturn:
        raise DeviceError(
            f"The {fields.show(self._titles[name])} of qubit {q} in {self._path} must be {wanted}. "
            f"Got {fields.show(got)}."
        )


def _named(path: Path) -> tuple[str, str]:
    """Name of the device and time of calibration, UTC, as the name of the file has them."""
    day = _DAY.search(path.stem)
    if day is None:
        return _printable(path.stem), ""
    name = re.sub(r"[\s_-]*(?:calibrations?)?[\s_-]*$", "", path.stem[: day.start()], flags=re.IGNORECASE)
    hour, minute, second = (part or "00" for part in day.groups()[1:])
    text = f"{day[1]}T{hour}:{minute}:{second}+00:00"
    return _printable(name or path.stem), text if _is_time(text) else ""


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "_" for c in name)[:200]


def _is_time(text: str) -> bool:
    try:
        return bool(fields.time(text, "The time"))
    except DeviceError:
        return False
