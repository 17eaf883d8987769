"""The settings of a search: checked when they are made, stored, and told as options of the command."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qcsearch import QuantumCircuitSearchClassifier
from qcsearch.cli.options.search import SearchOptions
from qcsearch.errors import InputError
from qcsearch.search.settings import DEFAULT_TRIALS, SearchSettings
from qcsearch.storage import canonical
from qcsearch.typed import read

NAMES = {field.name for field in fields(SearchSettings)}


def test_without_totals_there_is_a_number_of_trials() -> None:
    assert SearchSettings().n_trials == DEFAULT_TRIALS
    assert SearchSettings(max_seconds=3).n_trials is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"n_trials": 0}, r"Got 0"),
        ({"n_trials": -1}, r"Got -1"),
        ({"max_seconds": 0.0}, "seconds"),
        ({"max_seconds": -1.0}, "seconds"),
        ({"max_seconds": math.nan}, "seconds"),
        ({"max_seconds": math.inf}, "seconds"),
        ({"max_two_qubit_gates": -1}, r"two-qubit gates must be an int ≥ 0. Got -1"),
        ({"max_parameters": -1}, r"trained parameters must be an int ≥ 0. Got -1"),
        ({"max_duration_us": 0.0}, r"duration must be a number of µs > 0. Got 0.0"),
        ({"max_duration_us": math.nan}, r"Got nan"),
        ({"workers": 0}, r"workers must be an int in \[1, 256\]. Got 0"),
        ({"seed": -1}, r"seed must be an int in"),
        ({"seed_from": 3}, r"begin with must be a path"),
        ({"baselines": "all"}, r"baselines must be one of 'none', 'fast', 'full'. Got 'all'"),
        ({"metric": "f1_makro"}, r"must be one of accuracy, .* Got 'f1_makro'. Fix: did you mean 'f1_macro'"),
        ({"metric": "rand_score"}, r"must be one of accuracy, .* Got 'rand_score'"),
    ],
)
def test_an_impossible_setting_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        SearchSettings(**given)


def test_they_are_the_same_after_a_file() -> None:
    options = {"pool": np.int64(50), "objectives": ["validation_score", "depth"]}
    settings = SearchSettings(None, 60, 8, 40, 2.5, 2, 7, "elivagar", options, Path("runs/first"))
    text = canonical.dumps({name: getattr(settings, name) for name in NAMES})
    assert read(SearchSettings, canonical.loads(text), "settings") == settings


@pytest.mark.parametrize("name", sorted(NAMES - {"n_trials", "max_seconds", "workers", "seed_from"}))
def test_a_setting_that_changes_what_is_tried_cannot_change_when_a_run_is_resumed(name: str) -> None:
    changed: dict[str, Any] = {"strategy": "random", "strategy_options": {"pool": 5}, "baselines": "full"}
    changed |= {"metric": "f1_macro", "class_weight": "balanced", "threshold_scoring": "f1"}
    assert SearchSettings(**{name: changed.get(name, 3)}).identity != SearchSettings().identity


def test_the_options_of_the_command_are_those_that_ask_for_them() -> None:
    settings = SearchSettings(5, 60, 8, 40, None, 2, 7, "elivagar", {"pool": 50}, "runs/first")
    said = (
        "--trials 5 --max-seconds 60 --max-two-qubit-gates 8 --max-parameters 40 --workers 2 --seed 7 "
        "--strategy elivagar --strategy-option pool=50 --seed-from runs/first --baselines fast"
    )
    assert settings.options() == said.split()


def test_weights_of_classes_are_options_of_the_command_and_read_back_from_it() -> None:
    asked = SearchSettings(5, class_weight={"b=c": 3, 0: 2})
    words = asked.options()
    said = [words[i + 1] for i, word in enumerate(words) if word == "--class-weight"]
    assert said == ["b=c=3.0", "0=2.0"]
    assert SearchOptions(class_weight=said).settings(None, 0, None).class_weight == asked.class_weight
    balanced = SearchOptions(class_weight=["balanced"]).settings(None, 0, None)
    assert balanced == SearchSettings(class_weight="balanced")
    with pytest.raises(InputError, match=r"--class-weight must be balanced, or LABEL=WEIGHT. Got 'b'"):
        SearchOptions(class_weight=["a=2", "b"]).settings(None, 0, None)


def test_estimator_and_command_line_have_every_setting_by_its_name() -> None:
    assert QuantumCircuitSearchClassifier().get_params().keys() >= NAMES - {"seed"}
    assert {field.name for field in fields(SearchOptions)} >= NAMES - {"seed_from"}
