"""How long the first answer takes, each time in a process of its own; exit code 1 if a promise is missed.

`python benchmarks/cold_start.py --bundle demo-run/bundle` after `make demo`. Seconds are those of a clock on the wall,
which say something on a quiet machine alone; those of the processor stand beside them. The kernels are compiled into a
folder that is empty at first, so that what this machine has compiled before helps nobody. At the end: where the seconds
of the warm prediction go.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qcsearch.bundle import load_bundle

MAIN = "from qcsearch.cli.main import main; main()"
QCSEARCH = [sys.executable, "-c", MAIN]
PROMISES = {
    "predict one row, empty kernel cache": 12.0,
    "predict one row, warm": 1.5,
    "serve until it is ready, warm": 4.0,
}
REPEATS = 5
_IMPORTED = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\w+)")


@dataclass(frozen=True)
class Seconds:
    """Of one process: on the wall, and of processors."""

    wall: float
    cpu: float


def timed(do: Callable[[], object]) -> Seconds:
    """What it takes, with the process that it starts and waits for."""
    before, begin = _cpu(), time.perf_counter()
    do()
    return Seconds(time.perf_counter() - begin, _cpu() - before)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def median(found: list[Seconds]) -> Seconds:
    """Of each by itself."""
    return Seconds(*(statistics.median(getattr(one, name) for one in found) for name in ("wall", "cpu")))


def write_row(bundle: Path, path: Path) -> None:
    """A table of one sample, whatever it means."""
    model = load_bundle(bundle)
    names = model.feature_names or [f"x{i}" for i in range(model.n_features_in)]
    path.write_text(f"{','.join(names)}\n{','.join(str(i % 16) for i in range(len(names)))}\n", "utf-8")


def predict(bundle: Path, row: Path, kernels: Path, *python: str) -> str:
    """Predict; returns standard error."""
    command = [sys.executable, *python, "-c", MAIN, "predict", str(bundle), str(row)]
    surroundings = {**os.environ, "NUMBA_CACHE_DIR": str(kernels)}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)
    return done.stderr


def serve(bundle: Path, kernels: Path) -> Seconds:
    """From the start of the process to its answer that it is ready."""
    command = [*QCSEARCH, "serve", f"it={bundle}", "--port", "0", "--json"]
    surroundings = {**os.environ, "NUMBA_CACHE_DIR": str(kernels)}
    before, begin = _cpu(), time.perf_counter()
    with subprocess.Popen(
        command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        with urllib.request.urlopen(f"{address}/v2/health/ready", timeout=10) as answer:
            assert answer.status == 200
        wall = time.perf_counter() - begin
        process.kill()
    return Seconds(wall, _cpu() - before)


def imports(bundle: Path, row: Path, kernels: Path) -> Counter[str]:
    """Seconds that each library's own modules take to import in a warm prediction."""
    found: Counter[str] = Counter()
    for line in predict(bundle, row, kernels, "-X", "importtime").splitlines():
        if read := _IMPORTED.match(line):
            found[read[2]] += int(read[1]) / 1e6
    return found


def main() -> None:
    """Measure the three, and say where what is left goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=Path("demo-run/bundle"), help="of a model of numbers")
    bundle = parser.parse_args().bundle
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, bundle {bundle}")
    with tempfile.TemporaryDirectory() as folder:
        row, kernels = Path(folder) / "row.csv", Path(folder) / "kernels"
        write_row(bundle, row)
        runs = [timed(lambda: predict(bundle, row, kernels)) for _ in range(1 + REPEATS)]
        served = [serve(bundle, kernels) for _ in range(1 + REPEATS)][
            1:
        ]  # the first compiles what predicting does not need
        by_library = imports(bundle, row, kernels)
    missed = 0
    for (name, most), found in zip(
        PROMISES.items(), (runs[0], median(runs[1:]), median(served)), strict=True
    ):
        missed += found.wall > most
        kept = "kept  " if found.wall <= most else "MISSED"
        print(f"{kept} {name}: {found.wall:.2f} s, at most {most:g} (of processors {found.cpu:.2f} s)")
    total = sum(by_library.values())
    print(f"Of the warm prediction {total:.2f} s are imports, measured by themselves and so a little longer:")
    for library, seconds in by_library.most_common(8):
        print(f"  {library} {seconds:.2f} s")
    sys.exit(int(missed > 0))


if __name__ == "__main__":
    main()
