"""What an earlier run gives to a new one: candidates to begin with, JSON both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import PlainValidator

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.gate import Topology
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.search.trial.record import TrialRecord
from qcsearch.storage.canonical import Json
from qcsearch.training.parameters import Parameters
from qcsearch.typed import read

__all__ = ["WarmStart"]


def _candidate(data: Json) -> Candidate | None:
    return None if data is None else Candidate.from_json(data)


@dataclass(frozen=True)
class WarmStart:
    """One trial that a new study begins with.

    Attributes:
        source: where it is from, such as `trial 3 of runs/digits`.
        params: parameters of the new space, as far as it has them.
        candidate: what to evaluate, on the qubits it was made for; None for what `params` mean.
        couplings: pairs of the candidate's logical qubits that are coupled there.
        start: parameters to start from; an empty part is drawn.
    """

    source: str
    params: Mapping[str, Json] = field(default_factory=dict)
    candidate: Annotated[Candidate | None, PlainValidator(_candidate)] = None
    couplings: tuple[tuple[int, int], ...] = ()
    start: Annotated[Parameters, PlainValidator(Parameters.from_json)] = field(default_factory=Parameters)

    @classmethod
    def of(cls, record: TrialRecord, device: Device, run: str) -> WarmStart:
        """A trained trial as it is.

        Args:
            record: of the trial.
            device: that it was trained for.
            run: what its run is called.
        """
        assert record.candidate is not None
        return cls(
            source=f"trial {record.trial} of {run}",
            params=dict(record.params),
            candidate=record.candidate,
            couplings=topology(device, record.candidate.qubits).edges,
            start=record.parameters,
        )

    @property
    def shape(self) -> Topology:
        """The logical qubits of the candidate, coupled as they were."""
        return Topology(0 if self.candidate is None else self.candidate.n_qubits, self.couplings)

    def to_json(self) -> dict[str, Json]:
        """Return the parts as JSON values; floats keep every bit."""
        return {
            "source": self.source,
            "params": dict(self.params),
            "candidate": None if self.candidate is None else self.candidate.to_json(),
            "couplings": [list(pair) for pair in self.couplings],
            "start": self.start.to_json(),
        }

    @classmethod
    def from_json(cls, data: Json) -> WarmStart:
        """Rebuild from `to_json`'s answer.

        Raises:
            InputError: if a part is missing or wrong, or its candidate is not one.
        """
        return read(cls, data, "what a run begins with")
