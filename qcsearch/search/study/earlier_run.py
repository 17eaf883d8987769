"""Warm knowledge: the best candidates of another run, finished or not, for a new search to begin with.

What the space of that run means by its parameters is asked of the new space as a start point: values that it does
not have are moved to the nearest, or drawn where nothing is near, and the qubits are chosen anew. Circuits that a
strategy made gate by gate are tried as they are, remapped to the best qubits (`remap`). Where data and split are
the same, both begin with their trained weights; elsewhere with none, for these samples may be tested on here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.lowering import lower
from qcsearch.devices.selection.regions import best_regions
from qcsearch.errors import CandidateError, DeviceError, RunError
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.record import TrialRecord
from qcsearch.search.trial.warm_start import WarmStart
from qcsearch.storage.canonical import Json, digest
from qcsearch.training.heads import n_head_parameters
from qcsearch.training.parameters import DRAWN

__all__ = ["WARM_STARTS", "warm_starts_from"]

WARM_STARTS = 5
"""Candidates that a run gives to another."""


def warm_starts_from(
    source: RunFolder, objective: Objective, top: int = WARM_STARTS
) -> tuple[list[WarmStart], list[str]]:
    """What a new run begins with, and what of it could not be adapted.

    Args:
        source: the other run.
        objective: of the new run.
        top: how many of its best candidates.

    Returns:
        The warm starts, best first and each once, and sentences for a person.

    Raises:
        RunError: if the source has no candidate that was trained to its end.
    """
    chosen = rank(source.history().records)
    if not chosen:
        raise RunError(f"The run in '{source.path}' has no candidate that was trained to its end.")
    transfer = _Transfer(source, objective)
    found = [transfer.warm_start(record) for record in chosen[:top]]
    distinct: dict[str, WarmStart] = {}
    for warm_start in found:
        if warm_start is not None:
            distinct.setdefault(digest(replace(warm_start, source="").to_json()), warm_start)
    return list(distinct.values()), transfer.sentences(len(distinct))


class _Transfer:
    """The way from one run to another, and what is lost on it."""

    def __init__(self, source: RunFolder, objective: Objective) -> None:
        self._source, self._objective = source, objective
        self._mine, self._theirs = objective.bound.parameters, source.space.parameters
        self._same_data = source.config.dataset_digest == objective.features.dataset.digest
        self._same_split = self._same_data and source.config.settings.seed == objective.seed
        self._moved: dict[str, None] = {}
        self._drawn: dict[str, None] = {}
        self._left_out: list[str] = []

    def warm_start(self, record: TrialRecord) -> WarmStart | None:
        """One trial, adapted; None if that cannot be done."""
        params, exact = self._adapted(record.params)
        whole = WarmStart.of(record, self._source.device, str(self._source.path))
        if self._meant(record) and not (exact and self._same_split):
            return WarmStart(whole.source, params)
        try:
            self._check(whole)
        except (CandidateError, DeviceError) as error:
            self._left_out.append(f"Of {whole.source} nothing is taken: {error.message}")
            return None
        if not self._same_split:
            whole = replace(whole, start=DRAWN)
        return replace(whole, params=params)

    def sentences(self, n_found: int) -> list[str]:
        """What a person should know."""
        count = f"{n_found} candidate" + ("" if n_found == 1 else "s")
        said = [f"The search begins with {count} of {self._source.path}."]
        if self._moved:
            said.append(f"Moved to the nearest value that this space has: {', '.join(self._moved)}.")
        if self._drawn:
            said.append(f"Drawn, because this space has no value like it: {', '.join(self._drawn)}.")
        said += self._left_out
        if self._same_data and not self._same_split and self._other_test():
            said.append(
                f"The seed is another than that of {self._source.path}: what is tested on here may have been trained "
                "or validated on there, where these candidates were chosen."
            )
        return said

    def _adapted(self, params: Mapping[str, Json]) -> tuple[dict[str, Json], bool]:
        """The parameters of the new space, the region left to it, and whether they are what they were."""
        wanted = {name: value for name, value in params.items() if name != "region"}
        near = self._mine.nearest(wanted, self._theirs)
        moved = [name for name, value in near.items() if value != wanted[name]]
        drawn = [name for name in wanted if name not in near]
        self._moved |= dict.fromkeys(moved)
        self._drawn |= dict.fromkeys(drawn)
        return {**near, "region": 0}, not moved and not drawn

    def _meant(self, record: TrialRecord) -> bool:
        """Whether the candidate is what its parameters mean, and no circuit that a strategy made."""
        assert record.candidate is not None
        for name in ("encoding", "ansatz"):
            choice = self._theirs.choices[name].get(str(record.params.get(name)))
            made: Choice = getattr(record.candidate, name)
            if not isinstance(choice, Choice) or choice.name != made.name:
                return False
        return True

    def _check(self, warm_start: WarmStart) -> None:
        """Whether the circuit takes these features, the head these classes, and the device so many qubits.

        Raises:
            CandidateError: if the circuit or the head does not.
            DeviceError: if the device has no region of that size.
        """
        candidate: Candidate | None = warm_start.candidate
        assert candidate is not None
        features = self._objective.features
        lower(candidate, warm_start.shape, features.n_components(candidate.preprocessing))
        n_head_parameters(candidate, features.target)
        best_regions(self._objective.device, candidate.n_qubits)

    def _other_test(self) -> bool:
        """Whether the other run's test part is another one."""
        theirs = Features(self._source.dataset, self._source.config.settings.seed).split.test
        return not np.array_equal(theirs.X, self._objective.features.split.test.X, equal_nan=True)
