"""Predictors that a space asks for: limits, records, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import FixedTrial

from qcsearch.candidate.candidate import Candidate
from qcsearch.errors import SpaceError
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.predictors import PREDICTORS
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.study.correlation import correlations, spearman
from qcsearch.search.trial.objective import Objective
from qcsearch.search.trial.record import Outcome, TrialRecord

ASKED = """
[[predictors]]
name = "cnr"
settings = { n_replicas = 8 }
min = 0.5
[[predictors]]
name = "duration_t2"
max = 0.5
[[predictors]]
name = "expressibility"
"""

PARAMS = {
    "scaling": "minmax",
    "encoding": "reuploading",
    "n_layers": 2,
    "region": 0,
    "observables": "Z+ZZ",
    "learning_rate": 0.1,
}


@pytest.fixture(scope="module")
def candidate(objective: Objective) -> Candidate:
    return objective.bound.candidate(objective.bound.draw(FixedTrial(PARAMS)))


def asking(objective: Objective, quick: str, text: str) -> Objective:
    return replace(objective, space=SearchSpace.from_toml(quick + text, "asking"))


def test_figures_that_were_asked_for_are_recorded(
    objective: Objective, candidate: Candidate, quick: str
) -> None:
    record = asking(objective, quick, ASKED)(0, candidate, PARAMS)
    assert record.outcome.kind == "kept"
    assert list(record.predictors) == ["cnr(n_replicas=8)", "duration_t2", "expressibility"]
    inputs = objective.predictor_input(objective.transpile(candidate)[0])
    assert record.predictors["expressibility"] == PREDICTORS.create("expressibility")(inputs)
    cnr = record.predictors["cnr(n_replicas=8)"]
    assert record.constraints["cnr(n_replicas=8)"] == pytest.approx((0.5 - cnr) / 0.5)
    assert TrialRecord.from_json(record.to_json()) == record


def test_a_figure_beyond_its_limit_rejects_before_any_training_and_before_the_next_figure(
    objective: Objective, candidate: Candidate, quick: str
) -> None:
    record = asking(objective, quick, ASKED.replace("min = 0.5", "min = 0.999"))(0, candidate, PARAMS)
    assert (record.outcome.kind, record.outcome.constraint) == ("infeasible", "cnr(n_replicas=8)")
    figure = record.predictors["cnr(n_replicas=8)"]
    assert record.outcome.text == f"The cnr(n_replicas=8) of {figure:.3g} is below the limit 0.999."
    assert record.outcome.violation == pytest.approx((0.999 - figure) / 0.999)
    assert list(record.predictors) == ["cnr(n_replicas=8)"]
    assert record.steps == 0
    upper = asking(objective, quick, ASKED.replace("max = 0.5", "max = 0.001"))(0, candidate, PARAMS)
    assert upper.outcome.text.endswith("is above the limit 0.001.")


def test_a_figure_that_is_not_defined_is_left_out_or_rejects_if_it_has_a_limit(
    objective: Objective, candidate: Candidate, quick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More qubits than a state may have: here none at all."""
    monkeypatch.setattr("qcsearch.simulation.states.MAX_STATE_QUBITS", 0)
    plain = '\n[[predictors]]\nname = "repcap"\n'
    kept = asking(objective, quick, plain)(0, candidate, PARAMS)
    assert (kept.outcome.kind, kept.predictors) == ("kept", {})
    limited = asking(objective, quick, plain + "min = 0.1\n")(0, candidate, PARAMS)
    assert (limited.outcome.kind, limited.outcome.constraint) == ("infeasible", "repcap")
    assert "Got 2." in limited.outcome.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[predictors]]\nname = "luck"', "'luck' is not one of the predictors"),
        ('[[predictors]]\nname = "cnr"\nsettings = { n_replicas = 0 }', "'n_replicas' parameter of cnr"),
        ('[[predictors]]\nname = "cnr"\nsettings = { shots = 10 }', "has no setting 'shots'"),
        ('[[predictors]]\nname = "cnr"\n[[predictors]]\nname = "cnr"', "'cnr' stands twice"),
        ('[[predictors]]\nname = "cnr"\nleast = 3', "no such key"),
    ],
)
def test_a_wrong_predictor_is_named(quick: str, text: str, message: str) -> None:
    with pytest.raises(SpaceError, match="is wrong at 'predictors") as error:
        SearchSpace.from_toml(quick + text, "wrong")
    assert message in str(error.value)


