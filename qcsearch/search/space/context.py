"""What a space must know of the task to make a candidate for it."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.targets import Target
from qcsearch.devices.device import Device

__all__ = ["SearchContext"]


@dataclass(frozen=True)
class SearchContext:
    """The device and the shape of the data.

    Attributes:
        device: its calibration decides which qubits a candidate takes.
        n_features: raw features that vary.
        target: what is to be said of a sample.
        image_shape: `(height, width)` in pixels if the samples are images, else None.
        small: whether the data are small: what the space says of these holds then.
        quantum: what the samples are if they are quantum states, else None.
    """

    device: Device
    n_features: int
    target: Target
    image_shape: tuple[int, int] | None = None
    small: bool = False
    quantum: QuantumSamples | None = None
