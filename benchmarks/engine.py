"""The exact engine against the programs one would otherwise use: same circuits, same noise, same numbers.

`python benchmarks/engine.py` runs every case with every peer, each pair in a process of its own, and prints the
table; see `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.cases import CASES
from engine.table import PEERS, render
from record.circumstances import circumstances, sentence
from record.readme import put

HERE = Path(__file__).resolve().parent
LIBRARIES = (
    "numpy",
    "numba",
    "qiskit",
    "qiskit-aer",
    "qiskit-machine-learning",
    "pennylane",
    "tensorcircuit-ng",
    "jax",
)
LIMIT = 400
"""Seconds after which a peer is given up on a case."""


def main() -> None:
    """Measure, store after each peer, print."""
    options = _options()
    if options.profile:
        from engine.profile import profile

        print("\n\n".join(profile(name, options.threads) for name in options.case))
        return
    stored = json.loads(options.store.read_text()) if options.store.exists() else {"cases": {}}
    where = circumstances(LIBRARIES, options.threads)
    for name in options.case:
        ours = _measure(name, "ours", options.threads)
        for peer in options.peer:
            print(f"{name}: {PEERS[peer]} ...", file=sys.stderr, flush=True)
            entry = {"ours": ours, **_try(name, peer, options.threads), **where}
            stored["cases"].setdefault(name, {})[peer] = entry
            options.store.parent.mkdir(parents=True, exist_ok=True)
            options.store.write_text(json.dumps(stored, indent=1) + "\n")
    table = render(stored["cases"])
    print(table)
    if options.readme:
        put("engine", f"{sentence(where)}\n\n{table}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--peer", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--threads", type=int, default=2, help="of us and of every peer")
    parser.add_argument("--store", type=Path, default=HERE / "results" / "engine.json")
    parser.add_argument("--readme", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--profile", action="store_true", help="no peers: where our own time goes")
    return parser.parse_args()


def _try(name: str, peer: str, threads: int) -> dict[str, Any]:
    """A peer that is not installed, fails or takes too long leaves a word in the table; a disagreement ends all."""
    try:
        return {"runs": _measure(name, peer, threads)}
    except subprocess.TimeoutExpired:
        return {"failed": f"over {LIMIT} s"}
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["killed"])[-1]
        if "Disagreement" in reason:
            raise SystemExit(reason) from None
        print(f"{name}: {PEERS[peer]} failed: {reason}", file=sys.stderr)
        return {"failed": "failed"}


def _measure(name: str, peer: str, threads: int) -> list[dict[str, Any]]:
    """One peer on one case, in a process that has `threads` cores."""
    count = str(threads)
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), count)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "engine.measure", name, peer, count],
        env={
            **os.environ,
            **limits,
            "PYTHONPATH": str(HERE),
            "JAX_PLATFORMS": "cpu",
            "JAX_TRACEBACK_FILTERING": "remove_frames",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
