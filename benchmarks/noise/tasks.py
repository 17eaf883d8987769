"""The tasks of the map: rows to train on, to validate on and to test on, and a circuit of any depth for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from search.tasks import data_file

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import feature_weights
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.quantum.generators import generated
from qcsearch.data.splitting import Part
from qcsearch.data.targets import Target
from qcsearch.data.targets.classes import Classes
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import best_regions
from qcsearch.training.data import TrainingData
from qcsearch.training.parameters import Parameters
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["STEPS", "TASKS", "TEST", "TRAIN", "VALIDATION", "Rows", "Task", "rows", "start"]

TRAIN, VALIDATION, TEST = 240, 80, 280
"""Rows. The test rows are the same for every seed; a seed draws the others."""

STEPS = 200
"""Of every training."""

_DRAWN = 0
"""The seed that sets the test rows apart."""


@dataclass(frozen=True)
class Task:
    """What is learnt, and the family of circuits that learns it.

    The settings were chosen by hand on the validation rows of trainings without noise, so that circuits of every depth
    learn the task when there is no noise; no test row and no training under noise was looked at.

    Attributes:
        source: a file of `benchmarks/data`, or a generator of quantum states with its numbers.
        n_qubits: of the circuit.
        encoding: of samples into the circuit; None for quantum states, which are the start of it.
        n_components: principal components that the features are reduced to; None for the features themselves.
        learning_rate: of every training.
        init_scale: of the start weights that are angles.
    """

    source: str
    n_qubits: int
    encoding: Choice | None
    n_components: int | None
    learning_rate: float
    init_scale: float

    @property
    def is_quantum(self) -> bool:
        """Whether its samples are quantum states."""
        return self.encoding is None


TASKS = {
    "moons": Task("moons", 4, Choice("weighted_sum"), None, 0.03, 0.03),
    "mnist_4": Task("mnist_4", 4, Choice("weighted_sum"), 4, 0.03, 0.03),
    "cluster_6": Task(f"cluster:6:{TRAIN + VALIDATION + TEST}", 6, None, None, 0.05, 1.0),
}
"""Two of classical data, and the four phases of a cluster Hamiltonian on six qubits."""


@dataclass(frozen=True, eq=False)
class Rows:
    """A task's rows as a circuit takes them, of one seed.

    Attributes:
        task: its task.
        encoding: of the circuit.
        preprocessing: that they went through, fitted on the training rows.
        data: training and validation rows.
        test: those that no training sees.
    """

    task: Task
    encoding: Choice
    preprocessing: Preprocessing
    data: TrainingData
    test: Part

    @property
    def target(self) -> Target:
        """What is asked."""
        return self.data.target

    @property
    def n_features(self) -> int:
        """Numbers of one row."""
        return int(self.test.X.shape[1])

    def candidate(self, device: Device, gates: int) -> Candidate:
        """The circuit with about so many two-qubit gates, on the best qubits of the device.

        Features are read again before each layer, as by the product's own start point; a quantum state is the start
        and is read once. A layer has a two-qubit gate on each coupling.
        """
        region = best_regions(device, self.task.n_qubits)[0]
        n_layers = max(1, round(gates / (self.task.n_qubits - 1)))
        return Candidate(
            self.encoding,
            Choice("hardware_efficient", {"rotations": ["ry", "rx"], "n_layers": n_layers}),
            region.qubits,
            tuple(f"Z{qubit}" for qubit in range(self.task.n_qubits)),
            self.preprocessing,
            Choice("linear"),
            TrainingOptions(
                learning_rate=self.task.learning_rate,
                steps=STEPS,
                batch_size=64,
                loss="smoothed_cross_entropy",
                init_scale=self.task.init_scale,
                weight_decay=0.0 if self.task.is_quantum else 0.1,
            ),
        )


def rows(name: str, seed: int) -> Rows:
    """The rows of a task.

    Args:
        name: in `TASKS`.
        seed: of the training and validation rows.
    """
    task = TASKS[name]
    X, y, target, encoding = _quantum(task) if task.is_quantum else _classical(task)
    order = np.random.default_rng(_DRAWN).permutation(len(y))
    test, known = order[:TEST], np.random.default_rng([_DRAWN, seed]).permutation(order[TEST:])
    train, validation = known[:TRAIN], known[TRAIN : TRAIN + VALIDATION]
    reduction = Choice("pca", {"n_components": task.n_components}) if task.n_components else Choice("none")
    preprocessing = Preprocessing(reduction, "none" if task.is_quantum else "standard")
    pipeline = build_pipeline(preprocessing, None, seed).fit(X[train], y[train])
    part = {
        name: Part(np.asarray(pipeline.transform(X[those]), dtype=np.float64), y[those])
        for name, those in (("train", train), ("validation", validation), ("test", test))
    }
    data = TrainingData(part["train"], target, part["validation"])
    return Rows(task, encoding, preprocessing, data, part["test"])


def start(circuit: TranspiledCandidate, rng: np.random.Generator) -> Parameters:
    """Start weights; those that multiply features shrink with the depth, so that all layers together stay as wide."""
    weights = circuit.initial_weights(rng)
    many = sorted(feature_weights(circuit.gate_list.gates))
    n_layers = circuit.candidate.ansatz.settings["n_layers"]
    weights[many] *= math.sqrt(3.0 / n_layers)
    return Parameters(weights=weights)


def _classical(task: Task) -> tuple[np.ndarray, np.ndarray, Target, Choice]:
    """Rows of both parts of the file: this benchmark cuts its own."""
    with np.load(data_file(task.source)) as archive:
        X = np.concatenate([archive["X_train"], archive["X_test"]]).astype(np.float64)
        classes, y = np.unique(np.concatenate([archive["y_train"], archive["y_test"]]), return_inverse=True)
    assert task.encoding is not None
    return X, y, Classes(tuple(map(str, classes))), task.encoding


def _quantum(task: Task) -> tuple[np.ndarray, np.ndarray, Target, Choice]:
    found = generated(task.source)
    assert found.quantum is not None
    return found.X, found.y, found.target, found.quantum.encoding
