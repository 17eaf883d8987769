"""qcsearch: AutoML for quantum models, trained under a processor's own noise.

The public names are loaded when they are first used, so that `import qcsearch` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach
from qcsearch._version import __version__ as __version__

if TYPE_CHECKING:
    from qcsearch.bundle.read import load_bundle
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.data.sources.load import load_dataset
    from qcsearch.devices.device import Device
    from qcsearch.errors import QCSearchError
    from qcsearch.estimator import QuantumCircuitSearchClassifier
    from qcsearch.regressor import QuantumCircuitSearchRegressor
    from qcsearch.training.model import TrainedModel
    from qcsearch.training.single import train
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.bundle.read": ("load_bundle",),
            "qcsearch.candidate.candidate": ("Candidate",),
            "qcsearch.data.sources.load": ("load_dataset",),
            "qcsearch.devices.device": ("Device",),
            "qcsearch.errors": ("QCSearchError",),
            "qcsearch.estimator": ("QuantumCircuitSearchClassifier",),
            "qcsearch.regressor": ("QuantumCircuitSearchRegressor",),
            "qcsearch.training.model": ("TrainedModel",),
            "qcsearch.training.single": ("train",),
        },
    )

__all__ = [
    "Candidate",
    "Device",
    "QCSearchError",
    "QuantumCircuitSearchClassifier",
    "QuantumCircuitSearchRegressor",
    "TrainedModel",
    "load_bundle",
    "load_dataset",
    "train",
]
