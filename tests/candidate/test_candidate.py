"""A candidate is its JSON."""

import copy
import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.candidate.training import TrainingOptions
from qcsearch.errors import CandidateError
from qcsearch.storage import canonical

steady = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
words = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12).filter(str.isprintable)
floats = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | floats | words
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(words, inner, max_size=3)
    ),
    max_leaves=4,
)
choices = st.builds(Choice, words, st.dictionaries(words, values, max_size=3))
angle_ranges = st.tuples(st.floats(-100, 100), st.floats(1e-3, 6.28)).map(lambda p: (p[0], p[0] + p[1]))
positive = st.floats(1e-9, 1e9) | st.integers(1, 10**9)
counts = st.integers(1, 10**6)
trainings = st.builds(
    TrainingOptions,
    optimizer=words,
    learning_rate=positive,
    head_rate=positive,
    schedule=st.sampled_from(["constant", "cosine"]),
    steps=st.integers(0, 10**6),
    validate_every=counts,
    batch_size=st.none() | counts,
    gradient=st.sampled_from(["adjoint", "parameter_shift", "finite_difference", "spsa"]),
    noise=st.booleans(),
    init_scale=st.just(-0.0) | positive,
    weight_decay=st.just(0) | positive,
    patience=st.none() | counts,
    target_accuracy=st.none() | floats,
    target_loss=st.none() | floats,
)
candidates = st.builds(
    Candidate,
    encoding=choices,
    ansatz=choices,
    qubits=st.lists(st.integers(0, 200), max_size=6).map(tuple),
    observables=st.lists(words, max_size=4).map(tuple),
    preprocessing=st.builds(
        Preprocessing, choices, st.sampled_from(["minmax", "maxabs", "standard"]), angle_ranges
    ),
    head=choices,
    training=trainings,
)
T = TypeVar("T")
CANDIDATE = Candidate(Choice("angle"), Choice("gates"), (3, 1), ("Z0",))


@steady
@given(candidates)
def test_json_round_trip_keeps_equality_hash_and_digest(candidate: Candidate) -> None:
    for data in (candidate.to_json(), canonical.loads(canonical.dumps(candidate.to_json()))):
        again = Candidate.from_json(data)
        assert again == candidate
        assert hash(again) == hash(candidate)
        assert again.digest == candidate.digest


@steady
@given(candidates, candidates)
def test_candidates_are_equal_exactly_when_their_digests_are(one: Candidate, other: Candidate) -> None:
    for part in fields(Candidate):
        mixed = replace(one, **{part.name: getattr(other, part.name)})
        assert (one == mixed) == (one.digest == mixed.digest)
        assert (one == mixed) == (getattr(one, part.name) == getattr(other, part.name))


@steady
@given(
    st.sampled_from([f.name for f in fields(Candidate)]) | words,
    st.recursive(
        leaves | st.just(math.nan) | st.just(math.inf) | st.just(10**400),
        lambda i: st.lists(i) | st.dictionaries(words, i),
    ),
)
def test_hostile_json_ends_in_a_candidate_or_a_candidate_error(name: str, value: object) -> None:
    candidate = made(Candidate.from_json, {**CANDIDATE.to_json(), name: value})
    if candidate is not None:
        assert Candidate.from_json(candidate.to_json()) == candidate
        assert len(candidate.digest) == 64


@steady
@given(
    st.sampled_from([f.name for f in fields(TrainingOptions)]),
    st.recursive(leaves | st.just(math.nan) | st.just(10**400), st.lists),
)
def test_hostile_training_options_end_in_options_or_a_candidate_error(name: str, value: object) -> None:
    options = made(TrainingOptions.from_json, {name: value})
    assert options is None or TrainingOptions.from_json(options.to_json()) == options


def made(read: Callable[[object], T], data: object) -> T | None:
    """What `read` makes of the data; None where it raises its one sentence."""
    try:
        return read(data)
    except CandidateError as error:
        if "\n" in str(error) or len(str(error)) > 500:
            raise
        return None


