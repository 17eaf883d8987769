"""What the columns of IBM's calibration tables are, whatever they were called that year, and the rows under them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from qcsearch.devices.calibration import fields
from qcsearch.errors import DeviceError

__all__ = ["FRACTIONAL", "KNOWN", "PAIRS", "SINGLES", "bare", "ordered", "rows_of", "unit_of"]

_UNITS = ("s", "ms", "us", "ns")
SINGLES = {
    "id": "id",
    "x (sx)": "sx",
    "sx": "sx",
    "pauli-x": "x",
    "single-qubit pauli-x": "x",
    "x": "x",
    "z-axis rotation (rz)": "rz",
    "rz": "rz",
    "single-qubit u2": "u2",
    "u2": "u2",
}
"""Columns of errors of one-qubit gates, by what `bare` leaves of their titles."""

PAIRS = {"cnot": "cx", "cx": "cx", "cz": "cz", "ecr": "ecr"}
"""Columns of errors of two-qubit gates."""

FRACTIONAL = {"rx", "rzz"}
"""Columns of gates that the service gives on request only."""

KNOWN = {
    "qubit": "qubit",
    "operational": "operational",
    "t1": "t1",
    "t2": "t2",
    "prob meas0 prep1": "p01",
    "prob meas1 prep0": "p10",
    "readout assignment": "readout",
    "readout": "readout",
    "readout length": "readout_duration",
    "single-qubit gate length": "length",
    "gate time": "time",
    "gate length": "time",
    **SINGLES,
    **PAIRS,
}
"""All columns that are read."""


def bare(title: str) -> str:
    """What a column is: no unit, no `error` or `rate`, nor the sign of the root, which some programs lose."""
    plain = re.sub(rf"\s*[(\[]\s*(?:{'|'.join(_UNITS)})\s*[)\]]$", "", _plain(title))
    plain = re.sub(r"\s*\berror(?: rate)?$", "", plain)
    return re.sub(r"^\S{0,6}x \(sx\)$", "x (sx)", plain)


def unit_of(title: str, default: str) -> str:
    """The unit in the brackets at the end of a title: `s`, `ms`, `us` or `ns`; the default without one."""
    found = re.search(rf"[(\[]\s*({'|'.join(_UNITS)})\s*[)\]]$", _plain(title))
    return default if found is None else found[1]


def rows_of(text: str, path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a table, split at what gives the header the most known names.

    Raises:
        DeviceError: if it is no table of IBM's, or a row has more cells than the header.
    """
    readings = []
    for delimiter in ",;\t":
        try:
            found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error as error:
            raise DeviceError(f"The calibration table {path} must be CSV: {error}.") from None
        readings.append([row for row in found if any(cell.strip() for cell in row)])
    best = max(readings, key=lambda rows: sum(bare(x) in KNOWN for x in rows[0]) if rows else 0)
    names = {KNOWN.get(bare(title)) for title in best[0]} if best else set()
    if "qubit" not in names or names.isdisjoint([*SINGLES.values(), *PAIRS.values()]):
        got = ", ".join(fields.show(title[:40]) for title in best[0][:4]) if best else "nothing"
        raise DeviceError(
            f"The file {path} must be a snapshot in JSON, or a calibration table with IBM's columns: Qubit, T1 (us), "
            f"√x (sx) error, CZ error and so on. Got {got}."
        )
    if len(best) < 2:
        raise DeviceError(f"The calibration table {path} must have a row a qubit. It has none.")
    for number, row in enumerate(best[1:], 1):
        if any(cell.strip() for cell in row[len(best[0]) :]):
            raise DeviceError(f"Row {number} of {path} must have {len(best[0])} cells. It has {len(row)}.")
    return best[0], best[1:]


def ordered(header: list[str], rows: list[list[str]], path: Path) -> list[Mapping[str, str]]:
    """The cells of the known columns, qubit by qubit.

    Raises:
        DeviceError: if a column stands twice, or the qubits are not 0 to n − 1, each once.
    """
    names = [KNOWN.get(bare(title)) for title in header]
    for title, name in zip(header, names, strict=True):
        if name and names.count(name) > 1:
            raise DeviceError(
                f"The column {fields.show(title.strip())} of {path} must stand once. It stands twice."
            )
    found: dict[int, Mapping[str, str]] = {}
    for number, row in enumerate(rows, 1):
        whole = [*row, *[""] * (len(names) - len(row))]
        cells = {name: cell.strip() for name, cell in zip(names, whole, strict=False) if name}
        said = re.fullmatch(r"[Qq]?(\d{1,6})", cells["qubit"], re.ASCII)
        q = -1 if said is None else int(said[1])
        if not 0 <= q < len(rows) or q in found:
            raise DeviceError(
                f"The qubits of {path} must be 0 to {len(rows) - 1}, each once. "
                f"Row {number} has {fields.show(cells['qubit'])}."
            )
        found[q] = cells
    return [found[q] for q in range(len(rows))]


def _plain(title: str) -> str:
    """A title in lower case, whatever sign it has for micro."""
    return " ".join(title.replace("µ", "u").replace("μ", "u").lower().split())
