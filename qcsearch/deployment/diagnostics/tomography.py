"""State tomography: the state that a model's circuit leaves on a few qubits, measured and predicted.

The state is measured in all 3ⁿ settings of one job, with the readout errors that two canary circuits of the same
job show taken out, and compared with what the exact engine predicts under the snapshot's gate errors.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice, product
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, state_fidelity

from qcsearch.deployment.cost.checks import check_ceiling, check_number
from qcsearch.deployment.cost.plan import measuring
from qcsearch.deployment.diagnostics.canaries import CanaryMonitor, Readout
from qcsearch.deployment.diagnostics.states import Shots, draw_shots, fit_state, settings
from qcsearch.deployment.executors.base import Billed, Executor
from qcsearch.deployment.executors.opening import open_executor
from qcsearch.deployment.program import BackendProgram
from qcsearch.deployment.values import MAX_SHOTS, Kind, Usage
from qcsearch.devices.noise import noise_model
from qcsearch.errors import InputError
from qcsearch.simulation import compile_circuit
from qcsearch.storage import canonical, files
from qcsearch.storage.canonical import Json
from qcsearch.training.expectations import Floats
from qcsearch.training.model import TrainedModel
from qcsearch.typed import read
from qcsearch.wording import percent

__all__ = ["MAX_QUBITS", "Tomography", "predicted_state", "prepare_tomography", "tomography"]

MAX_QUBITS = 3
"""Each further qubit takes three times as many circuits."""

_DRAWS = 100
"""States fitted behind an error bar: it is then known to 7 % of itself, 1/√(2·100)."""

_DEVIATIONS = 5.0
"""Standard deviations by which chance alone is hardly ever off."""

Matrix = tuple[tuple[tuple[float, float], ...], ...]
"""Rows of (real, imaginary) pairs."""


@dataclass(frozen=True)
class Tomography:
    """The state on a few qubits.

    Attributes:
        backend: the executor's name.
        kind: `simulated`, `fake-backend` or `hardware`: what stands behind the numbers.
        device: name of the device whose snapshot the prediction is from.
        device_digest: SHA-256 of that snapshot.
        candidate: digest of the model's candidate.
        qubits: physical qubits; the first is the lowest bit of a row's number.
        shots: shots that came of each setting, the fewest of all.
        seed: seed of everything random.
        measured: the density matrix that was measured, physical.
        predicted: the one that the snapshot predicts, before readout.
        fidelity: fidelity of the measured and the predicted state, in [0, 1].
        fidelity_error: its standard deviation over measurements drawn from the measured state.
        shot_fidelity: fidelity of the predicted state with one measured in its place: what shots alone leave,
            on average.
        trace_distance: trace distance of the measured and the predicted state, in [0, 1].
        shot_distance: trace distance that shots alone leave, on average.
        holds: whether shots alone explain the distance.
        purity: Tr ρ² of the measured state.
        predicted_purity: Tr ρ² of the predicted state.
        readout: P(1|0) and P(0|1) of each qubit, as the canaries of the job showed them, taken out.
        usage: jobs, circuits and shots that were asked of the backend.
        seconds: wall time.
        qpu_seconds: QPU seconds that the job cost; None on a backend that is not billed.
        notices: what a reader should know, a sentence each.
    """

    backend: str
    kind: Kind
    device: str
    device_digest: str
    candidate: str
    qubits: tuple[int, ...]
    shots: int
    seed: int
    measured: Matrix
    predicted: Matrix
    fidelity: float
    fidelity_error: float
    shot_fidelity: float
    trace_distance: float
    shot_distance: float
    holds: bool
    purity: float
    predicted_purity: float
    readout: tuple[tuple[float, float], ...]
    usage: Usage
    seconds: float
    qpu_seconds: float | None = None
    notices: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict."""
        names = ", ".join(map(str, self.qubits))
        of = f"The state of {'qubit' if len(self.qubits) == 1 else 'qubits'} {names}"
        verdict = "is the one" if self.holds else "is not the one"
        return (
            f"{of} {verdict} that the snapshot predicts: fidelity {100 * self.fidelity:.1f} ± "
            f"{percent(self.fidelity_error)} ({percent(self.shot_fidelity)} by shots alone), trace distance "
            f"{self.trace_distance:.3f} ({self.shot_distance:.3f})."
        )

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> Tomography:
        """Rebuild from `to_json`'s answer.

        Raises:
            InputError: if a part is missing or unknown.
        """
        return read(cls, data, "a tomography")

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        files.write_text(path, canonical.dumps(self.to_json(), indent=1) + "\n")


