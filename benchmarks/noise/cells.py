"""The trainings behind a cell of the map, and which test rows each model has right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp

from noise.tasks import Rows, start
from qcsearch.devices.calibration.scaled import scaled
from qcsearch.devices.device import Device
from qcsearch.search.finish.noise_awareness import refitted
from qcsearch.simulation import Program
from qcsearch.training.parameters import Parameters
from qcsearch.training.scoring import classify
from qcsearch.training.shots.score import DRAWS, answers_at_shots
from qcsearch.training.single import fit_candidate
from qcsearch.training.transpiled import TranspiledCandidate, transpile_candidate

__all__ = ["ARMS", "Circuit", "accuracy", "decoded", "encoded", "success"]

ARMS = ("aware", "unaware", "refitted")
"""Trained under the noise, its head then refitted; trained without and run under it; that with its head refitted."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
assert len(_DIGITS) > DRAWS


@dataclass(frozen=True, eq=False)
class Circuit:
    """One circuit with one seed, which all factors and all shots have in common.

    Attributes:
        rows: of the task and the seed.
        placed: the circuit on the best qubits of the device as it was recorded.
        seed: of start weights, batches and drawn shots.
    """

    rows: Rows
    placed: TranspiledCandidate
    seed: int

    @classmethod
    def of(cls, rows: Rows, device: Device, gates: int, seed: int) -> Circuit:
        """With about so many two-qubit gates."""
        return cls(rows, transpile_candidate(rows.candidate(device, gates), device, rows.n_features), seed)

    @cached_property
    def unaware(self) -> Parameters:
        """Trained without noise and at infinitely many shots, once."""
        return self._trained(self.placed, noise=False)

    @cached_property
    def noiseless(self) -> float:
        """Test accuracy of `unaware` without noise, at infinitely many shots."""
        test = self.rows.test
        found = classify(self.placed, self.unaware, test.X, self.rows.target, noise=False)
        return float(np.mean(found.answers == test.y))

    def under(self, factor: float) -> _Kept:
        """The same gates on the same qubits, with the noise scaled."""
        parts = {part.name: getattr(self.placed, part.name) for part in fields(TranspiledCandidate)}
        return _Kept(**{**parts, "device": _scaled(self.placed.device, factor)})

    def aware(self, noisy: TranspiledCandidate) -> Parameters:
        """Trained under the noise of `noisy`, from the same start and in the same batches."""
        return self._trained(noisy, noise=True)

    def measured(
        self, noisy: TranspiledCandidate, aware: Parameters, shots: int | None
    ) -> dict[str, NDArray[np.int64]]:
        """In how many of `DRAWS` measurements each test row is right, `(n_test,)`, by arm.

        Args:
            noisy: the circuit under noise.
            aware: what was trained there.
            shots: of each measurement basis; None for infinitely many, when rows are right in all or in none.
        """
        arms = {
            "aware": self._refitted(noisy, aware, shots),
            "unaware": self.unaware,
            "refitted": self._refitted(noisy, self.unaware, shots),
        }
        return {name: self.right(noisy, found, shots) for name, found in arms.items()}

    def right(self, circuit: TranspiledCandidate, found: Parameters, shots: int | None) -> NDArray[np.int64]:
        """In how many of `DRAWS` measurements each test row is right, `(n_test,)`."""
        test, target = self.rows.test, self.rows.target
        if shots is None:
            right = classify(circuit, found, test.X, target).answers == test.y
            return np.where(right, DRAWS, 0)
        answers = answers_at_shots(circuit, found, test.X, target, shots, self.seed)
        return np.asarray(np.sum(answers == test.y, axis=0))

    def _trained(self, circuit: TranspiledCandidate, *, noise: bool) -> Parameters:
        rng = np.random.default_rng(self.seed)
        options = replace(circuit.candidate.training, noise=noise)
        return fit_candidate(
            circuit, self.rows.data, rng, options=options, start=start(circuit, rng)
        ).parameters

    def _refitted(self, circuit: TranspiledCandidate, found: Parameters, shots: int | None) -> Parameters:
        return refitted(circuit, found, self.rows.data, whole=False, shots=shots)


@cache
def _scaled(device: Device, factor: float) -> Device:
    return scaled(device, factor)


class _Kept(TranspiledCandidate):
    """With its programs kept: four models are measured with few shots in one circuit, and building costs more."""

    def program(
        self, observables: Sequence[SparsePauliOp], noise: bool = True, dtype: str = "float64"
    ) -> Program:
        """See `TranspiledCandidate`."""
        key = (noise, dtype, *map(str, observables))
        if key not in self._kept:
            self._kept[key] = super().program(observables, noise, dtype)
        return self._kept[key]

    @cached_property
    def _kept(self) -> dict[tuple[Any, ...], Program]:
        return {}


def success(circuit: TranspiledCandidate) -> float:
    """The estimated success probability of `MappedCircuit`, on the device that `circuit` is on now."""
    qubits, device = circuit.candidate.qubits, circuit.device
    error = {(gate.name, gate.qubits): gate.error or 0.0 for gate in device.gates}
    found = 1.0
    for one in circuit.mapped.circuit.data:
        places = tuple(qubits[circuit.mapped.circuit.find_bit(bit).index] for bit in one.qubits)
        found *= 1 - error[one.operation.name, places]
    for qubit in qubits:
        found *= 1 - device.qubits[qubit].readout_error
    return found


def encoded(rights: NDArray[np.int64]) -> str:
    """A digit a row, in base 36."""
    return "".join(_DIGITS[count] for count in rights)


def decoded(text: str) -> NDArray[np.float64]:
    """The share of measurements in which each row was right, `(n_test,)`."""
    return np.array([_DIGITS.index(digit) for digit in text]) / DRAWS


def accuracy(rights: NDArray[np.int64]) -> float:
    """Expected share of the test rows that are right."""
    return float(np.mean(rights)) / DRAWS
