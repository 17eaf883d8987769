"""A family finds its members: built in, or offered by an installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.errors import CandidateError, InputError
from qcsearch.registry import Registry
from qcsearch.search.predictors import PREDICTORS
from qcsearch.search.strategies import STRATEGIES
from qcsearch.training.heads import HEADS
from qcsearch.training.losses import LOSSES
from qcsearch.training.optimizers import OPTIMIZERS


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with one good plugin and one whose module cannot be imported."""
    info = tmp_path / "colours-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: colours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qcsearch.colours]\nred = red_colour:Red\nbroken = gone:Gone\n")
    (tmp_path / "red_colour.py").write_text(
        "class Red:\n    def __init__(self, shade=1):\n        self.shade = shade\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def colours() -> Registry[object]:
    return Registry("qcsearch.colours", CandidateError)


@pytest.mark.usefixtures("installed")
def test_an_installed_plugin_is_listed_and_built_with_its_settings(colours: Registry[object]) -> None:
    assert colours.names() == ["broken", "red"]
    assert vars(colours.create("red", {"shade": 3})) == {"shade": 3}


@pytest.mark.usefixtures("installed")
def test_a_plugin_that_cannot_be_imported_is_one_sentence(colours: Registry[object]) -> None:
    with pytest.raises(
        CandidateError, match="plugin 'broken' of the colours cannot be loaded: ModuleNotFoundError"
    ):
        colours.get("broken")


def test_what_is_built_in_wins(colours: Registry[object]) -> None:
    colours.register("red")(dict)
    assert colours.create("red", {"a": 1}) == {"a": 1}


def test_a_class_that_lacks_a_method_of_its_family_is_one_sentence() -> None:
    shades: Registry[object] = Registry("qcsearch.shades", CandidateError, needs=("mix", "thin"))
    shades.register("grey")(type("Grey", (), {"mix": None}))
    with pytest.raises(CandidateError, match=r"'grey' of the shades must have mix, thin\. It lacks thin\."):
        shades.create("grey")


@pytest.mark.parametrize("family", [ENCODINGS, ANSATZE, HEADS, LOSSES, OPTIMIZERS, STRATEGIES, PREDICTORS])
def test_every_family_says_what_its_members_need(
    family: Registry[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(family._classes, "empty", object)
    with pytest.raises(InputError, match=r"'empty' of the \w+ must have .*\. It lacks "):
        family.create("empty")


def test_an_unknown_name_lists_the_known_ones(colours: Registry[object]) -> None:
    colours.register("green")(dict)
    with pytest.raises(CandidateError, match=r"'blue' is not one of the colours\. Known: green\."):
        colours.get("blue")


def test_settings_that_do_not_fit_are_one_sentence(colours: Registry[object]) -> None:
    colours.register("plain")(object)
    with pytest.raises(CandidateError, match=r"'plain' of the colours has no setting 'size'\. It has none\."):
        colours.create("plain", {"size": 1})


def test_a_slip_of_the_pen_is_asked_about(colours: Registry[object]) -> None:
    def mixed(first_part: int, second: int = 1) -> object:
        return int(first_part), second

    colours.register("mixed")(mixed)
    for name, settings, question in (
        ("mixd", {}, "did you mean 'mixed'?"),
        ("Mixed", {}, "did you mean 'mixed'?"),
        ("mixed", {"first": 1}, "did you mean 'first_part'?"),
        ("mixed", {"First-Part": 1}, "did you mean 'first_part'?"),
        ("mixed", {"zzz": 1}, None),
        ("zzz", {}, None),
    ):
        with pytest.raises(CandidateError) as caught:
            colours.create(name, settings)
        assert caught.value.fix == question
    with pytest.raises(CandidateError, match="'mixed' of the colours must have the setting 'first_part'"):
        colours.create("mixed", {"second": 2})
    with pytest.raises(CandidateError, match="'mixed' of the colours cannot take these settings: int"):
        colours.create("mixed", {"first_part": []})


def test_a_function_that_takes_any_settings_judges_them_itself(colours: Registry[object]) -> None:
    colours.register("any")(dict)
    assert colours.create("any", {"whatever": 1}) == {"whatever": 1}
