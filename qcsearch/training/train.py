"""Training of one candidate, without a search."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from qcsearch.arguments import as_float, as_int, as_json, as_path
from qcsearch.canonical import Json
from qcsearch.circuits.candidate import Candidate, TrainingOptions
from qcsearch.data.checks import check_shape, check_X, default_names
from qcsearch.data.dataset import Dataset
from qcsearch.data.frames import is_frame, read_frame
from qcsearch.data.labels import check_X_y, check_y, encode
from qcsearch.data.preprocess import build_pipeline
from qcsearch.data.samples import load_features
from qcsearch.data.split import split
from qcsearch.devices.device import Device
from qcsearch.devices.providers import get_device
from qcsearch.errors import DataError
from qcsearch.training.assembly import Assembly, assemble
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.fit import Fit
from qcsearch.training.heads import HEADS
from qcsearch.training.model import TrainedModel
from qcsearch.training.options import check_candidate
from qcsearch.training.trainer import OnStep, fit

__all__ = ["Trained", "accuracy", "fit_candidate", "train"]


def fit_candidate(
    assembly: Assembly,
    Z_train: Floats,
    y_train: Ints,
    Z_val: Floats | None,
    y_val: Ints | None,
    n_classes: int,
    rng: np.random.Generator,
    *,
    options: TrainingOptions | None = None,
    weights0: Floats | None = None,
    head0: Floats | None = None,
    deadline: float | None = None,
    on_step: OnStep | None = None,
    checkpoint: str | Path | None = None,
    dtype: str = "float64",
) -> Fit:
    """Train an assembled candidate on preprocessed samples.

    Args:
        assembly: the candidate on its device.
        Z_train: outputs of the preprocessing, `(n_samples, n_features)`.
        y_train: class numbers `(n_samples,)`.
        Z_val: the same for the validation split, or None.
        y_val: its class numbers.
        n_classes: number of classes.
        rng: of start values and batches.
        options: instead of the candidate's own, such as fewer steps on a first rung.
        weights0: circuit weights to start from; None draws them.
        head0: head parameters to start from; None asks the head.
        deadline: in seconds of `time.monotonic`; passed by one step at most.
        on_step: called after each validation with steps done and validation accuracy; True ends the training.
        checkpoint: file to write at each validation, and to go on from if it is there.
        dtype: of the exact engine, "float64" or "float32"; where small differences of values count (L-BFGS, gradients
            that are not adjoint) it stays float64.

    Raises:
        CandidateError: on bad options, or too few observables for the head.
        RunError: if the checkpoint is from another training, or cannot be read.
    """
    candidate = assembly.candidate
    options = options or candidate.training
    if options.gradient != "adjoint" or options.optimizer == "lbfgs":
        dtype = "float64"
    return fit(
        assembly.compile(options.noise, dtype),
        assembly.derive(Z_train),
        y_train,
        None if Z_val is None else assembly.derive(Z_val),
        y_val,
        HEADS.create(candidate.head.name, candidate.head.settings),
        options,
        n_classes,
        rng,
        assembly.initial_weights(rng) if weights0 is None else weights0,
        head0=head0,
        estimator=assembly.estimator(options.gradient, options.noise, dtype=dtype),
        deadline=deadline,
        on_step=on_step,
        checkpoint=checkpoint,
        identity=f"{candidate.digest} {assembly.device.digest}",
    )


class Trained(Protocol):
    """What a training gives."""

    @property
    def weights(self) -> Floats:
        """Of the circuit, `(n_weights,)`."""
        ...

    @property
    def head_parameters(self) -> Floats:
        """Of the head."""
        ...


def accuracy(
    assembly: Assembly, found: Trained, Z: Floats, y: Ints, n_classes: int, *, noise: bool = True
) -> float:
    """Share of preprocessed samples `Z` whose class is predicted, under the device's noise or without any."""
    candidate = assembly.candidate
    head = HEADS.create(candidate.head.name, candidate.head.settings)
    values = assembly.compile(noise).values(assembly.derive(Z), found.weights)
    logits = head.logits(values, found.head_parameters, n_classes)
    return float(np.mean(np.argmax(logits, axis=1) == y))


