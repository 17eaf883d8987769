"""Which parameters mattered, by what the finished trials say."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qcsearch.search.trial.record import TrialRecord

if TYPE_CHECKING:
    from qcsearch.search.space.bound import BoundSpace

__all__ = ["importance"]

_LEAST_TRIALS = 8
"""PED-ANOVA sets the best tenth against all trials; of fewer than these, chance decides what stands out."""

_LEAST_SHARE = 0.005
"""A smaller share would be drawn as 0 %."""


def importance(bound: BoundSpace, records: Iterable[TrialRecord]) -> dict[str, float]:
    """PED-ANOVA of Optuna over the trained trials; empty if there are too few to say anything.

    Watanabe, Bansal and Hutter, *PED-ANOVA*, IJCAI 2023. Asked of the records and not of the study, whose journal takes
    seconds to replay and asks for all that the search was made of.

    Args:
        bound: the space of the run, bound to its device and data.
        records: of its finished trials.

    Returns:
        Shares by parameter; those below half a percent are left out.
    """
    import optuna

    from qcsearch.search.study.opening import quiet

    wide = bound.parameters.distributions()
    trials = []
    for record in records:
        params = {name: record.params[name] for name in wide if name in record.params}
        if not record.trained or record.validation_score is None:
            continue
        kinds = {name: wide[name] for name in params}
        with contextlib.suppress(ValueError):  # a value that this version's space does not have
            trials.append(
                optuna.create_trial(params=params, distributions=kinds, value=record.validation_score)
            )
    if len(trials) < _LEAST_TRIALS:
        return {}
    with quiet():
        study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            evaluator = optuna.importance.PedAnovaImportanceEvaluator()
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
        except (RuntimeError, ValueError):
            return {}
    return {name: float(share) for name, share in found.items() if share >= _LEAST_SHARE}
