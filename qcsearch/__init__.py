"""qcsearch: AutoML for quantum models, trained under a processor's own noise.

The public names are loaded when they are first used, so that `import qcsearch` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qcsearch._version import __version__ as __version__

if TYPE_CHECKING:
    from qcsearch.bundle.read import load_bundle
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.data.sources.load import load_dataset
    from qcsearch.devices.device import Device
    from qcsearch.errors import QCSearchError
    from qcsearch.estimator import QuantumCircuitSearchClassifier
    from qcsearch.training.model import TrainedModel
    from qcsearch.training.train import train

__all__ = [
    "Candidate",
    "Device",
    "QCSearchError",
    "QuantumCircuitSearchClassifier",
    "TrainedModel",
    "load_bundle",
    "load_dataset",
    "train",
]

_HOMES = {
    "Candidate": "candidate.candidate",
    "Device": "devices.device",
    "QCSearchError": "errors",
    "QuantumCircuitSearchClassifier": "estimator",
    "TrainedModel": "training.model",
    "load_bundle": "bundle.read",
    "load_dataset": "data.sources.load",
    "train": "training.train",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"qcsearch.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'qcsearch' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
