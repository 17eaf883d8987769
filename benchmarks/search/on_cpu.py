"""`python -m search.on_cpu JSON`: a search whose seconds are those that its process has a core, not those that pass.

So two searches side by side have the same time, and the same as on a quiet machine, whatever else runs on it. The
seconds begin when the libraries are imported and the kernels compiled.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["answer"]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Search, or search on; return scores and costs.

    Args:
        asked: `data`, `device`, `space` as the command line takes them, `run`, and `settings` of `SearchSettings`.
    """
    import optuna  # noqa: F401
    import qiskit  # noqa: F401
    import qiskit_aer  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.ensemble  # noqa: F401

    from qcsearch.data import load_dataset
    from qcsearch.devices.calibration.providers import get_device
    from qcsearch.search.search import run_search
    from qcsearch.search.settings import SearchSettings
    from qcsearch.search.space.space import load_space
    from qcsearch.simulation import warm_up
    from search.outcome import outcome

    warm_up()
    began, run = time.time(), Path(asked["run"])
    time.monotonic = time.process_time
    run_search(
        load_dataset(asked["data"]),
        get_device(asked["device"]),
        load_space(asked["space"]),
        SearchSettings(workers=1, baselines="none", **asked["settings"]),
        run=run,
    )
    found = outcome(run)
    found["cost"]["wall_seconds"] = round(time.time() - began, 2)
    return found


if __name__ == "__main__":
    print(json.dumps(answer(json.loads(sys.argv[1]))))
