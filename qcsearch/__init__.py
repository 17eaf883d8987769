"""qcsearch: AutoML for quantum models, trained under a processor's own noise.

The public names are loaded when they are first used, so that `import qcsearch` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qcsearch.bundle.read import load_bundle
    from qcsearch.circuits.candidate import Candidate
    from qcsearch.data.sources import load_dataset
    from qcsearch.devices.device import Device
    from qcsearch.errors import QCSearchError
    from qcsearch.estimator import QuantumCircuitSearchClassifier
    from qcsearch.training.model import TrainedModel
    from qcsearch.training.train import train

__version__ = "0.1.0"

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
    "Candidate": "circuits.candidate",
    "Device": "devices.device",
    "QCSearchError": "errors",
    "QuantumCircuitSearchClassifier": "estimator",
    "TrainedModel": "training.model",
    "load_bundle": "bundle.read",
    "load_dataset": "data.sources",
    "train": "training.train",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"qcsearch.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'qcsearch' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
