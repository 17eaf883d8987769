"""What a model said when its bundle was written, of a few samples that are nobody's: whoever serves it asks again.

The samples are made up by a formula, so that the bundle shows nothing of its training data, and reach from the middle
of a standardised feature to far outside. The bundle stores the head's outputs alone.
"""

from __future__ import annotations

import numpy as np

from qcsearch.bundle import arrays
from qcsearch.errors import BundleError, QCSearchError
from qcsearch.storage import canonical
from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel

__all__ = ["PROBE", "check_probe", "probe_files", "probe_samples"]

PROBE = "probe.json"

_SIZES = (1.0, 3.0, 30.0)
_TOLERANCE = 1e-6
"""Of an output, relative to the largest: what other versions of the numerical libraries may change."""


def probe_samples(model: TrainedModel) -> Floats:
    """Raw samples `(3, n_features_in)` that the model can take, the same for each of its kind.

    Of quantum states the ground state: its first number is 1 as an amplitude and as the identity's expectation value.
    """
    rows = np.sin(np.outer(np.arange(1, len(_SIZES) + 1), np.arange(1, model.n_features_in + 1)))
    if model.quantum is not None:
        rows[:] = 0
        rows[:, 0] = 1
        return rows
    if model.encoder is not None:  # columns of text are the numbers of known texts
        return np.rint(np.abs(rows))
    return np.array(rows * np.array(_SIZES)[:, None])


def probe_files(model: TrainedModel) -> dict[str, bytes]:
    """The file `probe.json`; none of a model that cannot answer on the exact engine."""
    try:
        outputs = arrays.to_json(model.decision(probe_samples(model)))
    except QCSearchError:
        return {}
    return {PROBE: (canonical.dumps({"outputs": outputs}, indent=1) + "\n").encode()}


def check_probe(model: TrainedModel, content: bytes) -> None:
    """Pass if a model says what it said when its bundle was written.

    Args:
        model: rebuilt from the bundle.
        content: the bundle's `probe.json`.

    Raises:
        BundleError: if it says something else, or the file is none.
    """
    try:
        stored = arrays.from_json(canonical.loads(content)["outputs"], "outputs")
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"The file {PROBE} of the bundle cannot be read.") from error
    found = model.decision(probe_samples(model))
    if found.shape != stored.shape or np.abs(found - stored).max() > _TOLERANCE * (1 + np.abs(stored).max()):
        raise BundleError(
            "The model must say of its probe what it said when the bundle was written. It does not.",
            "write the bundle again, with the versions of this installation.",
        )