def train(
    candidate: Candidate | Mapping[str, Json],
    X: ArrayLike,
    y: ArrayLike,
    device: str | Path | Device = "fake_torino",
    *,
    validation: float | tuple[Any, Any] = 0.2,
    seed: int = 0,
    max_seconds: float | None = None,
    on_step: OnStep | None = None,
    weights0: Floats | None = None,
    checkpoint: str | Path | None = None,
) -> TrainedModel:
    """Train one candidate on raw samples.

    The preprocessing is fitted on the training part alone. The weights that did best on the validation part
    are kept, so the validation accuracy in `metrics` is a little optimistic: judge a model on other samples.

    Args:
        candidate: a `Candidate`, or its JSON form.
        X: `(n_samples, n_features)`, or images `(n_samples, height, width)`.
        y: labels `(n_samples,)`: text, whole numbers or truth values.
        device: name, snapshot file, backend or `Device`.
        validation: share of the samples that is set aside to validate on, in (0, 1), or `(X_val, y_val)`.
        seed: of the split, the start weights and the batches.
        max_seconds: stop after so long, with the best weights so far.
        on_step: called after each validation with steps done and validation accuracy; True ends the training.
        weights0: circuit weights to start from; None draws them.
        checkpoint: file to write at each validation, and to go on from if it is there.

    Returns:
        The model; `metrics` holds `validation_accuracy` under noise, `validation_accuracy_noiseless`,
        `steps`, `stopped` and `seconds`.

    Raises:
        DataError: if the samples or labels cannot be used.
        CandidateError: if the candidate cannot be built.
        DeviceError: if the device is unknown or lacks the qubits.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from qcsearch import train
        >>> X, y = load_iris(return_X_y=True)
        >>> candidate = {
        ...     "encoding": {"name": "reuploading"},
        ...     "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 3}},
        ...     "qubits": [0, 1],
        ...     "observables": ["Z0", "Z1", "Z0Z1"],
        ...     "training": {"steps": 60},
        ... }
        >>> model = train(candidate, X, y, device="fake_manila")
        >>> model.predict_proba(X[:5]).shape
        (5, 3)
        >>> model.score(X, y) > 0.8
        True
    """
    started = time.monotonic()
    if not isinstance(candidate, Candidate):
        candidate = Candidate.from_json(as_json(candidate))
    check_candidate(candidate)
    target = get_device(device)
    seed = as_int(seed, "The seed", 0, 2**32 - 1)
    if max_seconds is not None:
        max_seconds = as_float(max_seconds, "The seconds of a training must be a number")
    if checkpoint is not None:
        checkpoint = as_path(checkpoint, "The checkpoint")
    data, X_val, y_val = _parts(X, y, validation, seed)
    pipeline_seed, fit_seed = np.random.SeedSequence(seed).spawn(2)
    pipeline = build_pipeline(
        candidate.preprocessing, data.image_shape, int(pipeline_seed.generate_state(1)[0])
    )
    Z, Z_val = pipeline.fit(data.X, data.y).transform(data.X), pipeline.transform(X_val)
    assembly = assemble(candidate, target, Z.shape[1])
    found = fit_candidate(
        assembly,
        Z,
        data.y,
        Z_val,
        y_val,
        data.n_classes,
        np.random.default_rng(fit_seed),
        weights0=weights0,
        deadline=None if max_seconds is None else started + max_seconds,
        on_step=on_step,
        checkpoint=checkpoint,
    )
    metrics = {
        "validation_accuracy": accuracy(assembly, found, Z_val, y_val, data.n_classes),
        "validation_accuracy_noiseless": accuracy(assembly, found, Z_val, y_val, data.n_classes, noise=False),
        "steps": found.steps,
        "stopped": found.stopped.sentence,
        "seconds": time.monotonic() - started,
    }
    return TrainedModel(
        candidate,
        target,
        found.weights,
        found.head_parameters,
        pipeline,
        data.classes,
        data.n_features,
        data.image_shape,
        data.feature_names,
        metrics,
    )


def _parts(
    X: ArrayLike, y: ArrayLike, validation: float | tuple[Any, Any], seed: int
) -> tuple[Dataset, Floats, Ints]:
    """The training part, and the samples and class numbers of the validation part."""
    names = tuple(read_frame(X).columns) if is_frame(X) else None
    flat, codes, classes, image_shape = check_X_y(X, y, names=names)
    names = names or default_names(flat.shape[1], image_shape)
    if isinstance(validation, tuple):
        data = Dataset(flat, codes, classes, names, image_shape)
        return data, *_given(validation, data)
    share = as_float(validation, "The 'validation' of train must be a share", below=1)
    # With a test part of its own, an empty one, nothing is set aside for a test.
    whole = Dataset(flat, codes, classes, names, image_shape, "X", flat[:0], codes[:0])
    parts = split(whole, seed, validation_size=share)
    train_part = Dataset(parts.train.X, parts.train.y, classes, names, image_shape)
    return train_part, parts.validation.X, parts.validation.y


def _given(validation: tuple[Any, ...], data: Dataset) -> tuple[Floats, Ints]:
    if len(validation) != 2:
        raise DataError(
            f"The 'validation' of train must be (X_val, y_val) or a share. Got {len(validation)} values."
        )
    X, y = validation
    X = load_features(X, data.feature_names) if is_frame(X) else X
    X_val, shape = check_X(X, data.n_features, what="X_val", owner="the training")
    if shape is not None and data.image_shape is not None:
        check_shape(shape, data.image_shape, "X_val", "the training has")
    y_val = encode(check_y(y, "y_val"), data.classes, "y_val")
    if len(X_val) != len(y_val):
        raise DataError(f"X_val has {len(X_val)} rows, but y_val has {len(y_val)} labels.")
    return X_val, y_val
