"""The candidate: the only thing that a search produces. Everything else is rebuilt from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from qcsearch.candidate import checks
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.candidate.training import TrainingOptions
from qcsearch.errors import CandidateError
from qcsearch.spelling import meant
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json

__all__ = ["UNDRESSED", "Candidate"]

UNDRESSED = Choice("none")
"""The input layer of a candidate that has none."""


@dataclass(frozen=True)
class Candidate:
    """One quantum model, untrained.

    Attributes:
        preprocessing: how raw features become angles in radians.
        input_layer: what is trained between these and the encoding, one of `circuits.input_layers`.
        encoding: how the circuit takes in the angles, one of `circuits.encodings`.
        ansatz: the trained gates, one of `circuits.ansatze`; its layers alternate with the encoding's.
        qubits: physical qubits of the device, each once; logical qubit `i` is `qubits[i]`.
        observables: Pauli strings on logical qubits, such as `"Z0"` or `"X1Z3"`; each gives one expectation value.
        head: how expectation values become logits: `none`, `softmax`, `linear` or `mlp`.
        training: hyper-parameters of the training.
    """

    encoding: Choice
    ansatz: Choice
    qubits: tuple[int, ...]
    observables: tuple[str, ...]
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    head: Choice = field(default_factory=lambda: Choice("linear"))
    training: TrainingOptions = field(default_factory=TrainingOptions)
    input_layer: Choice = UNDRESSED

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise checks.refuse("a candidate", name, f"a {kind.__name__}", getattr(self, name))
        for name in ("qubits", "observables"):
            if not isinstance(getattr(self, name), list | tuple):
                raise checks.refuse("a candidate", name, "a list", getattr(self, name))
        qubits = tuple(checks.integer("a candidate", "qubits", q, 0) for q in self.qubits)
        object.__setattr__(self, "qubits", qubits)
        labels = tuple(checks.text("a candidate", "observables", label) for label in self.observables)
        object.__setattr__(self, "observables", labels)

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return len(self.qubits)

    @property
    def dressed(self) -> bool:
        """Whether it has an input layer."""
        return self.input_layer != UNDRESSED

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the candidate's content: equal candidates, equal digests."""
        return canonical.digest(self.to_json())

    def to_json(self) -> dict[str, Json]:
        """Return the candidate as JSON values."""
        # Left out where there is none: a candidate says what it has, and its digest is of that.
        layer = {"input_layer": self.input_layer.to_json()} if self.dressed else {}
        return {
            "preprocessing": self.preprocessing.to_json(),
            **layer,
            "encoding": self.encoding.to_json(),
            "ansatz": self.ansatz.to_json(),
            "qubits": list(self.qubits),
            "observables": list(self.observables),
            "head": self.head.to_json(),
            "training": self.training.to_json(),
        }

    @classmethod
    def from_json(cls, data: Json) -> Candidate:
        """Rebuild a candidate from `to_json`'s answer.

        Raises:
            CandidateError: if a part is missing, unknown or of the wrong type.
        """
        if not isinstance(data, dict):
            raise CandidateError(f"A candidate must be an object. Got {checks.short(data)}.")
        if unknown := [key for key in data if key not in _READERS]:
            raise CandidateError(
                f"A candidate has no part {checks.short(unknown[0])}. Known: {', '.join(_READERS)}.",
                meant(unknown[0], _READERS),
            )
        if missing := [name for name in _NEEDED if name not in data]:
            raise CandidateError(
                f"A candidate must have the part '{missing[0]}'. Got {', '.join(data) or 'none'}."
            )
        return cls(**{name: _READERS[name](part) for name, part in data.items()})


def _same(part: Json) -> Json:
    return part


_KINDS: dict[str, Any] = {
    "input_layer": Choice,
    "encoding": Choice,
    "ansatz": Choice,
    "head": Choice,
    "preprocessing": Preprocessing,
    "training": TrainingOptions,
}
_NEEDED = ("encoding", "ansatz", "qubits", "observables")
_READERS: dict[str, Callable[[Json], Any]] = {
    **{name: kind.from_json for name, kind in _KINDS.items()},
    "qubits": _same,
    "observables": _same,
}
