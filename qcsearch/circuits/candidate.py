"""The candidate: the only thing that a search produces. Everything else is rebuilt from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from qcsearch import canonical
from qcsearch.canonical import Json
from qcsearch.errors import CandidateError

__all__ = ["Candidate", "Choice", "Preprocessing", "TrainingOptions"]


@dataclass(frozen=True)
class Choice:
    """One alternative of a family, by its registered name, with its settings.

    Attributes:
        name: as registered (`angle`, `hardware_efficient`, `linear`, …).
        settings: keyword arguments of the alternative; JSON values.
    """

    name: str
    settings: Mapping[str, Json] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.name, canonical.dumps(dict(self.settings))))

    def to_json(self) -> dict[str, Json]:
        """Return `{"name": …, "settings": {…}}`."""
        return {"name": self.name, "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, data: Json) -> Choice:
        """Rebuild from `to_json`'s answer, or from the bare name.

        Raises:
            CandidateError: if it is neither.
        """
        if isinstance(data, str):
            return cls(data)
        if (
            isinstance(data, dict)
            and set(data) <= {"name", "settings"}
            and isinstance(data.get("name"), str)
            and isinstance(data.get("settings", {}), dict)
        ):
            # Through canonical JSON, so that tuples and lists of one content compare equal.
            return cls(data["name"], canonical.loads(canonical.dumps(data.get("settings", {}))))
        raise CandidateError(f"A choice must be a name or {{name, settings}}. Got {data!r}.")


@dataclass(frozen=True)
class Preprocessing:
    """How raw features become angles; fitted on the training split only.

    Attributes:
        reduction: `none`, `pool`, `pca`, `lda` or `autoencoder`, with its number of components or size.
        scaling: `minmax`, `maxabs` or `standard`.
        angle_range: radians; scaled values are clipped into it, never wrapped.
    """

    reduction: Choice = Choice("none")
    scaling: str = "minmax"
    angle_range: tuple[float, float] = (-math.pi / 2, math.pi / 2)


@dataclass(frozen=True)
class TrainingOptions:
    """Hyper-parameters of one training.

    Attributes:
        optimizer: `adam`, `amsgrad`, `sgd` or `lbfgs`.
        learning_rate: step size of the circuit's weights, > 0 (L-BFGS ignores it).
        head_rate: the head's step size as a multiple of `learning_rate`, > 0.
        schedule: `cosine` lowers the step size to 2 % over `steps`; `constant`.
        steps: upper bound on optimiser steps, ≥ 0.
        validate_every: steps between two validations, ≥ 1.
        batch_size: samples a step; None for the whole training split.
        loss: `cross_entropy` or `mse`.
        gradient: `adjoint`, `parameter_shift`, `finite_difference` or `spsa`.
        noise: train under the device's noise (True) or without (False).
        init_scale: weights start uniform in ±π × `init_scale`.
        l2: weight decay on the head's parameters, ≥ 0.
        patience: stop after so many validations without improvement; None never stops early.
        target_accuracy: stop once the validation accuracy reaches it; None for never.
        target_loss: stop once the training loss falls to it; None for never.
    """

    optimizer: str = "adam"
    learning_rate: float = 0.05
    head_rate: float = 1.0
    schedule: str = "cosine"
    steps: int = 200
    validate_every: int = 10
    batch_size: int | None = 128
    loss: str = "cross_entropy"
    gradient: str = "adjoint"
    noise: bool = True
    init_scale: float = 0.3
    l2: float = 0.0
    patience: int | None = None
    target_accuracy: float | None = None
    target_loss: float | None = None


@dataclass(frozen=True)
class Candidate:
    """One quantum model, untrained.

    Attributes:
        preprocessing: raw features to angles.
        encoding: an alternative of `circuits.encodings`.
        ansatz: an alternative of `circuits.ansatze`; its layers alternate with the encoding's.
        qubits: physical qubits; logical qubit `i` is `qubits[i]`.
        observables: Pauli strings on logical qubits, such as `"Z0"` or `"X1Z3"`; one output each.
        head: `none`, `softmax`, `linear` or `mlp`.
        training: hyper-parameters.
    """

    encoding: Choice
    ansatz: Choice
    qubits: tuple[int, ...]
    observables: tuple[str, ...]
    preprocessing: Preprocessing = Preprocessing()
    head: Choice = Choice("linear")
    training: TrainingOptions = TrainingOptions()

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return len(self.qubits)

    @property
    def digest(self) -> str:
        """SHA-256 of the candidate's content: equal candidates, equal digests."""
        return canonical.digest(self.to_json())

    def to_json(self) -> dict[str, Json]:
        """Return the candidate as JSON values."""
        return {
            "preprocessing": {
                "reduction": self.preprocessing.reduction.to_json(),
                "scaling": self.preprocessing.scaling,
                "angle_range": list(self.preprocessing.angle_range),
            },
            "encoding": self.encoding.to_json(),
            "ansatz": self.ansatz.to_json(),
            "qubits": list(self.qubits),
            "observables": list(self.observables),
            "head": self.head.to_json(),
            "training": asdict(self.training),
        }

    @classmethod
    def from_json(cls, data: Json) -> Candidate:
        """Rebuild a candidate from `to_json`'s answer.

        Raises:
            CandidateError: if a part is missing, unknown or of the wrong type.
        """
        try:
            known = {f.name for f in fields(cls)}
            if unknown := set(data) - known:
                raise CandidateError(f"A candidate has no part named {', '.join(sorted(unknown))}.")
            pre = data.get("preprocessing", {})
            defaults = Preprocessing()
            low, high = pre.get("angle_range", defaults.angle_range)
            return cls(
                preprocessing=Preprocessing(
                    Choice.from_json(pre.get("reduction", "none")),
                    str(pre.get("scaling", defaults.scaling)),
                    (float(low), float(high)),
                ),
                encoding=Choice.from_json(data["encoding"]),
                ansatz=Choice.from_json(data["ansatz"]),
                qubits=tuple(int(q) for q in data["qubits"]),
                observables=tuple(str(o) for o in data["observables"]),
                head=Choice.from_json(data.get("head", "linear")),
                training=TrainingOptions(**cast(dict[str, Any], data.get("training", {}))),
            )
        except CandidateError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CandidateError(f"Not a candidate: {type(error).__name__} {error}.") from error
