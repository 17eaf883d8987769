"""A lesson: the data, head and loss of a template, for circuits that are compared or trained step by step."""

from __future__ import annotations

import numpy as np

from qcsearch.circuits.build import derive_features, lower, to_circuit
from qcsearch.circuits.candidate import Candidate
from qcsearch.circuits.observables import to_pauli
from qcsearch.devices.regions import topology
from qcsearch.search.objective import Objective
from qcsearch.simulation import Program, compile_circuit
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.gradients import estimator_for
from qcsearch.training.heads import HEADS
from qcsearch.training.task import Task, batch_rows

__all__ = ["Lesson"]


class Lesson:
    """What circuits of one template are to learn, batch by batch.

    Args:
        objective: of the search.
        template: preprocessing, encoding, observables, head, loss and batch size of all circuits.
        order: seed of the order of the samples.
    """

    def __init__(self, objective: Objective, template: Candidate, order: int) -> None:
        self._device, self._template, self._order = objective.device, template, order
        self._n_classes = objective.features.dataset.n_classes
        self._head = HEADS.create(template.head.name, template.head.settings)
        data = objective.features.prepare(template.preprocessing)
        couplings = topology(objective.device, template.qubits)
        self._n_features = data.Z.shape[1]
        self._X, self._X_val = (derive_features(template, couplings, Z) for Z in (data.Z, data.Z_val))
        self._y, self._y_val = data.y, data.y_val

    @property
    def steps_per_epoch(self) -> int:
        """Batches that the training part makes."""
        return max(1, len(self._X) // (self._template.training.batch_size or len(self._X)))

    def program(self, candidate: Candidate) -> Program:
        """A circuit without noise, before any mapping."""
        gate_list = lower(candidate, topology(self._device, candidate.qubits), self._n_features)
        circuit, features, weights = to_circuit(gate_list)
        observables = [to_pauli(label, candidate.n_qubits) for label in candidate.observables]
        return compile_circuit(circuit, None, observables, features, weights)

    def initial_head(self, rng: np.random.Generator) -> Floats:
        """Parameters of the head to start from."""
        return self._head.initial(len(self._template.observables), self._n_classes, rng)

    def gradient(self, program: Program, theta: Floats, batch: int) -> Floats:
        """Of the loss on a batch, by the circuit's angles and then the head's parameters."""
        return self._batch(program, batch).objective(theta, None, np.random.default_rng(self._order))[1]

    def loss(self, program: Program, theta: Floats, batch: int) -> float:
        """On a batch of the training part; infinite where it is no number."""
        task = self._batch(program, batch)
        return _judged(self._task(program, task.Z, task.y, task.Z, task.y), theta)[1]

    def validate(self, program: Program, theta: Floats, n: int | None = None) -> tuple[float, float]:
        """Accuracy and loss on the first `n` samples of the validation part."""
        task = self._task(program, self._X[:1], self._y[:1], self._X_val[:n], self._y_val[:n])
        return _judged(task, theta)

    def _batch(self, program: Program, number: int) -> Task:
        rows = batch_rows(len(self._X), self._template.training.batch_size, number, self._order)
        X, y = (self._X, self._y) if rows is None else (self._X[rows], self._y[rows])
        return self._task(program, X, y)

    def _task(
        self, program: Program, X: Floats, y: Ints, X_val: Floats | None = None, y_val: Ints | None = None
    ) -> Task:
        estimator, options = estimator_for("adjoint", program), self._template.training
        return Task(program, estimator, self._head, options, self._n_classes, X, y, X_val, y_val)


def _judged(task: Task, theta: Floats) -> tuple[float, float]:
    accuracy, loss = task.validate(theta)
    return accuracy or 0.0, float("inf") if loss is None else loss
