"""The start point without search: what the search adds to a circuit that was made by hand."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qcsearch.search.finish.baselines.base import NONE, START, TrainedCircuit, Unmeasured
from qcsearch.search.finish.baselines.training import train_alike
from qcsearch.search.trial.constraints import Infeasible

if TYPE_CHECKING:
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective

__all__ = ["StartPoint"]


@dataclass(frozen=True)
class StartPoint:
    """The first start point of the search space, trained as the winner was: from the same seed, for as many steps.

    An alternative that the point leaves open is the first that the space names, and the region the best.
    """

    name: str = START

    def train(
        self,
        objective: Objective,
        winner: Finalist,
        deadline: float | None,
        trained: Mapping[str, TrainedCircuit] = NONE,
    ) -> TrainedCircuit:
        """See `Quantum`."""
        candidate = _candidate(objective)
        if candidate == winner.record.candidate:
            raise Unmeasured("The winner is the start point itself.")
        needed = objective.features.fit_seconds(candidate.preprocessing)
        if deadline is not None and time.monotonic() + needed >= deadline:
            raise Unmeasured(f"Its preprocessing takes about {needed:.2g} s, for which there was no time.")
        steps = winner.transpiled.candidate.training.steps
        try:
            transpiled, _, _ = replace(objective, setup_seconds=None).transpile(
                replace(candidate, training=replace(candidate.training, steps=steps))
            )
        except Infeasible as broken:
            raise Unmeasured(broken.reason) from broken
        return train_alike(objective, winner, transpiled, deadline)


def _candidate(objective: Objective) -> Candidate:
    """What the first start point means here."""
    from optuna.trial import FixedTrial

    space, parameters = objective.space, objective.bound.parameters
    if not space.file.start:
        raise Unmeasured(f"The search space '{space.name}' has no start point.")
    point = {
        **{name: next(iter(values)) for name, values in parameters.choices.items()},
        "region": 0,
        **parameters.start(space.file.start[0]),
    }
    if left := sorted(parameters.distributions().keys() - point.keys()):
        raise Unmeasured(
            f"The first start point of the search space '{space.name}' leaves numbers open: {', '.join(left)}."
        )
    return objective.bound.candidate(objective.bound.draw(FixedTrial(point)))
