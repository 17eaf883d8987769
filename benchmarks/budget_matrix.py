"""Does a search keep its seconds? Whole processes, by rows, features, limits and ways to hand data over; and Ctrl-C.

`python benchmarks/budget_matrix.py` makes its data in a temporary folder, runs `qcsearch search` on each, and stores
the wall time, exit code, peak memory and result of each process; `--rows`, `--features`, `--seconds` and `--format`
take a part of the matrix, `--cold` lets each process compile its kernels first, `--interrupts N` random moments of
Ctrl-C, and `--keep` leaves what is stored and not measured again. See `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from record.circumstances import circumstances, commit, sentence
from record.readme import put, table

from qcsearch.search import RunFolder
from qcsearch.search.finish.leaderboard import records
from qcsearch.simulation import warm_up

HERE = Path(__file__).resolve().parent
ROWS = (100, 1_000, 10_000, 100_000, 500_000)
FEATURES = (2, 30, 300, 3_000)
SECONDS = (10, 30, 60)
FORMATS = ("npz", "csv", "parquet")
EXTREMES = ((2_000_000, 30), (1_000, 5_000), (500, 20_000), (100, 100_000))
"""Beyond the matrix: they must end too, in time or in a sentence."""

MOST_VALUES = {"npz": 1_500_000_000, "csv": 60_000_000, "parquet": 100_000_000}
"""Larger files are not made: they take longer to write than everything else, or do not fit."""

GRACE_SECONDS = 5.0
INTERRUPT_SECONDS = 2.0
ENDED = (0, 3, 4)
"""Exit codes of a search that ended: with a winner, with none to be used, with none."""

COMMAND = "from qcsearch.cli.main import main; main()"
LIBRARIES = ("qcsearch", "numpy", "scikit-learn", "qiskit", "optuna", "numba")


@dataclass(frozen=True)
class Cell:
    """One process of the matrix.

    Attributes:
        rows: of its data.
        features: columns besides the label.
        seconds: `--max-seconds`.
        kind: ending of the file.
        cold: whether no kernel is compiled yet; compiling them does not count against the limit.
    """

    rows: int
    features: int
    seconds: int
    kind: str
    cold: bool = False

    @property
    def name(self) -> str:
        """In the table."""
        return f"{self.rows:,} × {self.features:,} {self.kind}{', cold' * self.cold}"

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Cell:
        """The cell that was measured."""
        return cls(*(entry[field.name] for field in fields(cls)))


def main() -> None:
    """Run the matrix and the interruptions, store, print; exit code 1 if a bound was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--features", type=int, nargs="+", default=FEATURES)
    parser.add_argument("--seconds", type=int, nargs="+", default=SECONDS)
    parser.add_argument("--format", nargs="+", choices=FORMATS, default=FORMATS, dest="formats")
    parser.add_argument("--cold", action="store_true", help="an empty cache of kernels for each process")
    parser.add_argument("--keep", action="store_true", help="keep what is stored and not measured again")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--no-extremes", action="store_true", help="only the matrix")
    parser.add_argument("--interrupts", type=int, default=50, help="moments of Ctrl-C; 0 for none")
    parser.add_argument("--folder", type=Path, help="where the data are made; a temporary folder by default")
    parser.add_argument("--store", type=Path, default=HERE / "results" / "budget_matrix.json")
    parser.add_argument("--readme", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    for dtype in ("float64", "float32"):
        warm_up(dtype)
    found: dict[str, Any] = {"where": circumstances(LIBRARIES, options.workers)}
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        found["cells"] = [_measured(cell, options.workers, Path(scratch)) for cell in _cells(options)]
        found["interrupts"] = _interrupts(options.interrupts, Path(scratch))
    if options.keep and options.store.exists():
        found = _together(json.loads(options.store.read_text()), found)
    options.store.write_text(json.dumps(found, indent=1) + "\n")
    text = _render(found)
    print(text)
    if options.readme:
        put("budget", text)
    if not all(entry["kept"] for entry in (*found["cells"], *found["interrupts"])):
        raise SystemExit(1)


def _together(stored: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What was found now, and what is stored of other cells; each says of which commit it is."""
    cells = {Cell.of(entry): entry for entry in (*stored["cells"], *found["cells"])}
    order = sorted(cells, key=lambda cell: (cell.cold, cell.rows, cell.features, FORMATS.index(cell.kind)))
    return {
        "where": found["where"],
        "cells": [cells[cell] for cell in order],
        "interrupts": found["interrupts"] or stored["interrupts"],
    }


def _cells(options: argparse.Namespace) -> list[Cell]:
    """Sizes one by one, so that each file is made once and is gone before the next."""
    sizes = [(rows, features) for rows in options.rows for features in options.features]
    sizes += () if options.no_extremes else EXTREMES
    return [
        Cell(rows, features, seconds, kind, options.cold)
        for rows, features in sizes
        for kind in options.formats
        if rows * features <= MOST_VALUES[kind]
        for seconds in options.seconds
    ]


def _data(cell: Cell, scratch: Path) -> Path:
    """The file of a cell; those of other sizes are taken away."""
    path = scratch / f"{cell.rows}x{cell.features}.{cell.kind}"
    if path.exists():
        return path
    for other in scratch.glob("*x*.*"):
        other.unlink()
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, cell.rows)
    X = rng.standard_normal((cell.rows, cell.features), dtype=np.float32)
    X[:, 0] += 1.5 * y
    X[:, 1] -= y
    if cell.kind == "npz":
        np.savez(path, X=X, y=y)
        return path
    import pyarrow
    from pyarrow import csv, parquet

    columns = pyarrow.table({**{f"f{j}": X[:, j] for j in range(cell.features)}, "target": y})
    (csv.write_csv if cell.kind == "csv" else parquet.write_table)(columns, path)
    return path


def _command(data: Path, run: Path, *more: object) -> list[str]:
    return [sys.executable, "-P", "-c", COMMAND, "search", str(data), "--run", str(run), *map(str, more)]


def _measured(cell: Cell, workers: int, scratch: Path) -> dict[str, Any]:
    """Wall time and end of one process."""
    data, run = _data(cell, scratch), scratch / f"run-{time.time_ns()}"
    began = time.perf_counter()
    process = subprocess.Popen(
        _command(data, run, "--max-seconds", cell.seconds, "--workers", workers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": f"{run}-kernels"} if cell.cold else None,
    )
    with process:
        assert process.stderr is not None
        said = process.stderr.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    last = said.splitlines()[-1] if said else ""
    ended = code in ENDED or (code == 2 and last.startswith("Error: "))  # refused in a sentence
    counted = (
        json.loads((run / "clock.json").read_text())["seconds"] if (run / "clock.json").exists() else wall
    )
    kept = ended and (counted if cell.cold else wall) <= cell.seconds + GRACE_SECONDS
    entry = {
        **asdict(cell),
        "commit": commit(),
        "wall": round(wall, 2),
        "counted": round(counted, 2),
        "code": code,
        "winner": (run / "model").exists() and (run / "result.json").exists(),
        "peak_mb": round(usage.ru_maxrss / 1024),
        "last": last,
        "kept": kept,
    }
    print(
        f"{cell.name}, {cell.seconds} s: {wall:.1f} s, exit code {code}"
        f"{'' if kept else ', TOO LATE OR BROKEN'}",
        flush=True,
    )
    return entry


def _interrupts(count: int, scratch: Path) -> list[dict[str, Any]]:
    """Ctrl-C at random moments of a search that lasts some 25 s, its whole end included."""
    if not count:
        return []
    cell = Cell(20_000, 100, 20, "npz")
    data, rng = _data(cell, scratch), np.random.default_rng(0)
    return [_interrupted(data, float(moment), scratch) for moment in rng.uniform(0.1, 24, count)]


def _interrupted(data: Path, moment: float, scratch: Path) -> dict[str, Any]:
    run = scratch / f"run-{time.time_ns()}"
    process = subprocess.Popen(
        _command(data, run, "--max-seconds", 20),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed,
    )
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    sent = time.perf_counter()
    _, said = process.communicate()
    seconds, told = time.perf_counter() - sent, said.count("\ntrial ")
    found = {
        "moment": round(moment, 2),
        "seconds": round(seconds, 2),
        "code": process.returncode,
        "trials_told": told,
        "trials_kept": _kept_trials(run),
    }
    ended = process.returncode in ENDED  # before the moment
    found["kept"] = ended or (
        process.returncode == 130 and seconds <= INTERRUPT_SECONDS and found["trials_kept"] >= told
    )
    print(
        f"Ctrl-C at {moment:.1f} s: {seconds:.2f} s, exit code {process.returncode}, "
        f"{found['trials_kept']} trials kept of {told} told{'' if found['kept'] else ', TOO LATE OR BROKEN'}",
        flush=True,
    )
    return found


def _heed() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _kept_trials(run: Path) -> int:
    """Finished trials in a run folder."""
    folder = RunFolder(run)
    return len(records(folder)) if folder.begun else 0


def _render(found: dict[str, Any]) -> str:
    limits = sorted({entry["seconds"] for entry in found["cells"]})
    rows: dict[str, dict[int, str]] = {}
    for entry in found["cells"]:
        cell = Cell.of(entry)
        mark = "" if entry["kept"] else " **late**"
        ended = "" if entry["code"] == 0 else f" ({entry['code']})"
        of_these = f", {entry['counted']:.1f} of them counted" if cell.cold else ""
        rows.setdefault(cell.name, {})[cell.seconds] = f"{entry['wall']:.1f} s{of_these}{ended}{mark}"
    lines = [
        sentence(found["where"]),
        "",
        *table(
            ["rows × features", *(f"{limit} s" for limit in limits)],
            ([name, *(cells.get(limit, "–") for limit in limits)] for name, cells in rows.items()),
        ),
    ]
    if moments := [entry for entry in found["interrupts"] if entry["code"] == 130]:
        slowest = max(entry["seconds"] for entry in moments)
        lost = sum(entry["trials_kept"] < entry["trials_told"] for entry in moments)
        lines += [
            "",
            f"Ctrl-C at {len(moments)} random moments: ended after {slowest:.2f} s at most; finished trials lost "
            f"in {lost}.",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
