"""A trained model as the files of a bundle, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qcsearch.bundle import arrays
from qcsearch.bundle.manifest import REQUIRED
from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.input_layers import make_input_layer
from qcsearch.circuits.lowering import lower
from qcsearch.data.preprocessing.persistence import load_pipeline, save_pipeline
from qcsearch.data.preprocessing.pipeline import n_outputs
from qcsearch.data.quantiles import Quantiles
from qcsearch.data.targets import target_from_json
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import BundleError, QCSearchError
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_FEATURES, MAX_PARAMETER
from qcsearch.training.heads import takes_parameters
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import Parameters

__all__ = ["model_files", "read_model"]

T = TypeVar("T")
QUANTILES = "quantiles.json"


def model_files(model: TrainedModel, metrics: Mapping[str, Json]) -> dict[str, bytes]:
    """The files that the model is rebuilt from.

    Args:
        model: the model to be saved.
        metrics: its scores and costs, JSON values.

    Raises:
        BundleError: if a part of it cannot be saved exactly.
    """
    meta, learned = save_pipeline(model.pipeline)
    signature = {
        "feature_names": list(model.feature_names),
        "image_shape": None if model.image_shape is None else list(model.image_shape),
        "n_features_in": model.n_features_in,
        "target": model.target.to_json(),
    }
    quantiles = {}
    if (found := model.quantiles) is not None:
        parts = {"counts": arrays.to_json(found.counts), "edges": arrays.to_json(found.edges)}
        quantiles[QUANTILES] = _text(parts, "quantiles")
    return quantiles | {
        "candidate.json": _text(model.candidate.to_json(), "candidate"),
        "device.json": _text(model.device.to_json(), "device"),
        "metrics.json": _text(dict(metrics), "metrics"),
        "preprocessor.json": _text(
            {"meta": meta, "arrays": {name: arrays.to_json(array) for name, array in learned.items()}},
            "preprocessor",
        ),
        "signature.json": _text(signature, "signature"),
        "weights.json": _text(
            {
                "circuit": arrays.to_json(model.parameters.weights, MAX_PARAMETER),
                "head": arrays.to_json(model.parameters.head, MAX_PARAMETER),
                "input_layer": arrays.to_json(model.parameters.input_layer, MAX_PARAMETER),
                "temperature": float(model.temperature),
            },
            "weights",
        ),
    }


def read_model(files: Mapping[str, bytes]) -> TrainedModel:
    """Rebuild the model from the verified files of a bundle.

    A bundle that agrees with itself may still have been made to do harm, so each part is checked as if a
    person had typed it in.

    Raises:
        BundleError: if a part cannot be read, or the parts do not belong together.
    """
    data = {
        name: _read(name, canonical.loads, content) for name, content in files.items() if name in REQUIRED
    }
    signature = _Signature(data["signature.json"])
    weights = data["weights.json"]
    model = TrainedModel(
        candidate=_read("candidate.json", Candidate.from_json, data["candidate.json"]),
        device=_read("device.json", device_from_json, data["device.json"]),
        parameters=Parameters(*(_vector(weights, name) for name in ("circuit", "head", "input_layer"))),
        pipeline=_read("preprocessor.json", _pipeline, data["preprocessor.json"]),
        target=signature.target,
        n_features_in=signature.n_features_in,
        image_shape=signature.image_shape,
        feature_names=signature.feature_names,
        metrics=_object(data["metrics.json"], "metrics.json"),
        temperature=_temperature(weights),
        quantiles=_read(QUANTILES, _quantiles, files[QUANTILES]) if QUANTILES in files else None,
    )
    _check_together(model)
    return model


def _text(data: Json, what: str) -> bytes:
    try:
        text = canonical.dumps(data, indent=1) + "\n"
        canonical.check_size(text)
        return text.encode()
    except (TypeError, ValueError) as error:
        raise BundleError(f"The {what} of the model cannot be saved as JSON: {error}.") from error


def _read(name: str, parse: Callable[[Any], T], content: Any) -> T:
    """Parse one file; whatever is wrong with it has one kind of error that names it."""
    try:
        return parse(content)
    except QCSearchError as error:
        raise BundleError(f"The file {name} of the bundle cannot be used: {error.message}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        kind = "" if type(error) is ValueError else f"{type(error).__name__} "
        raise BundleError(
            f"The file {name} of the bundle cannot be read: {kind}{str(error).rstrip('.')}."
        ) from error


def _pipeline(data: Json) -> Any:
    learned = {str(name): arrays.from_json(array, str(name)) for name, array in data["arrays"].items()}
    return load_pipeline(data["meta"], learned)


def _quantiles(content: bytes) -> Quantiles:
    data = canonical.loads(content)
    edges, counts = (arrays.from_json(data[name], f"quantiles.{name}") for name in ("edges", "counts"))
    if len(data) != 2 or edges.dtype != np.float64 or counts.dtype != np.int64:
        raise ValueError("it must hold edges, which are floats, and counts, which are whole")
    return Quantiles(edges, counts)


def _vector(weights: Json, name: str) -> NDArray[np.float64]:
    data = _object(weights, "weights.json").get(name)
    vector = arrays.from_json(data, f"weights.{name}", MAX_PARAMETER)
    if vector.ndim != 1 or vector.dtype != np.float64:
        raise BundleError(f"The array 'weights.{name}' of the bundle must be one row of floats.")
    return vector


def _temperature(weights: Json) -> float:
    found = _object(weights, "weights.json").get("temperature")
    if type(found) is not float or not 0 < found <= MAX_PARAMETER:
        raise BundleError("The 'temperature' in weights.json of the bundle must be a number above 0.")
    return found


def _object(data: Json, name: str) -> dict[str, Json]:
    if not isinstance(data, dict):
        raise BundleError(f"The file {name} of the bundle must hold a JSON object.")
    return data


class _Signature:
    """What goes in and what comes out: features and target."""

    def __init__(self, data: Json) -> None:
        data = _object(data, "signature.json")
        if set(data) != {"feature_names", "image_shape", "n_features_in", "target"}:
            self._refuse("lacks a part, or has one too many")
        names, shape = data["feature_names"], data["image_shape"]
        self.n_features_in = self._integer(data["n_features_in"], "n_features_in")
        if not isinstance(names, list) or any(type(name) is not str for name in names):
            self._refuse("must have feature names that are text")
        if names and len(names) != self.n_features_in:
            self._refuse("must have as many feature names as features, or none")
        self.target = _read("signature.json", target_from_json, data["target"])
        self.feature_names: tuple[str, ...] = tuple(names)
        self.image_shape = None if shape is None else self._shape(shape)

    def _shape(self, shape: Json) -> tuple[int, int]:
        if not isinstance(shape, list) or len(shape) != 2:
            self._refuse("must have an image shape of two numbers")
        height, width = (self._integer(side, "image_shape") for side in shape)
        if height * width != self.n_features_in:
            self._refuse("must have an image shape with as many pixels as features")
        return height, width

    def _integer(self, value: Json, name: str) -> int:
        if type(value) is not int or not 1 <= value <= MAX_FEATURES:
            self._refuse(f"must have a {name} in [1, {MAX_FEATURES}]")
        return int(value)

    def _refuse(self, what: str) -> None:
        raise BundleError(f"The file signature.json of the bundle {what}.")


def _check_together(model: TrainedModel) -> None:
    """Parts that are each right may still not belong together."""
    wanted = model.pipeline.first.n_features_in_
    if wanted != model.n_features_in:
        raise BundleError(f"The preprocessor takes {wanted} features, the signature {model.n_features_in}.")
    n_weights, n_input_layer = _read("candidate.json", _n_parameters, model)
    if model.quantiles is not None and len(model.quantiles.edges) != model.n_features_in:
        raise BundleError(
            f"The file {QUANTILES} of the bundle must be of {model.n_features_in} features. It is not."
        )
    for what, wanted, found in (
        ("circuit takes {} weights", n_weights, model.parameters.weights),
        ("input layer takes {} parameters", n_input_layer, model.parameters.input_layer),
    ):
        if len(found) != wanted:
            raise BundleError(f"The {what.format(wanted)}; the bundle has {len(found)}.")
    if not _read("candidate.json", _takes_head, model):
        name, count = model.candidate.head.name, len(model.parameters.head)
        raise BundleError(f"The head '{name}' does not take {count} parameters, which the bundle has.")
    _read("candidate.json", lambda m: m.transpiled, model)


def _n_parameters(model: TrainedModel) -> tuple[int, int]:
    """Weights of the logical circuit, which is made in a moment (to map it takes longer), and those of the layer."""
    couplings, n_features = topology(model.device, model.candidate.qubits), n_outputs(model.pipeline)
    n_weights = lower(model.candidate, couplings, n_features).n_weights
    return n_weights, make_input_layer(model.candidate).n_parameters(n_features, couplings.n_qubits)


def _takes_head(model: TrainedModel) -> bool:
    return takes_parameters(model.candidate, len(model.parameters.head), model.target)