def deep(levels: int) -> list[object]:
    nested: list[object] = []
    for _ in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "data",
    [
        None,
        3,
        "angle",
        [],
        {},
        {1: 2},
        {"encoding": "angle"},
        {**CANDIDATE.to_json(), "colour": 1},
        {**CANDIDATE.to_json(), "qubits": ["3"]},
        {**CANDIDATE.to_json(), "qubits": [1.0]},
        {**CANDIDATE.to_json(), "qubits": [True]},
        {**CANDIDATE.to_json(), "qubits": "31"},
        {**CANDIDATE.to_json(), "qubits": {"3": 1}},
        {**CANDIDATE.to_json(), "qubits": [10**5000]},
        {**CANDIDATE.to_json(), "observables": "Z0"},
        {**CANDIDATE.to_json(), "observables": [0]},
        {**CANDIDATE.to_json(), "observables": ["\ud800"]},
        {**CANDIDATE.to_json(), "encoding": {"name": "angle", "settings": {"a": math.nan}}},
        {**CANDIDATE.to_json(), "encoding": {"name": "angle", "settings": {"a": "\ud800"}}},
        {**CANDIDATE.to_json(), "encoding": {"name": "\ud800"}},
        {**CANDIDATE.to_json(), "encoding": {"name": "angle", "settings": {"a": deep(10**5)}}},
        {**CANDIDATE.to_json(), "encoding": {"name": "angle", "settings": {1: 2}, "x": 0}},
        {**CANDIDATE.to_json(), "encoding": {"name": "angle", "settings": {"a": {1, 2}}}},
        {**CANDIDATE.to_json(), "encoding": {"name": "angle", "settings": {"a": np.int64(3)}}},
        {**CANDIDATE.to_json(), "encoding": {"settings": {}}},
        {**CANDIDATE.to_json(), "encoding": ""},
        {**CANDIDATE.to_json(), "preprocessing": {"angle_range": [0, 10**400]}},
        {**CANDIDATE.to_json(), "preprocessing": {"colour": 1}},
        {**CANDIDATE.to_json(), "preprocessing": []},
        {**CANDIDATE.to_json(), "training": {"steps": 1e3}},
        {**CANDIDATE.to_json(), "training": {"momentum": 0.9}},
        {**CANDIDATE.to_json(), "training": None},
    ],
)
def test_what_is_not_a_candidate_is_refused_in_one_sentence(data: object) -> None:
    with pytest.raises(CandidateError) as caught:
        Candidate.from_json(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimizer", ""),
        ("optimizer", None),
        ("loss", 3),
        ("gradient", "backprop"),
        ("schedule", "step"),
        ("learning_rate", 0),
        ("learning_rate", -0.1),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", "0.1"),
        ("learning_rate", True),
        ("head_rate", 0),
        ("steps", -1),
        ("steps", 1.5),
        ("steps", False),
        ("validate_every", 0),
        ("batch_size", 0),
        ("patience", 0),
        ("noise", 1),
        ("noise", None),
        ("init_scale", -0.1),
        ("weight_decay", -1e-9),
        ("target_accuracy", math.nan),
        ("target_loss", "low"),
    ],
)
def test_a_training_option_out_of_range_is_named_with_its_range_and_value(name: str, value: object) -> None:
    sentence = rf"^The '{name}' parameter of TrainingOptions must be .* Got .*\.$"
    with pytest.raises(CandidateError, match=sentence):
        TrainingOptions(**{name: value})


@pytest.mark.parametrize(
    "angle_range",
    [
        (1, 1),
        (1, 0),
        (0, 2 * math.pi),
        (0, math.inf),
        (math.nan, 1),
        (0, 1, 2),
        (0,),
        3,
        "01",
        ("0", "1"),
        None,
    ],
)
def test_an_angle_range_that_is_none_or_that_aliases_is_refused(angle_range: object) -> None:
    with pytest.raises(CandidateError, match=r"^The 'angle_range' parameter of a preprocessing must be"):
        Preprocessing(angle_range=angle_range)


@pytest.mark.parametrize("scaling", ["", "robust", None, 3, ["minmax"]])
def test_an_unknown_scaling_is_refused(scaling: object) -> None:
    with pytest.raises(CandidateError, match="one of minmax, maxabs, standard"):
        Preprocessing(scaling=scaling)


def test_numpy_numbers_become_plain_ones() -> None:
    candidate = replace(
        CANDIDATE,
        qubits=tuple(np.arange(2)),
        preprocessing=Preprocessing(angle_range=tuple(np.array([0.0, 1.0]))),
        training=TrainingOptions(learning_rate=np.float32(0.5), steps=np.int64(3)),
    )
    assert Candidate.from_json(candidate.to_json()) == candidate
    assert type(candidate.qubits[0]) is int
    assert type(candidate.training.learning_rate) is float


def test_settings_are_a_copy_and_do_not_change_with_the_original() -> None:
    settings = {"rotations": ("ry",)}
    choice = Choice("hardware_efficient", settings)
    settings["rotations"] = ("rx",)
    choice.to_json()["settings"]["rotations"].append("rz")
    assert choice == Choice("hardware_efficient", {"rotations": ["ry"]})


def test_a_candidate_survives_a_copy() -> None:
    assert copy.deepcopy(CANDIDATE) == CANDIDATE


def test_a_candidate_is_made_in_well_under_a_millisecond() -> None:
    import timeit

    data = CANDIDATE.to_json()
    assert min(timeit.repeat(lambda: Candidate.from_json(data), number=100, repeat=5)) / 100 < 1e-3
