"""Training of one candidate, without a search."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qcsearch.arguments import as_float, as_int, as_json, as_path
from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.training import TrainingOptions
from qcsearch.data.checks import check_shape, check_X, default_names
from qcsearch.data.dataset import Dataset
from qcsearch.data.labels import check_lengths
from qcsearch.data.preprocessing.pipeline import build_pipeline
from qcsearch.data.quantiles import Quantiles
from qcsearch.data.sample_weights import check_weights
from qcsearch.data.sources.samples import load_features
from qcsearch.data.splitting import Part, split
from qcsearch.data.tables.frames import is_frame, read_frame
from qcsearch.data.targets import learn_target
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.errors import DataError, InputError
from qcsearch.storage.canonical import Json
from qcsearch.training.data import TrainingData
from qcsearch.training.heads import FittedHead, make_head
from qcsearch.training.loop.fit import Fit
from qcsearch.training.loop.fitted import FittedTask
from qcsearch.training.loop.task import Task
from qcsearch.training.loop.trainer import UNCONTROLLED, TrainingControl, fit
from qcsearch.training.losses import loss_task
from qcsearch.training.metrics import Metric
from qcsearch.training.model import TrainedModel
from qcsearch.training.options import check_candidate, check_target, check_weighted
from qcsearch.training.parameters import DRAWN, Parameters
from qcsearch.training.scoring import accuracy
from qcsearch.training.transpiled import TranspiledCandidate, transpile_candidate

__all__ = ["fit_candidate", "train"]


def fit_candidate(
    transpiled: TranspiledCandidate,
    data: TrainingData,
    rng: np.random.Generator,
    *,
    options: TrainingOptions | None = None,
    start: Parameters = DRAWN,
    control: TrainingControl = UNCONTROLLED,
    dtype: str = "float64",
    shots: int | None = None,
) -> Fit:
    """Train a transpiled candidate on preprocessed samples.

    Args:
        transpiled: the candidate on its device.
        data: outputs of the preprocessing, `(n_samples, n_features)` in each part.
        rng: of start values and batches.
        options: instead of the candidate's own, such as fewer steps on a first rung.
        start: where to start; an empty part is drawn.
        control: deadline, callback and checkpoint.
        dtype: of the exact engine, "float64" or "float32"; where small differences of values count (L-BFGS, gradients
            that are not adjoint) it stays float64.
        shots: of each measurement basis of a prediction, which the training is to prepare for; None for infinitely
            many.

    Raises:
        CandidateError: on bad options, or too few observables for the head.
        RunError: if the checkpoint is from another training, or cannot be read.
    """
    candidate = transpiled.candidate
    options = options or candidate.training
    if data.weights(data.train) is not None:
        check_weighted(candidate)
    if options.gradient != "adjoint" or options.optimizer == "lbfgs":
        dtype = "float64"
    head = make_head(candidate)
    fitted = isinstance(head, FittedHead)
    task = (FittedTask if fitted else Task)(
        transpiled.compile(options.noise, dtype),
        transpiled.estimator(options.gradient, options.noise, dtype=dtype),
        head,
        options,
        # Before a trained layer the features are those of the preprocessing: what is behind it changes in every step.
        data if transpiled.n_input_layer else data.map(transpiled.derive),
        identity=f"{candidate.digest} {transpiled.device.digest}",
        shots=shots,
        input_layer=transpiled.input_layer,
        n_input_layer=transpiled.n_input_layer,
    )
    if not len(start.weights):
        start = replace(start, weights=transpiled.initial_weights(rng))
    if not len(start.input_layer):
        start = replace(start, input_layer=transpiled.initial_input_layer(rng))
    if fitted:
        start = replace(start, head=DRAWN.head)  # it is fitted anew to what these samples say
    return fit(task, rng, start=start, control=control)


def train(
    candidate: Candidate | Mapping[str, Json],
    X: ArrayLike,
    y: ArrayLike,
    device: str | Path | Device = "fake_torino",
    *,
    validation: float | tuple[Any, Any] = 0.2,
    seed: int = 0,
    max_seconds: float | None = None,
    start: Parameters = DRAWN,
    control: TrainingControl = UNCONTROLLED,
    sample_weight: ArrayLike | None = None,
) -> TrainedModel:
    """Train one candidate on raw samples.

    The preprocessing is fitted on the training part alone. The weights that did best on the validation part
    are kept, so the validation accuracy in `metrics` is a little optimistic: judge a model on other samples.

    Args:
        candidate: a `Candidate`, or its JSON form.
        X: `(n_samples, n_features)`, or images `(n_samples, height, width)`.
        y: what the candidate's loss is for: of `cross_entropy` labels `(n_samples,)`, text, whole numbers or truth
            values; of `squared_error` numbers, `(n_samples,)` or `(n_samples, n_outputs)`; of `binary_cross_entropy` 0
            and 1, one column a label.
        device: name, snapshot file, backend or `Device`.
        validation: share of the samples that is set aside to validate on, in (0, 1), or `(X_val, y_val)`.
        seed: of the split, the start weights and the batches.
        max_seconds: stop after so long, with the best weights so far; comes before the deadline of `control`.
        start: where to start, such as another model's `parameters`; an empty part is drawn.
        control: callback, which may end the training, and checkpoint.
        sample_weight: how much each sample of `X` counts in loss and validation, `(n_samples,)`, not negative; None if
            all count alike.

    Returns:
        The model; `metrics` holds `validation_score` under noise and `validation_score_noiseless`, accuracies or what
        else the target is scored by, `steps`, `stopped` and `seconds`.

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
    facts = get_device(device)
    seed = as_int(seed, "The seed", 0, 2**32 - 1)
    for name, value, kind in (("start", start, Parameters), ("control", control, TrainingControl)):
        if not isinstance(value, kind):
            raise InputError(
                f"The '{name}' of train must be a {kind.__name__}. It is a {type(value).__name__}."
            )
    if max_seconds is not None:
        max_seconds = as_float(max_seconds, "The seconds of a training must be a number")
        control = replace(control, deadline=started + max_seconds)
    if control.checkpoint is not None:
        control = replace(control, checkpoint=as_path(control.checkpoint, "The checkpoint"))
    dataset, validation_part = _parts(
        X, y, validation, seed, loss_task(candidate.training.loss), sample_weight
    )
    target = dataset.target.fitted(dataset.y)
    check_target(candidate, target)
    pipeline_seed, fit_seed = np.random.SeedSequence(seed).spawn(2)
    pipeline = build_pipeline(
        candidate.preprocessing, dataset.image_shape, int(pipeline_seed.generate_state(1)[0])
    )
    pipeline.fit(dataset.X, dataset.y)
    raw = TrainingData(
        Part(dataset.X, target.learned(dataset.y), dataset.sample_weight),
        target,
        replace(validation_part, y=target.learned(validation_part.y)),
        Metric.of(None, target),
    )
    data = raw.map(pipeline.transform)
    transpiled = transpile_candidate(candidate, facts, data.train.X.shape[1])
    found = fit_candidate(transpiled, data, np.random.default_rng(fit_seed), start=start, control=control)
    scored = partial(accuracy, transpiled, found.parameters, data.validation, target)
    metrics = {
        "validation_score": scored(),
        "validation_score_noiseless": scored(noise=False),
        "steps": found.steps,
        "stopped": found.stopped.sentence,
        "seconds": time.monotonic() - started,
    }
    return TrainedModel(
        candidate,
        facts,
        found.parameters,
        pipeline,
        target,
        dataset.n_features,
        dataset.image_shape,
        dataset.feature_names,
        metrics,
        quantiles=None if dataset.quantum is not None else Quantiles.of(dataset.X),
    )


