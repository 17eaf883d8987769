"""What a study of several objectives optimizes: the validation score, then costs and predictors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from qcsearch.errors import SpaceError
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.record import Costs, TrialRecord
from qcsearch.spelling import meant
from qcsearch.training.parameters import ParameterCounts

__all__ = ["check_objectives", "values"]

_PARAMETERS = tuple(ParameterCounts().by_name)
_NOT_MINIMISED = ("estimated_success_probability", "parameters", "shots")
_COSTS = (*(field.name for field in fields(Costs) if field.name not in _NOT_MINIMISED), *_PARAMETERS)


def check_objectives(objectives: Sequence[str], space: SearchSpace) -> None:
    """Check that every trial of a space has these figures.

    Raises:
        SpaceError: naming the first that it has not.
    """
    labels = [part.label for part in space.file.predictors]
    for name in objectives[1:]:
        if name not in (*_COSTS, *labels):
            has = (
                f"of its predictors ({', '.join(labels)})" if labels else "a predictor, of which it has none"
            )
            raise SpaceError(
                f"In the search space '{space.name}' an objective must be one of {', '.join(_COSTS)}, or {has}. "
                f"Got '{name}'.",
                fix=meant(name, (*_COSTS, *labels))
                or "add a part [[predictors]] to the space for a predictor.",
            )


def values(record: TrialRecord, objectives: Sequence[str], space: SearchSpace) -> list[float] | None:
    """The figures of a trained trial: the first to be maximised, the others minimised.

    A predictor of which more is better has its sign turned. None if a predictor is not defined for the candidate.
    """
    if record.validation_score is None:
        return None
    found = [float(record.validation_score)]
    for name in objectives[1:]:
        if name in _PARAMETERS and record.costs is not None:
            found.append(float(record.costs.parameters.by_name[name]))
        elif name in _COSTS:
            found.append(float(getattr(record.costs, name)))
        elif name in record.predictors:
            found.append(_sign(name, space) * record.predictors[name])
        else:
            return None
    return found


def _sign(label: str, space: SearchSpace) -> float:
    from qcsearch.search.predictors import PREDICTORS  # the engine comes with it

    part = next(part for part in space.file.predictors if part.label == label)
    return -1.0 if PREDICTORS.create(part.name, part.settings).higher_is_better else 1.0
