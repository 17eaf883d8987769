"""Data sets of quantum states that are made when they are named, with exact labels: `cluster:6`."""

from __future__ import annotations

import re

import numpy as np

from qcsearch.circuits.start_states import MIXED, PURE
from qcsearch.data.dataset import Dataset
from qcsearch.data.quantum.chains import CHAINS
from qcsearch.data.quantum.ensembles import CHANNELS, ENTANGLEMENT, channel_states, entangled_states
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.targets.classes import Classes
from qcsearch.data.values import FloatArray, IntArray
from qcsearch.errors import DataError

__all__ = ["GENERATORS", "generated", "is_generated"]

GENERATORS = (*CHAINS, "entanglement", "channels")
"""Names; one is followed by the number of qubits, and may be by that of samples and a seed: `cluster:6:800:1`."""

_LEAST, _MOST, _MOST_MIXED = 4, 12, 6
_SAMPLES, _MOST_SAMPLES = 600, 5_000


def is_generated(text: str) -> bool:
    """Whether a text names one."""
    return text.partition(":")[0] in GENERATORS


def generated(text: str) -> Dataset:
    """Return the data set `name:qubits`, `name:qubits:samples` or `name:qubits:samples:seed`.

    Equal texts, equal states: 600 samples of seed 0 unless said otherwise, equally many of each class.

    Raises:
        DataError: if the text says anything else, or asks for what is too large.
    """
    name, *numbers = text.split(":")
    if not 1 <= len(numbers) <= 3 or not all(re.fullmatch(r"\d{1,9}", part) for part in numbers):
        raise DataError(
            f"A data set of quantum states must be named NAME:QUBITS[:SAMPLES[:SEED]]. Got '{text}'.",
            f"write such as {name}:6 or {name}:6:800:1.",
        )
    n_qubits, n_samples, seed = (*map(int, numbers), *(0, _SAMPLES, 0)[len(numbers) :])
    most = _MOST_MIXED if name == "channels" else _MOST
    odd = name in CHAINS and CHAINS[name].even and n_qubits % 2
    if not _LEAST <= n_qubits <= most or odd:
        even = "an even number of " if name in CHAINS and CHAINS[name].even else ""
        raise DataError(f"The states of '{name}' are of {even}{_LEAST} to {most} qubits. Got {n_qubits}.")
    classes = _classes(name)
    if not 10 * len(classes) <= n_samples <= _MOST_SAMPLES:
        raise DataError(f"'{name}' gives {10 * len(classes)} to {_MOST_SAMPLES:,} samples. Got {n_samples}.")
    X, codes = _drawn(name, n_qubits, n_samples, np.random.default_rng([seed, n_qubits]))
    order = np.argsort(classes)  # a data set names its classes in order
    rank = np.argsort(order)
    quantum = QuantumSamples.of(MIXED if name == "channels" else PURE, n_qubits)
    return Dataset(X, rank[codes], Classes(tuple(classes[i] for i in order)), (), name=text, quantum=quantum)


def _classes(name: str) -> tuple[str, ...]:
    if name in CHAINS:
        return CHAINS[name].phases
    return ENTANGLEMENT if name == "entanglement" else tuple(CHANNELS)


def _drawn(name: str, n_qubits: int, n_samples: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Samples and class numbers."""
    if name in CHAINS:
        parameters, codes = CHAINS[name].draw(n_samples, rng)
        states = CHAINS[name].ground_states(parameters, n_qubits)
        return np.hstack([states, np.zeros_like(states)]), codes
    codes = rng.permutation(np.arange(n_samples) % len(_classes(name)))
    if name == "channels":
        return channel_states(n_qubits, codes, rng), codes
    amplitudes = entangled_states(n_qubits, codes, rng)
    return np.hstack([amplitudes.real, amplitudes.imag]), codes
