"""Quantum models of two libraries, each on its fastest exact simulator where it has one.

`benchmarks/requirements.txt` has their versions. Each is what its documentation builds; what costs nothing to try is in
the grid. Kernels are kept, so that another C does not simulate anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from external.models.base import Model, QuantumClassifier, remembered, within

__all__ = ["LIBRARIES"]

Floats = NDArray[np.float64]

MOST_QUBITS = 12
_SHARE_OF_ONE_TRAINING = 0.8
"""Of all seconds: what a training may take that is ended by the clock."""


class FidelityQSVC(QuantumClassifier):
    """`QSVC` of qiskit-machine-learning with its ZZ feature map.

    Fidelities come from its `FidelityStatevectorKernel`: those of `FidelityQuantumKernel` at infinitely many shots,
    which runs a circuit for each pair of rows.

    Args:
        reps: of the feature map.
        bandwidth: which the scaled features are multiplied by.
        C: of the support vector machine.
    """

    def __init__(self, reps: int = 2, bandwidth: float = 1.0, C: float = 1.0) -> None:
        self.reps = reps
        self.bandwidth = bandwidth
        self.C = C

    def fit(self, X: Floats, y: NDArray[np.int_]) -> FidelityQSVC:
        """Simulate each row, and fit."""
        from qiskit_machine_learning.algorithms import QSVC

        within(X.shape[1], MOST_QUBITS)
        self._model = QSVC(quantum_kernel=_fidelity_kernel(X.shape[1], self.reps), C=self.C)
        self._model.fit(self.bandwidth * X, self.codes(y))
        return self

    def predict(self, X: Floats) -> NDArray[np.int_]:
        """Labels `(n_samples,)`."""
        return np.asarray(self.named(self._model.predict(self.bandwidth * X)))


@cache
def _fidelity_kernel(n_qubits: int, reps: int) -> Any:
    from qiskit.circuit.library import zz_feature_map
    from qiskit_machine_learning.kernels import FidelityStatevectorKernel

    kernel = FidelityStatevectorKernel(feature_map=zz_feature_map(n_qubits, reps))
    kernel.evaluate = remembered(kernel.evaluate)
    return kernel


class TimedVQC(QuantumClassifier):
    """`VQC` of qiskit-machine-learning: ZZ feature map, real amplitudes, parity, COBYLA, 1,024 shots by Aer.

    An evaluation of the loss runs a circuit for each row, so that the clock ends most trainings; the best weights
    count.

    Args:
        reps: of the ansatz.
        seconds: of one training.
        seed: of the start and the shots.
    """

    def __init__(self, reps: int = 3, seconds: float = 60.0, seed: int = 0) -> None:
        self.reps = reps
        self.seconds = seconds
        self.seed = seed

    def fit(self, X: Floats, y: NDArray[np.int_]) -> TimedVQC:
        """Train until COBYLA or the clock ends."""
        from qiskit.circuit.library import real_amplitudes, zz_feature_map
        from qiskit.transpiler import generate_preset_pass_manager
        from qiskit_aer import AerSimulator
        from qiskit_aer.primitives import SamplerV2
        from qiskit_machine_learning.algorithms import VQC

        n = X.shape[1]
        within(n, MOST_QUBITS)
        ansatz = real_amplitudes(n, reps=self.reps)
        self._model = VQC(
            feature_map=zz_feature_map(n, 1),
            ansatz=ansatz,
            initial_point=np.random.default_rng(self.seed).uniform(0, 2 * np.pi, ansatz.num_parameters),
            optimizer=_cobyla(self.seconds),
            sampler=SamplerV2(seed=self.seed),
            pass_manager=generate_preset_pass_manager(1, backend=AerSimulator()),
        )
        self._model.fit(X, self.codes(y))
        return self

    def predict(self, X: Floats) -> NDArray[np.int_]:
        """Labels `(n_samples,)`."""
        return np.asarray(self.named(self._model.predict(X)))


def _cobyla(seconds: float) -> Callable[..., Any]:
    """COBYLA as a `Minimizer`, for so long at most; the least that it has seen counts."""

    def minimizer(fun: Any, x0: Floats, jac: Any = None, bounds: Any = None) -> Any:
        from qiskit_machine_learning.optimizers import OptimizerResult

        best, deadline = OptimizerResult(), time.monotonic() + seconds
        best.x, best.fun, best.nfev = x0, np.inf, 0

        def watched(x: Floats) -> float:
            if best.nfev and time.monotonic() >= deadline:
                raise TimeoutError
            value = float(fun(x))
            best.nfev += 1
            if value < best.fun:
                best.x, best.fun = x.copy(), value
            return value

        with suppress(TimeoutError):
            minimize(watched, x0, method="COBYLA", options={"maxiter": 1000})
        return best

    return minimizer


class ProjectedSVC(QuantumClassifier):
    """Support vector machine on the `ProjectedQuantumKernel` of sQUlearn, by Qulacs.

    Args:
        circuit: of sQUlearn, by name.
        num_layers: of the circuit.
        gamma: of its Gaussian.
        C: of the support vector machine.
        seed: of the circuit's fixed weights.
    """

    def __init__(
        self,
        circuit: str = "YZ_CX_EncodingCircuit",
        num_layers: int = 1,
        gamma: float = 1.0,
        C: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.circuit = circuit
        self.num_layers = num_layers
        self.gamma = gamma
        self.C = C
        self.seed = seed

    def fit(self, X: Floats, y: NDArray[np.int_]) -> ProjectedSVC:
        """Simulate each row, and fit."""
        within(X.shape[1], MOST_QUBITS)
        self._X = X
        self._model = SVC(kernel="precomputed", C=self.C).fit(self._kernel(X), self.codes(y))
        return self

    def predict(self, X: Floats) -> NDArray[np.int_]:
        """Labels `(n_samples,)`."""
        return np.asarray(self.named(self._model.predict(self._kernel(X))))

    def _kernel(self, X: Floats) -> Floats:
        """A Gaussian to the power γ is that of γ times the distance."""
        kernel = _projected_kernel(self.circuit, X.shape[1], self.num_layers, self.seed)
        return np.asarray(kernel(X, self._X) ** (self.gamma / _BASE_GAMMA))


_BASE_GAMMA = 0.01


@cache
def _projected_kernel(circuit: str, n_qubits: int, num_layers: int, seed: int) -> Callable[..., Any]:
    import squlearn.encoding_circuit
    from squlearn import Executor
    from squlearn.kernel import ProjectedQuantumKernel

    encoding = getattr(squlearn.encoding_circuit, circuit)(n_qubits, num_layers=num_layers)
    kernel = ProjectedQuantumKernel(encoding, Executor("qulacs"), parameter_seed=seed, gamma=_BASE_GAMMA)
    return remembered(kernel.evaluate)


class QNN(QuantumClassifier):
    """`QNNClassifier` of sQUlearn, by Qulacs: its YZ-CX circuit, the sum of ⟨Z⟩ with trained weights, Adam on batches.

    Args:
        num_layers: of the circuit.
        learning_rate: of Adam.
        epochs: through all rows, in batches of 32.
        seed: of the start.
    """

    def __init__(
        self, num_layers: int = 2, learning_rate: float = 0.05, epochs: int = 30, seed: int = 0
    ) -> None:
        self.num_layers = num_layers
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.seed = seed

    def fit(self, X: Floats, y: NDArray[np.int_]) -> QNN:
        """Train for all epochs."""
        from squlearn import Executor
        from squlearn.encoding_circuit import YZ_CX_EncodingCircuit
        from squlearn.observables import SummedPaulis
        from squlearn.optimizers import Adam
        from squlearn.qnn import QNNClassifier, SquaredLoss

        within(X.shape[1], MOST_QUBITS)
        self._model = QNNClassifier(
            YZ_CX_EncodingCircuit(X.shape[1], num_layers=self.num_layers),
            SummedPaulis(X.shape[1]),
            Executor("qulacs"),
            SquaredLoss(),
            Adam({"lr": self.learning_rate}),
            batch_size=32,
            epochs=self.epochs,
            shuffle=True,
            parameter_seed=self.seed,
            callback=None,
        )
        self._model.fit(X, self.codes(y))
        return self

    def predict(self, X: Floats) -> NDArray[np.int_]:
        """Labels `(n_samples,)`."""
        return np.asarray(self.named(self._model.predict(X)))


def _scaled(model: Any, low: float, high: float) -> Pipeline:
    return Pipeline([("scale", MinMaxScaler((low, high))), ("model", model)])


def _to_one(model: Any) -> Pipeline:
    """As in the tutorials of qiskit-machine-learning."""
    return _scaled(model, 0, 1)


def _to_half_turn(model: Any) -> Pipeline:
    return _scaled(model, -np.pi / 2, np.pi / 2)


_COSTS = [0.1, 1, 10, 100]

LIBRARIES: dict[str, Model] = {
    "QSVC (qiskit-machine-learning)": Model(
        lambda seed, seconds: _to_one(FidelityQSVC()),
        [{"model__reps": [1, 2], "model__bandwidth": [0.1, 0.3, 1.0, 3.0], "model__C": _COSTS}],
        needs="qiskit_machine_learning",
    ),
    "VQC (qiskit-machine-learning)": Model(
        lambda seed, seconds: _to_one(TimedVQC(seconds=_SHARE_OF_ONE_TRAINING * seconds, seed=seed)),
        [{"model__reps": [1, 2, 3]}],
        needs="qiskit_machine_learning",
    ),
    "projected kernel (sQUlearn)": Model(
        lambda seed, seconds: _to_half_turn(ProjectedSVC(seed=seed)),
        [
            {
                "model__circuit": ["YZ_CX_EncodingCircuit", "HubregtsenEncodingCircuit"],
                "model__num_layers": [1, 2, 4],
                "model__gamma": [0.03, 0.1, 0.3, 1.0, 3.0],
                "model__C": _COSTS,
            }
        ],
        needs="squlearn",
    ),
    "QNN (sQUlearn)": Model(
        lambda seed, seconds: _to_half_turn(QNN(seed=seed)),
        [{"model__num_layers": [1, 2, 3], "model__learning_rate": [0.02, 0.05, 0.1]}],
        needs="squlearn",
    ),
}
