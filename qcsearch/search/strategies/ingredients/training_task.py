"""A training task: the data, head and loss of a template, for circuits that are compared or trained step by step."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.lowering import derive_features, lower
from qcsearch.circuits.observables import to_pauli
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.data.splitting import Part
from qcsearch.devices.selection.regions import topology
from qcsearch.search.trial.objective import Objective
from qcsearch.simulation import Program, compile_circuit
from qcsearch.training.expectations import Floats
from qcsearch.training.gradients import estimator_for
from qcsearch.training.heads import make_head
from qcsearch.training.loop.task import Task, batch_rows

__all__ = ["TrainingTask"]


class TrainingTask:
    """What circuits of one template are to learn, batch by batch.

    Args:
        objective: of the search.
        template: preprocessing, encoding, observables, head, loss and batch size of all circuits.
        order: seed of the order of the samples.
    """

    def __init__(self, objective: Objective, template: Candidate, order: int) -> None:
        self._device, self._template, self._order = objective.device, template, order
        self._head = make_head(template)
        data = objective.features.prepare(template.preprocessing).data
        couplings = topology(objective.device, template.qubits)
        self._n_features = data.train.X.shape[1]
        self._data = data.map(partial(derive_features, template, couplings))

    @property
    def steps_per_epoch(self) -> int:
        """Batches that the training part makes."""
        n = len(self._data.train)
        return max(1, n // (self._template.training.batch_size or n))

    def program(self, candidate: Candidate) -> Program:
        """A circuit without noise, before any mapping."""
        gate_list = lower(candidate, topology(self._device, candidate.qubits), self._n_features)
        circuit, features, weights = to_circuit(gate_list)
        observables = [to_pauli(label, candidate.n_qubits) for label in candidate.observables]
        return compile_circuit(circuit, None, observables, features, weights)

    def initial_head(self, rng: np.random.Generator) -> Floats:
        """Parameters of the head to start from."""
        return self._head.initial(len(self._template.observables), self._data.target.n_outputs, rng)

    def gradient(self, program: Program, theta: Floats, batch: int) -> Floats:
        """Of the loss on a batch, by the circuit's angles and then the head's parameters."""
        task = self._task(program, self._batch(batch), self._data.validation)
        return task.objective(theta, None, np.random.default_rng(self._order))[1]

    def loss(self, program: Program, theta: Floats, batch: int) -> float:
        """On a batch of the training part; infinite where it is no number."""
        part = self._batch(batch)
        return _judged(self._task(program, part, part), theta)[1]

    def validate(self, program: Program, theta: Floats, n: int | None = None) -> tuple[float, float]:
        """Score and loss on the first `n` samples of the validation part."""
        train, validation = self._data.train, self._data.validation
        return _judged(self._task(program, train, validation.at(slice(n))), theta)

    def _batch(self, number: int) -> Part:
        train = self._data.train
        rows = batch_rows(len(train), self._template.training.batch_size, number, self._order)
        return train if rows is None else train.at(rows)

    def _task(self, program: Program, train: Part, validation: Part) -> Task:
        estimator, options = estimator_for("adjoint", program), self._template.training
        data = replace(self._data, train=train, validation=validation)
        return Task(program, estimator, self._head, options, data)


def _judged(task: Task, theta: Floats) -> tuple[float, float]:
    score, loss = task.validate(theta)
    assert score is not None
    return score, math.inf if loss is None else loss
