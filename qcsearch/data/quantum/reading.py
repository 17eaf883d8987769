"""Samples that are quantum states, checked: as arrays, and as the parts of a source.

An archive holds complex arrays: state vectors `(n_samples, 2^n)` or density matrices `(n_samples, 2^n, 2^n)`. Or it
holds real ones and, under the name `quantum`, a JSON text that says what they are, `{"encoding": {"name": "prepared",
"settings": {"samples": …}}, "n_qubits": n}`: `pure`, rows of 2·2^n numbers, the real parts of the amplitudes before the
imaginary ones; `mixed`, Pauli vectors of 4^n; or `circuits`, rows of angles, with the `gates` that read them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.choice import Choice
from qcsearch.circuits.encodings.prepared import MAX_PREPARED_QUBITS
from qcsearch.circuits.start_states import MIXED, PURE, density_matrices, paulis_of_densities
from qcsearch.data.checks import check_finite
from qcsearch.data.dataset import Dataset
from qcsearch.data.labels import check_lengths
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.sources.parts import RawPart, RawParts
from qcsearch.data.targets import learn_target
from qcsearch.data.values import FloatArray
from qcsearch.errors import DataError, QCSearchError

__all__ = ["MAX_STATE_NUMBERS", "check_states", "is_quantum", "quantum_dataset"]

MAX_STATE_NUMBERS = 2**26
"""In all samples of one array: 512 MB."""

_TOLERANCE = 1e-6
"""Of a norm, a trace, an eigenvalue: what single precision leaves."""

_EXACT = 1e-12
_CHUNK = 2**22


def is_quantum(parts: RawParts) -> bool:
    """Whether the samples of a source are quantum states."""
    part = parts.train
    return parts.quantum is not None or (part is not None and np.iscomplexobj(part.X))


def quantum_dataset(parts: RawParts, name: str) -> Dataset:
    """Check samples and labels of all parts and put them together.

    Raises:
        DataError: if anything about them is wrong.
    """
    train = parts.train
    if train is None:
        raise DataError(f"'{name}' must have a part to train on.")
    quantum = _said(parts.quantum) if parts.quantum is not None else _seen(train)
    X = check_states(train.X, quantum, train.what)
    target, y = learn_target(train.y, train.target, None if parts.target is None else parts.target.task, None)
    check_lengths(X, y, train.what, train.target)
    target.check_counts(y, train.target, 2)
    dataset = Dataset(X, y, target, (), name=name, quantum=quantum, notices=parts.notices)
    if parts.validation is not None:
        X_val, y_val = _part(dataset, quantum, parts.validation)
        dataset = replace(dataset, X_val=X_val, y_val=y_val)
    if parts.test is not None:
        X_test, y_test = _part(dataset, quantum, parts.test)
        dataset = replace(dataset, X_test=X_test, y_test=y_test)
    return dataset


def check_states(X: Any, quantum: QuantumSamples, what: str = "X") -> FloatArray:
    """Samples as rows `(n_samples, n_features)` of what they are said to be; pure states get norm 1.

    Args:
        X: complex, `(n_samples, 2^n)` or `(n_samples, 2^n, 2^n)`, or real rows.
        quantum: what they are.
        what: what they are called in messages.

    Raises:
        DataError: if their shape is another, a number is not finite, or they are no states: a norm or a trace is not 1,
            a matrix is not Hermitian or has an eigenvalue below 0.
    """
    array = np.asarray(X)
    if array.dtype.kind not in "biufc":
        raise DataError(
            f"{what} must hold numbers, for its samples are {quantum.sentence}. Got {array.dtype}."
        )
    side = 2**quantum.n_qubits
    shapes = {PURE: (side,), MIXED: (side, side)}
    wanted = shapes.get(quantum.kind) if np.iscomplexobj(array) else (quantum.n_features,)
    if not len(array.shape) or not len(array) or array.shape[1:] != wanted:
        shape = "×".join(map(str, array.shape)) or "a single value"
        raise DataError(
            f"{what} must hold {quantum.sentence}: real rows of {quantum.n_features} numbers"
            f"{_or_complex(quantum, side)}. Got {array.dtype} of shape {shape}."
        )
    if len(array) * quantum.n_features > MAX_STATE_NUMBERS:
        most = MAX_STATE_NUMBERS // quantum.n_features
        raise DataError(
            f"{what} must hold at most {most:,} {quantum.sentence}. Got {len(array):,}.",
            "give fewer samples.",
        )
    if np.iscomplexobj(array):
        array = _as_rows(np.asarray(array, dtype=np.complex128), quantum, what)
    rows = np.array(array, dtype=np.float64, order="C")
    check_finite(rows, what)
    if quantum.kind == PURE:
        norms = np.linalg.norm(rows, axis=1)
        _all_near(norms, what, "norm")
        off = (
            np.abs(norms - 1.0) > _EXACT
        )  # not all of them, so that states which were read stay what they are
        rows[off] /= norms[off, None]
    elif quantum.kind == MIXED:
        _all_near(rows[:, 0], what, "trace")
        _check_positive(rows, what)
    return rows


def _or_complex(quantum: QuantumSamples, side: int) -> str:
    return {PURE: f" or complex ones of {side}", MIXED: f" or complex matrices of {side}×{side}"}.get(
        quantum.kind, ""
    )


def _as_rows(array: NDArray[np.complex128], quantum: QuantumSamples, what: str) -> FloatArray:
    if not np.isfinite(array).all():
        raise DataError(f"{what} holds numbers that are NaN or infinite.", "remove these samples.")
    if quantum.kind == PURE:
        return np.hstack([array.real, array.imag])
    uneven = np.abs(array - array.conj().transpose(0, 2, 1)).max(axis=(1, 2))
    if uneven.max() > _TOLERANCE:
        row = int(np.argmax(uneven > _TOLERANCE))
        raise DataError(f"{what} must hold Hermitian matrices. That of sample {row + 1} is none.")
    return paulis_of_densities(array)


def _all_near(found: FloatArray, what: str, name: str) -> None:
    far = np.abs(found - 1.0) > _TOLERANCE
    if far.any():
        row = int(np.argmax(far))
        raise DataError(
            f"{what} must hold states of {name} 1. Sample {row + 1} has {found[row]:.6g}.",
            f"divide each sample by its {name}.",
        )


def _check_positive(rows: FloatArray, what: str) -> None:
    """By Cholesky's decomposition, a piece of the samples at a time."""
    side = round(rows.shape[1] ** 0.5)
    step = max(1, _CHUNK // rows.shape[1])
    for start in range(0, len(rows), step):
        shifted = density_matrices(rows[start : start + step]) + _TOLERANCE * np.eye(side)
        try:
            np.linalg.cholesky(shifted)
        except np.linalg.LinAlgError:
            least = [float(np.linalg.eigvalsh(one)[0]) - _TOLERANCE for one in shifted]
            row = int(np.argmin(least))
            raise DataError(
                f"{what} must hold states without negative eigenvalues. Sample {start + row + 1} has {least[row]:.3g}."
            ) from None


def _said(data: Any) -> QuantumSamples:
    """What the archive says."""
    try:
        if not isinstance(data, dict) or set(data) != {"encoding", "n_qubits"}:
            raise DataError("The 'quantum' of an archive must be an object of encoding and n_qubits.", _SAY)
        return QuantumSamples(Choice.from_json(data["encoding"]), data["n_qubits"])
    except QCSearchError as error:
        raise DataError(
            f"The 'quantum' of the archive is wrong: {error.message}", error.fix or _SAY
        ) from None


_SAY = (
    'write such as {"encoding": {"name": "prepared", "settings": {"samples": "mixed"}}, "n_qubits": 4}; '
    "docs/quantum_data.md has all of them."
)


def _seen(part: RawPart) -> QuantumSamples:
    """What complex samples are by their shape."""
    shape = np.shape(part.X)
    kind = PURE if len(shape) == 2 else MIXED
    side = shape[-1] if len(shape) > 1 else 0
    n_qubits = side.bit_length() - 1
    square = len(shape) == 2 or (len(shape) == 3 and shape[1] == side)
    if not square or side != 2**n_qubits or not 1 <= n_qubits <= MAX_PREPARED_QUBITS:
        got = "×".join(map(str, shape))
        raise DataError(
            f"{part.what} holds complex numbers; they must be state vectors (samples, 2^n) or density matrices "
            f"(samples, 2^n, 2^n) of n = 1 to {MAX_PREPARED_QUBITS} qubits. Got {got}."
        )
    return QuantumSamples.of(kind, n_qubits)


def _part(dataset: Dataset, quantum: QuantumSamples, part: RawPart) -> tuple[FloatArray, NDArray[Any]]:
    """Samples and class numbers of a part that the source brings."""
    X = check_states(part.X, quantum, part.what)
    y = dataset.target.encode(part.y, part.target)
    check_lengths(X, y, part.what, part.target)
    return X, y
