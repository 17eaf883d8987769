"""Shared weights: many circuits take their angles from one vector, and each training step trains one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits.build import derive_features, lower, to_circuit
from qcsearch.circuits.candidate import Candidate
from qcsearch.circuits.observables import to_pauli
from qcsearch.devices.regions import topology
from qcsearch.search.objective import Objective
from qcsearch.simulation import Program, compile_circuit
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.gradients import estimator_for
from qcsearch.training.heads import HEADS
from qcsearch.training.optimisers import Adam
from qcsearch.training.task import Task, batch_rows

__all__ = ["SharedWeights"]

Numbers = NDArray[np.int64]


class SharedWeights:
    """Angles and head parameters that circuits of one template share, with the data they are trained on.

    Args:
        objective: of the search.
        template: preprocessing, encoding, observables, head, loss and batch size of all circuits.
        n_angles: length of the shared vector.
        rng: of the start values.
        order: seed of the order of the samples; None draws it.

    Attributes:
        angles: in radians, `(n_angles,)`.
        head: head parameters.
        steps: done so far.
    """

    def __init__(
        self,
        objective: Objective,
        template: Candidate,
        n_angles: int,
        rng: np.random.Generator,
        order: int | None = None,
    ) -> None:
        self._objective, self._template = objective, template
        self._options = template.training
        self._n_classes = objective.features.dataset.n_classes
        self._head = HEADS.create(template.head.name, template.head.settings)
        data = objective.features.prepare(template.preprocessing)
        couplings = topology(objective.device, template.qubits)
        self._n_features = data.Z.shape[1]
        self._X, self._X_val = (derive_features(template, couplings, Z) for Z in (data.Z, data.Z_val))
        self._y, self._y_val = data.y, data.y_val
        scale = np.pi * self._options.init_scale
        self.angles = rng.uniform(-scale, scale, n_angles)
        self.head = self._head.initial(len(template.observables), self._n_classes, rng)
        self.steps = 0
        self._memory = {name: np.zeros(n_angles + len(self.head)) for name in ("count", "mean", "square")}
        self._order = int(rng.integers(2**32)) if order is None else order
        self._rng = rng

    @property
    def steps_per_epoch(self) -> int:
        """Batches that the training part makes."""
        return max(1, len(self._X) // (self._options.batch_size or len(self._X)))

    def program(self, candidate: Candidate) -> Program:
        """A circuit without noise, before any mapping."""
        gate_list = lower(candidate, topology(self._objective.device, candidate.qubits), self._n_features)
        circuit, features, weights = to_circuit(gate_list)
        observables = [to_pauli(label, candidate.n_qubits) for label in candidate.observables]
        return compile_circuit(circuit, None, observables, features, weights)

    def inherited(self, numbers: Numbers) -> Floats:
        """The angles of a circuit, then the head's parameters."""
        return np.concatenate([self.angles[numbers], self.head])

    def train(
        self,
        program: Program,
        numbers: Numbers,
        rate: float,
        weight_decay: float = 0.0,
        batch: int | None = None,
    ) -> None:
        """One step of Adam of this circuit's angles and of the head alone.

        Every parameter has a count of its own steps, so that what was seldom trained is corrected for that.

        Args:
            program: of the circuit.
            numbers: of its angles.
            rate: step size.
            weight_decay: of all that is stepped.
            batch: number of the batch; None for the next.
        """
        theta = self.inherited(numbers)
        _, gradient = self._batch(program, self.steps if batch is None else batch).objective(
            theta, None, self._rng
        )
        where = np.concatenate([numbers, np.arange(len(self.angles), len(self._memory["mean"]))])
        memory = {name: values[where] for name, values in self._memory.items()}
        gradient = gradient + weight_decay * theta
        after, memory = Adam().step(theta, gradient, memory, np.full(len(theta), rate), _no_line_search)
        for name, values in memory.items():
            self._memory[name][where] = values
        self.angles[numbers], self.head = after[: len(numbers)], after[len(numbers) :]
        self.steps += 1

    def loss(self, program: Program, numbers: Numbers, batch: int) -> float:
        """Loss of a circuit as it inherits, on a batch of the training part."""
        task = self._batch(program, batch)
        _, loss = replace(task, Z_val=task.Z, y_val=task.y).validate(self.inherited(numbers))
        return np.inf if loss is None else loss

    def validate(self, program: Program, numbers: Numbers, n: int | None = None) -> tuple[float, float]:
        """Accuracy and loss of a circuit as it inherits, on the first `n` samples of the validation part."""
        task = self._task(program, self._X[:1], self._y[:1])
        judged = replace(task, Z_val=self._X_val[:n], y_val=self._y_val[:n])
        accuracy, loss = judged.validate(self.inherited(numbers))
        return accuracy or 0.0, np.inf if loss is None else loss

    def _batch(self, program: Program, number: int) -> Task:
        rows = batch_rows(len(self._X), self._options.batch_size, number, self._order)
        return self._task(program, *((self._X, self._y) if rows is None else (self._X[rows], self._y[rows])))

    def _task(self, program: Program, X: Floats, y: Ints) -> Task:
        estimator = estimator_for("adjoint", program)
        return Task(program, estimator, self._head, self._options, self._n_classes, X, y, None, None)


def _no_line_search(theta: Floats) -> tuple[float, Floats]:
    raise NotImplementedError("Adam does not look for the loss elsewhere.")