def tomography(
    model: TrainedModel,
    x: ArrayLike,
    backend: str | Executor,
    qubits: Sequence[int] | None = None,
    *,
    shots: int = 4096,
    seed: int = 0,
) -> Tomography:
    """Measure the state that the circuit leaves for one sample, and compare it with the prediction.

    Args:
        model: the model whose circuit is run.
        x: one raw sample `(n_features,)`, or an image.
        backend: spec of an executor, or one that is open.
        qubits: one to three physical qubits of the model; None for the first that its observables read.
        shots: shots of each of the 3ⁿ settings, in [1, 1_000_000].
        seed: seed of the executor's own randomness and of the error bars, ≥ 0.

    Raises:
        InputError: if a number is out of range, a qubit is not the model's, the sample does not fit, or the ceiling
            of a billed backend is below the cost.
        BackendError: if there is no such backend, or it cannot run the model's circuit.
    """
    started = time.monotonic()
    program, wires = prepare_tomography(model, backend, qubits, shots=shots, seed=seed)
    executor = program.executor
    budget = executor.budget if isinstance(executor, Billed) else None
    if budget is not None:
        check_ceiling(budget, measuring(program, 1), "the tomography")
    features = model.features(np.asarray(x)[None])
    predicted = predicted_state(model, features, wires)
    taken = _measured(program, np.hstack([features, model.parameters.weights[None]]), wires)
    measured = fit_state(taken)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    again = [state_fidelity(state, predicted) for state in _redrawn(measured, taken, rng)]
    by_chance = _redrawn(predicted, taken, rng)
    chance = [_distance(state, predicted) for state in by_chance]
    distance = _distance(measured, predicted)
    return Tomography(
        backend=executor.name,
        kind=executor.kind,
        device=model.device.name,
        device_digest=model.device.digest,
        candidate=model.candidate.digest,
        qubits=tuple(program.qubits[wire] for wire in wires),
        shots=taken.least,
        seed=seed,
        measured=_matrix(measured),
        predicted=_matrix(predicted),
        fidelity=float(state_fidelity(measured, predicted)),
        fidelity_error=float(np.std(again)),
        shot_fidelity=float(np.mean([state_fidelity(state, predicted) for state in by_chance])),
        trace_distance=distance,
        shot_distance=float(np.mean(chance)),
        holds=bool(distance <= np.mean(chance) + _DEVIATIONS * np.std(chance)),
        purity=float(measured.purity().real),
        predicted_purity=float(predicted.purity().real),
        readout=tuple(zip(taken.readout.p10.tolist(), taken.readout.p01.tolist(), strict=True)),
        usage=program.usage,
        seconds=time.monotonic() - started,
        qpu_seconds=None if budget is None else budget.bill(),
        notices=program.notices,
    )


def prepare_tomography(
    model: TrainedModel,
    backend: str | Executor,
    qubits: Sequence[int] | None = None,
    *,
    shots: int = 4096,
    seed: int = 0,
) -> tuple[BackendProgram, tuple[int, ...]]:
    """What `tomography` measures with, and on which qubits of the circuit; nothing is run.

    Raises:
        InputError: as `tomography`.
        BackendError: as `tomography`.
    """
    check_number("tomography", "shots", shots, 1, MAX_SHOTS)
    check_number("tomography", "seed", seed, 0, 2**63 - 1)
    wires = _wires(model, qubits)
    executor = open_executor(backend, device=model.device, seed=seed)
    plain = BackendProgram.of(model.transpiled, executor, shots)
    # One string a setting: no two of them can be measured at once, so each has its own circuit.
    strings = [
        SparsePauliOp.from_sparse_list([(axes, list(wires), 1.0)], plain.circuit.num_qubits)
        for axes in settings(len(wires))
    ]
    program = replace(plain, observables=strings, monitor=CanaryMonitor())
    program.check()
    return program, wires


