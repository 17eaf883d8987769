"""What the numbers of samples that are quantum states mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology
from qcsearch.circuits.encodings.prepared import CIRCUITS, MAX_PREPARED_QUBITS, PreparedEncoding
from qcsearch.circuits.start_states import state_size
from qcsearch.errors import CandidateError, DataError
from qcsearch.storage.canonical import Json

__all__ = ["QuantumSamples"]


@dataclass(frozen=True)
class QuantumSamples:
    """Samples that are states of `n_qubits` qubits, or circuits that prepare one each.

    Attributes:
        encoding: the choice of the encoding `prepared` that reads them, see `PreparedEncoding`: the samples' kind, and
            the gates of their preparation.
        n_qubits: how many qubits each is of.

    Raises:
        DataError: if the encoding is another or cannot be, or there are too many qubits.
    """

    encoding: Choice
    n_qubits: int

    def __post_init__(self) -> None:
        good = type(self.n_qubits) is int and 1 <= self.n_qubits <= MAX_PREPARED_QUBITS
        if not good or self.encoding.name != "prepared":
            raise DataError(
                f"Samples that are quantum states must be of 1 to {MAX_PREPARED_QUBITS} qubits. Got {self.n_qubits}."
            )
        try:
            self.prepared.n_derived(self.n_features, Topology(self.n_qubits, ()))
        except CandidateError as error:
            raise DataError(f"The samples cannot be prepared: {error.message}", error.fix) from error

    @classmethod
    def of(cls, samples: str, n_qubits: int) -> QuantumSamples:
        """States of the kind `pure` or `mixed`."""
        return cls(Choice("prepared", {"samples": samples}), n_qubits)

    @cached_property
    def prepared(self) -> PreparedEncoding:
        """The encoding itself."""
        try:
            return PreparedEncoding(**self.encoding.settings)
        except (CandidateError, TypeError) as error:
            raise DataError(f"The samples cannot be prepared: {error}") from error

    @property
    def kind(self) -> str:
        """`pure`, `mixed` or `circuits`."""
        return self.prepared.samples

    @property
    def n_features(self) -> int:
        """Numbers of one sample."""
        if self.kind == CIRCUITS:
            return self.prepared.n_angles
        return state_size(self.kind, self.n_qubits)

    @property
    def sentence(self) -> str:
        """What a sample is, for a person."""
        if self.kind != CIRCUITS:
            return f"{self.kind} states of {self.n_qubits} qubits"
        noise = "under the device's noise" if self.prepared.noise else "without noise"
        return f"circuits that prepare states of {self.n_qubits} qubits {noise}, by {self.n_features} angles"

    def to_json(self) -> dict[str, Json]:
        """Return `{"encoding": …, "n_qubits": …}`."""
        return {"encoding": self.encoding.to_json(), "n_qubits": self.n_qubits}