def _parts(
    X: ArrayLike,
    y: ArrayLike,
    validation: float | tuple[Any, Any],
    seed: int,
    task: str,
    sample_weight: ArrayLike | None,
) -> tuple[Dataset, Part]:
    """The training part as a data set of its own, and the validation part."""
    names = tuple(read_frame(X).columns) if is_frame(X) else None
    flat, image_shape = check_X(X, names=names)
    target, labels = learn_target(y, "y", task)
    check_lengths(flat, labels, "X", "y")
    target.check_counts(labels, "y", 2)
    weight = None if sample_weight is None else check_weights(sample_weight, len(flat))
    names = names or default_names(flat.shape[1], image_shape)
    if isinstance(validation, tuple):
        data = Dataset(flat, labels, target, names, image_shape, sample_weight=weight)
        return data, _given(validation, data)
    share = as_float(validation, "The 'validation' of train must be a share", below=1)
    # With a test part of its own, an empty one, nothing is set aside for a test.
    whole = Dataset(flat, labels, target, names, image_shape, "X", flat[:0], labels[:0], sample_weight=weight)
    parts = split(whole, seed, validation_size=share)
    train = parts.train
    train_part = Dataset(train.X, train.y, target, names, image_shape, sample_weight=train.weight)
    return train_part, parts.validation


def _given(validation: tuple[Any, ...], data: Dataset) -> Part:
    if len(validation) != 2:
        raise DataError(
            f"The 'validation' of train must be (X_val, y_val) or a share. Got {len(validation)} values."
        )
    X, y = validation
    X = load_features(X, data.feature_names) if is_frame(X) else X
    X_val, shape = check_X(X, data.n_features, what="X_val", owner="the training")
    if shape is not None and data.image_shape is not None:
        check_shape(shape, data.image_shape, "X_val", "the training has")
    y_val = data.target.encode(y, "y_val")
    if len(X_val) != len(y_val):
        raise DataError(f"X_val has {len(X_val)} rows, but y_val has {len(y_val)} labels.")
    return Part(X_val, y_val)
