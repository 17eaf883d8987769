from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.trial import TrialState

from qcsearch.errors import SpaceError
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import check_strategy
from qcsearch.search.strategies.nsga2 import NSGA2
from qcsearch.search.study.study import SearchStudy
from qcsearch.search.trial.record import TrialRecord

Search = Callable[..., SearchResult]

PREDICTED = """
[[predictors]]
name = "estimated_success_probability"
[[predictors]]
name = "duration_t2"
"""


def test_its_objectives_are_accuracy_and_costs() -> None:
    assert NSGA2().objectives == ("validation_score", "two_qubit_gates", "qpu_seconds")
    assert NSGA2(objectives=["validation_score", "depth"]).objectives == ("validation_score", "depth")


@pytest.mark.parametrize(
    "objectives",
    [
        (),
        ("two_qubit_gates", "validation_score"),
        ("validation_score", "depth", "depth"),
    ],
)
def test_other_objectives_are_refused(objectives: tuple[str, ...]) -> None:
    with pytest.raises(SpaceError, match="'objectives' of nsga2 must be"):
        NSGA2(objectives=objectives)


def test_objectives_that_the_trials_of_a_space_do_not_have_are_refused(space: SearchSpace) -> None:
    check_strategy("nsga2", space)
    options = {"objectives": ["validation_score", "estimated_success_probability"]}
    with pytest.raises(
        SpaceError, match=r"'quick' an objective must be one of .* or a predictor, of which it has none"
    ):
        check_strategy("nsga2", space, options)
    check_strategy("nsga2", SearchSpace.from_toml(space.text + PREDICTED, "predicted"), options)


def test_a_predictor_is_an_objective_the_better_way(
    search: Search, space: SearchSpace, tmp_path: Path
) -> None:
    objectives = ["validation_score", "estimated_success_probability", "duration_t2"]
    predicted = SearchSpace.from_toml(space.text + PREDICTED, "predicted")
    search(
        tmp_path, space=predicted, n_trials=3, strategy="nsga2", strategy_options={"objectives": objectives}
    )
    study = SearchStudy(RunFolder.open(tmp_path))
    for trial in study.trials(TrialState.COMPLETE):
        record = TrialRecord.from_json(trial.user_attrs["record"])
        figures = record.predictors
        assert trial.values == [
            record.validation_score,
            -figures["estimated_success_probability"],
            figures["duration_t2"],
        ]
    assert study.trials(TrialState.COMPLETE)