def predicted_state(model: TrainedModel, features: Floats, wires: Sequence[int]) -> DensityMatrix:
    """The state before readout, by the exact engine under the snapshot's gate errors.

    Args:
        model: the model whose circuit it is.
        features: preprocessed features of one sample, `(1, n_derived)`.
        wires: qubits of the mapped circuit, the first the lowest bit.
    """
    transpiled = model.transpiled
    silent = tuple(replace(qubit, p10=0.0, p01=0.0) for qubit in model.device.qubits)
    noise = noise_model(replace(model.device, qubits=silent), model.candidate.qubits)
    labels = ["".join(axes) for axes in product("IXYZ", repeat=len(wires))][1:]
    circuit = transpiled.mapped.circuit
    strings = [
        SparsePauliOp.from_sparse_list([(axes, list(wires), 1.0)], circuit.num_qubits) for axes in labels
    ]
    program = compile_circuit(circuit, noise, strings, transpiled.inputs, list(transpiled.weights))
    values = program.values(features, model.parameters.weights)[0]
    terms = [("", [], 1.0), *((axes, range(len(wires)), v) for axes, v in zip(labels, values, strict=True))]
    return DensityMatrix(SparsePauliOp.from_sparse_list(terms, len(wires)) / 2 ** len(wires))


def _wires(model: TrainedModel, qubits: Sequence[int] | None) -> tuple[int, ...]:
    """Where the chosen physical qubits are in the mapped circuit."""
    region = list(model.transpiled.mapped.qubits)
    if qubits is None:
        used = np.any(
            [np.any(op.paulis.x | op.paulis.z, axis=0) for op in model.transpiled.observables], axis=0
        )
        return tuple(int(wire) for wire in np.flatnonzero(used)[:MAX_QUBITS])
    chosen = list(qubits)
    if (
        not 1 <= len(chosen) <= MAX_QUBITS
        or len(set(chosen)) != len(chosen)
        or not set(chosen) <= set(region)
    ):
        raise InputError(
            f"The 'qubits' of a tomography must be one to {MAX_QUBITS} of the model's {region}, each once. "
            f"Got {chosen}."
        )
    return tuple(region.index(q) for q in chosen)


def _measured(program: BackendProgram, row: Floats, wires: Sequence[int]) -> Shots:
    """Run the job."""
    bits, readout = program.sample(row)
    assert readout is not None  # the program has an monitor
    counts = {}
    for basis, found in zip(program.bases, bits, strict=True):
        axes = "".join(basis.axes[wire] for wire in wires)
        outcomes = found[0][:, list(wires)] @ (1 << np.arange(len(wires)))
        counts[axes] = np.bincount(outcomes, minlength=2 ** len(wires))
    return Shots(counts, Readout(readout.p10[list(wires)], readout.p01[list(wires)], readout.shots))


def _redrawn(state: DensityMatrix, taken: Shots, rng: np.random.Generator) -> list[DensityMatrix]:
    """What the same measurement would find, again and again, if the state were this one."""
    drawn = draw_shots(state, taken.readout, taken.shots, rng)
    return [fit_state(shots) for shots in islice(drawn, _DRAWS)]


def _distance(a: DensityMatrix, b: DensityMatrix) -> float:
    """Trace distance: half the sum of the absolute eigenvalues of the difference."""
    return float(0.5 * np.abs(np.linalg.eigvalsh(a.data - b.data)).sum())


def _matrix(state: DensityMatrix) -> Matrix:
    return tuple(tuple((float(x.real), float(x.imag)) for x in row) for row in state.data)