def test_an_empty_list_of_predictors_does_not_count(quick: str) -> None:
    plain, asks = SearchSpace.from_toml(quick), SearchSpace.from_toml(quick + ASKED)
    assert plain.fingerprint != asks.fingerprint
    assert plain.fingerprint == SearchSpace.from_toml("predictors = []\n" + quick).fingerprint
    assert ("expressibility", "recorded") in asks.describe()
    assert ("cnr(n_replicas=8)", "≥ 0.5") in asks.describe()


def test_limits_hold_in_a_search(search: Callable[..., SearchResult], quick: str, tmp_path: Path) -> None:
    """Between the smallest and the largest entangling capability that a free search meets."""
    recorded = '\n[[predictors]]\nname = "entangling_capability"\n'
    search(
        tmp_path / "free",
        space=SearchSpace.from_toml(quick + recorded, "free"),
        n_trials=5,
        strategy="random",
    )
    met = [r.predictors["entangling_capability"] for r in records(RunFolder.open(tmp_path / "free"))]
    limit = float(np.median(met)) - 1e-6
    strict = SearchSpace.from_toml(f"{quick}{recorded}min = {limit}\n", "strict")
    search(tmp_path / "strict", space=strict, n_trials=5, strategy="random")
    kinds = {
        r.outcome.kind: r.predictors["entangling_capability"]
        for r in records(RunFolder.open(tmp_path / "strict"))
    }
    assert kinds["kept"] >= limit > kinds["infeasible"]


# --- what they are worth -----------------------------------------------------------------------------------


def test_spearman_is_that_of_the_ranks_with_fishers_interval() -> None:
    x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    y = [1.0, 8.0, 27.0, 60.0, 50.0, 70.0, 80.0]  # two neighbours swapped: 1 − 6·2/(7·48)
    rho, low, high = spearman(x, y) or (0, 0, 0)
    assert rho == pytest.approx(1 - 12 / 336)
    half = 1.959964 * np.sqrt(1.06 / 4)
    assert (np.arctanh(low), np.arctanh(high)) == pytest.approx(
        (np.arctanh(rho) - half, np.arctanh(rho) + half)
    )
    assert spearman(x[:3], y[:3]) is None
    assert spearman(x, [0.0] * 7) is None


def test_the_interval_holds_the_true_value_about_as_often_as_it_says() -> None:
    """Independent numbers: of 95 % intervals about 5 % miss zero."""
    rng = np.random.default_rng(0)
    found = [spearman(rng.normal(size=20), rng.normal(size=20)) for _ in range(1000)]
    missed = sum(not low < 0 < high for _, low, high in (one for one in found if one is not None))
    assert 25 <= missed <= 80


def test_predictors_are_judged_by_the_kept_trials(objective: Objective, candidate: Candidate) -> None:
    """Accuracies made from expressibility itself: the correlation is whole, and its sign says less is better."""
    made = []
    for n_layers in (1, 2, 3):
        for region in (0, 1):
            params = {**PARAMS, "n_layers": n_layers, "region": region}
            one = objective.bound.candidate(objective.bound.draw(FixedTrial(params)))
            inputs = objective.predictor_input(objective.transpile(one)[0])
            accuracy = 1 / (1 + PREDICTORS.create("expressibility")(inputs))
            made.append(TrialRecord(len(made), one, {}, Outcome("kept", ""), validation_score=accuracy))
    pruned = TrialRecord(9, candidate, {}, Outcome("pruned", ""))
    found = correlations(objective, [*made, pruned], ["cnr", "expressibility"])
    best = found[0]
    assert (best.predictor, best.rho, best.n) == ("expressibility", pytest.approx(1.0), 6)
    assert best.seconds > 0
    assert correlations(objective, made[:2], ["cnr"])[0].rho is None


MODULE = """
class Weights:
    higher_is_better = True

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def __call__(self, input):
        return self.factor * input.transpiled.n_weights
"""


def test_a_predictor_of_another_package_is_asked_by_name(
    objective: Objective, candidate: Candidate, quick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the real entry-point mechanism: a module and its `.dist-info`, as a wheel leaves them."""
    (tmp_path / "qcsearch_count.py").write_text(MODULE)
    info = tmp_path / "qcsearch_count-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: qcsearch-count\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qcsearch.predictors]\nweights = qcsearch_count:Weights\n")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        asked = '\n[[predictors]]\nname = "weights"\nsettings = { factor = 2.0 }\nmax = 1.0\n'
        record = asking(objective, quick, asked)(0, candidate, PARAMS)
        assert record.costs is not None
        assert record.predictors == {"weights(factor=2.0)": 2.0 * record.costs.parameters.weights}
        assert record.outcome.kind == "infeasible"
    finally:
        PREDICTORS._classes.pop("weights", None)
