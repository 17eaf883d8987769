"""AQT's offline simulator with noise: run in an environment that has qiskit-aqt-provider."""

from __future__ import annotations

from qiskit.providers import BackendV2
from qiskit_aqt_provider import AQTProvider


def noisy() -> BackendV2:
    """Twenty ions, all to all."""
    return AQTProvider().offline.noisy()
