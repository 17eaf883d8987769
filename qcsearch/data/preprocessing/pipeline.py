"""Preprocessing: the pipeline from raw features to angles, as a candidate asks for it."""

from __future__ import annotations

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.data.coding import Coding
from qcsearch.data.preprocessing import autoencoder as _autoencoder  # noqa: F401  registers itself
from qcsearch.data.preprocessing import tsne as _tsne  # noqa: F401  registers itself
from qcsearch.data.preprocessing.encoding import ColumnEncoder
from qcsearch.data.preprocessing.reductions import REDUCTIONS, ImageShape, Reduction
from qcsearch.data.preprocessing.steps import AngleRange, DropConstant, Pipeline, Scaler, Step
from qcsearch.errors import CandidateError

__all__ = [
    "build_pipeline",
    "check_reduction",
    "fit_seconds",
    "n_components",
    "n_outputs",
]

_SIDE = 1000
"""Of an image that is larger than any that is learned from."""


def build_pipeline(
    preprocessing: Preprocessing, image_shape: ImageShape, seed: int, coding: Coding | None = None
) -> Pipeline:
    """Return an unfitted pipeline: columns encoded, constant features dropped, reduction, scaling, angle range.

    Fit it on raw features `(n_samples, n_features)` and class indices of the training split and of no other.
    With the scaling `none` nothing of this is done. Pooling and the autoencoder read images whole, so before them
    nothing is dropped.

    Args:
        preprocessing: the candidate's choice.
        image_shape: `(height, width)` of the samples, or None if they are no images.
        seed: for reductions that draw random numbers.
        coding: of the raw features; None if they are plain numbers, and there is nothing to encode.

    Raises:
        CandidateError: if the reduction is unknown, or a setting of it is wrong.
    """
    reduction = _reduction(preprocessing.reduction, image_shape, seed)
    low, high = preprocessing.angle_range
    if preprocessing.scaling == "none":
        return Pipeline([("angles", AngleRange(low, high, "none"))])
    steps: list[tuple[str, Step]] = [] if coding is None else [("columns", ColumnEncoder.of(coding))]
    if reduction is None or not reduction.whole:
        steps.append(("constant", DropConstant()))
    if reduction is not None:
        steps.append(("reduction", reduction))
    steps.append(("scaling", Scaler(preprocessing.scaling)))
    steps.append(("angles", AngleRange(low, high, preprocessing.scaling)))
    return Pipeline(steps)


def n_components(
    preprocessing: Preprocessing, n_features: int, image_shape: ImageShape, n_classes: int
) -> int:
    """Number of angles that the preprocessing will give, known before anything is fitted.

    Args:
        preprocessing: the candidate's choice.
        n_features: number of raw features that are not constant in the training split (`Split.n_features`);
            for the reduction `none` that is the answer.
        image_shape: `(height, width)` of the samples, or None.
        n_classes: number of classes.

    Raises:
        CandidateError: if the reduction is wrong or does not suit such data.
    """
    reduction = _reduction(preprocessing.reduction, image_shape, seed=0)
    return n_features if reduction is None else reduction.n_outputs(n_features, n_classes)


def fit_seconds(
    preprocessing: Preprocessing, n_samples: int, n_features: int, image_shape: ImageShape
) -> float:
    """About how many seconds its reduction takes to fit, see `Reduction.seconds`.

    Args:
        preprocessing: the candidate's choice.
        n_samples: of the training split.
        n_features: raw ones that vary there.
        image_shape: `(height, width)` of the samples, or None.
    """
    reduction = _reduction(preprocessing.reduction, image_shape, seed=0)
    return 0.0 if reduction is None else reduction.seconds(n_samples, n_features)


def check_reduction(choice: Choice) -> None:
    """Check a reduction and its settings on data as large as one likes: what is wrong there is wrong with all data.

    Raises:
        CandidateError: if it is unknown, or a setting of it is wrong.
    """
    n_components(Preprocessing(choice), _SIDE * _SIDE, (_SIDE, _SIDE), _SIDE * _SIDE)


def n_outputs(pipeline: Pipeline) -> int:
    """Number of angles that a fitted pipeline gives."""
    return pipeline.last.n_features_in_


def _reduction(choice: Choice, image_shape: ImageShape, seed: int) -> Reduction | None:
    if choice.name == "none":
        if choice.settings:
            raise CandidateError(f"The reduction 'none' takes no settings. Got {dict(choice.settings)}.")
        return None
    given = {"image_shape": image_shape, "seed": seed}
    needs = getattr(REDUCTIONS.get(choice.name), "needs", ())
    if clash := set(choice.settings) & set(given):
        raise CandidateError(f"The reduction '{choice.name}' has no setting '{min(clash)}'.")
    return REDUCTIONS.create(choice.name, {**choice.settings, **{name: given[name] for name in needs}})
