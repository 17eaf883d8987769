"""Regression beside ridge and support vector regression: R² on a test part, under noise, with intervals.

```
python benchmarks/regression.py --seconds 30 --seeds 1 --out benchmarks/results/regression.json
```

Diabetes travels with scikit-learn; Friedman 1 is made by it (Friedman, Ann. Stat. 19, 1 (1991); noise of standard
deviation 1). Every search has the preset `default`, `fake_torino` and the seconds that are asked for, its baselines
included; these are tuned in folds of the samples that the winner learnt from, and judged on the same test samples.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from pathlib import Path
from typing import Any

from sklearn.datasets import load_diabetes, make_friedman1

from qcsearch import Device, load_dataset
from qcsearch.devices.calibration.providers import get_device
from qcsearch.search.search import run_search
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import load_space

TASKS = {
    "diabetes": lambda: load_diabetes(return_X_y=True),
    "friedman1": lambda: make_friedman1(500, noise=1.0, random_state=0),
}


def measured(name: str, device: Device, seconds: float, seed: int) -> dict[str, Any]:
    """One search: the winner's R² and every baseline's, each with its 95 % interval."""
    data = load_dataset(TASKS[name](), task="regression", name=name)
    settings = SearchSettings(n_trials=200, max_seconds=seconds, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        found = run_search(data, device, load_space("default"), settings, run=Path(folder, "run"))
    best = found.best
    rows = {"winner": (best.test_score, *best.test_score_interval)}
    rows |= {one.name: (one.test_score, *one.test_score_interval) for one in found.baselines}
    told = {row: [round(value, 4) for value in values] for row, values in rows.items()}
    at_shots = round(best.test_at_shots.accuracy, 4)
    return {"task": name, "seed": seed, "n_test": best.n_test, "n_trials": found.n_trials, "r2": told,
            "winner_at_1024_shots": at_shots, "missing": dict(found.missing)}  # fmt: skip


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    device = get_device("fake_torino")
    rows = [measured(name, device, asked.seconds, seed) for name in TASKS for seed in range(asked.seeds)]
    about = {
        "device": device.name,
        "seconds": asked.seconds,
        "space": "default",
        "python": platform.python_version(),
    }
    asked.out.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
