"""A fitted pipeline as JSON and plain arrays, and back: no pickle, exact to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.checks import short
from qcsearch.data.preprocessing.encoding import ColumnEncoder
from qcsearch.data.preprocessing.reductions import REDUCTIONS
from qcsearch.data.preprocessing.steps import SCALINGS, AngleRange, DropConstant, Pipeline, Scaler, Step
from qcsearch.errors import BundleError, QCSearchError
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_FEATURES

__all__ = ["load_pipeline", "save_pipeline"]

_STEPS: dict[str, type[Step]] = {
    "columns": ColumnEncoder,
    "constant": DropConstant,
    "scaling": Scaler,
    "angles": AngleRange,
}
_VERSION = 1
_ORDERS = [
    ["angles"],
    *(
        [*first, *second, "scaling", "angles"]
        for first in ([], ["columns"])
        for second in ([], ["constant"], ["reduction"], ["constant", "reduction"])
    ),
]


def save_pipeline(pipeline: Pipeline) -> tuple[dict[str, Json], dict[str, NDArray[Any]]]:
    """Return a fitted pipeline as JSON values and arrays.

    Returns:
        `{"version": …, "steps": [{"name", "kind", "settings", "n_features_in"}, …]}`, and the learned arrays
        under `"<name>.<attribute>"`, float64 or int64 in C order.

    Raises:
        BundleError: if a step is none of ours, so that its state is not known.
    """
    steps: list[Json] = []
    arrays: dict[str, NDArray[Any]] = {}
    for name, step in pipeline.steps:
        kind = _kind(name, step)
        settings = {key: _plain(value) for key, value in step.settings.items()}
        steps.append(
            {"name": name, "kind": kind, "settings": settings, "n_features_in": int(step.n_features_in_)}
        )
        arrays |= {f"{name}.{attribute}": np.array(getattr(step, attribute)) for attribute in step.learned}
    return {"version": _VERSION, "steps": steps}, arrays


def load_pipeline(meta: Json, arrays: Mapping[str, NDArray[Any]]) -> Pipeline:
    """Rebuild what `save_pipeline` returned.

    Raises:
        BundleError: if a part is missing, unknown, not finite, or of a shape that does not fit the rest.
    """
    try:
        if meta["version"] != _VERSION:
            raise BundleError(
                f"The preprocessing has version {meta['version']!r}; this program reads {_VERSION}."
            )
        if [step["name"] for step in meta["steps"]] not in _ORDERS:
            raise BundleError("The preprocessing must have the steps of one that was saved, in their order.")
        steps = [(str(step["name"]), _load_step(step, arrays)) for step in meta["steps"]]
        used = {f"{name}.{attribute}" for name, step in steps for attribute in step.learned}
        if unused := set(arrays) - used:
            raise BundleError(f"The preprocessing has no array named '{min(unused)}'.")
        for (name, step), (_, following) in pairwise(steps):
            if (n_outputs := step.fitted_outputs()) != following.n_features_in_:
                raise BundleError(
                    f"The step '{name}' of the preprocessing gives {n_outputs} features to a step for "
                    f"{following.n_features_in_}."
                )
        steps[-1][1].fitted_outputs()
    except BundleError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, QCSearchError) as error:
        raise BundleError(
            f"The preprocessing cannot be rebuilt: {type(error).__name__} {str(error).rstrip('.')}."
        ) from error
    return Pipeline(steps)


def _kind(name: str, step: Any) -> str:
    known: Any = _STEPS.get(name)
    if known is None and name == "reduction":
        for kind in REDUCTIONS.names():
            if type(step) is REDUCTIONS.get(kind):
                return kind
    if known is None or type(step) is not known:
        raise BundleError(
            f"The preprocessing step '{name}' ({type(step).__name__}) cannot be saved: it is not known."
        )
    return name


def _load_step(data: Json, arrays: Mapping[str, NDArray[Any]]) -> Step:
    name, kind = data["name"], data["kind"]
    if kind in _STEPS and name == kind:
        step: Step = _STEPS[kind](**data["settings"])
    elif name == "reduction":
        step = REDUCTIONS.create(kind, data["settings"])
    else:
        raise BundleError(f"The preprocessing step {short(name)} of kind {short(kind)} is not known.")
    if (scaling := getattr(step, "kind", "minmax")) not in SCALINGS:
        raise BundleError(f"The preprocessing has no scaling '{scaling}'.")
    n_features = data["n_features_in"]
    if not isinstance(n_features, int) or isinstance(n_features, bool) or not 1 <= n_features <= MAX_FEATURES:
        raise BundleError(f"The step '{name}' must have 1 feature or more. Got {short(n_features)}.")
    step.n_features_in_ = n_features
    for attribute, n_dimensions in step.learned.items():
        setattr(step, attribute, _checked(arrays[f"{name}.{attribute}"], n_dimensions, f"{name}.{attribute}"))
    return step


def _checked(array: NDArray[Any], n_dimensions: int, name: str) -> NDArray[Any]:
    if (
        array.dtype not in (np.float64, np.int64)
        or array.ndim != n_dimensions
        or not np.isfinite(array).all()
    ):
        raise BundleError(f"The array '{name}' must hold finite numbers in {n_dimensions} dimension(s).")
    return np.ascontiguousarray(array)


def _plain(value: Any) -> Json:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
