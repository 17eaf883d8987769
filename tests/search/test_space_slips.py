"""Spaces with a slip of the pen: each is right, or refused in one sentence before any work starts."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.trial import create_trial  # noqa: F401  the import takes its time, which is not an example's

from qcsearch.data.targets import Classes
from qcsearch.devices.device import Device
from qcsearch.errors import CandidateError, InputError, SpaceError
from qcsearch.presets import preset_files
from qcsearch.search.space.context import SearchContext
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.strategies import check_strategy, create_strategy

T = TypeVar("T")

BASE = """
description = "mine"
[preprocessing]
reductions = ["none", { name = "pca", settings = { n_components = 4 } }]
[circuit]
n_qubits = 2
n_layers = { min = 1, max = 3 }
encodings = ["reuploading", { name = "angle", settings = { axis = "ry" } }]
ansatze = [{ name = "hardware_efficient", settings = { rotations = ["ry", "rz"] } }]
heads = [{ name = "mlp", settings = { hidden = 8 } }]
observables = ["Z", "Z+ZZ"]
[training]
learning_rate = { min = 0.01, max = 0.2 }
optimizers = ["adam"]
losses = ["cross_entropy"]
[constraints]
max_depth = 50
[[predictors]]
name = "expressibility"
max = 0.5
[ladder]
rungs = 1
[refit]
top = 2
[[start]]
encoding = "reuploading"
n_layers = 2
"""

SLIPS = [
    ("n_components = 4", "components = 4", "has no setting 'components'", "'n_components'"),
    ("n_components = 4", "n_component = 4", "has no setting 'n_component'", "'n_components'"),
    ("n_components = 4", 'n_components = "4"', "must be an int in [1, ", None),
    ("n_components = 4", "n_components = 0", "must be an int in [1, ", None),
    ("n_components = 4", "n_components = 4.0", "must be an int in [1, ", None),
    ("{ n_components = 4 }", "{}", "must have the setting 'n_components'", None),
    ('"pca"', '"PCA"', "'PCA' is not one of the reductions", "'pca'"),
    ("encodings =", "encoding =", "'circuit.encoding': there is no such key", "'encodings'"),
    ("ansatze =", "ansatz =", "'circuit.ansatz': there is no such key", "'ansatze'"),
    ("heads =", "head =", "'circuit.head': there is no such key", "'heads'"),
    ("observables =", "optimizers =", "'circuit.optimizers': there is no such key", "'training.optimizers'"),
    ("[training]", "[trainings]", "'trainings': there is no such key", "'training'"),
    ("max_depth", "max-depth", "'constraints.max-depth': there is no such key", "'max_depth'"),
    ("name = \"pca\", settings", "name = \"pca\", setting", "there is no such key", "'settings'"),
    ("min = 1, max = 3", "min = 1, maximum = 3", "'circuit.n_layers.maximum': there is no such key", "'max'"),
    ("min = 0.01, max", "min = 0.01, mx", "'training.learning_rate.mx': there is no such key", "'max'"),
    ('"reuploading", {', '"re_uploading", {', "'re_uploading' is not one of the encodings", "'reuploading'"),
    ("axis", "axes", "has no setting 'axes'", "'axis'"),
    ('axis = "ry"', 'axis = "yr"', "must be one of rx, ry, rz", "'ry'"),
    ('"hardware_efficient"', '"hardware-efficient"', "is not one of the ansatze", "'hardware_efficient'"),
    ('["ry", "rz"]', '["ry", "rzz"]', "a list of one or more of", "'rz'"),
    ('"mlp"', '"mpl"', "is not one of the heads", "'mlp'"),
    ("hidden", "hiden", "has no setting 'hiden'", "'hidden'"),
    ('"adam"', '"Adam"', "is not one of the optimizers", "'adam'"),
    ('"cross_entropy"', '"crossentropy"', "is not one of the losses", "'cross_entropy'"),
    ('"expressibility"', '"expressability"', "is not one of the predictors", "'expressibility'"),
    ("max = 0.5", "maks = 0.5", "'predictors.0.maks': there is no such key", "'max'"),
    ("rungs", "rung", "'ladder.rung': there is no such key", "'rungs'"),
    ("n_layers = 2", "n_layer = 2", "there is no such parameter", "'n_layers'"),
    ('= "reuploading"', '= "reupload"', "one of 'reuploading'", "'reuploading'"),
    ("n_qubits = 2", 'n_qubits = 2\nshape = "lines"', "must be 'any' or 'line'", "'line'"),
    ('["Z", "Z+ZZ"]', '["Z", "z+zz"]', "Paulis joined by +", None),
    ("optimizers", 'schedule = "cosin"\noptimizers', "must be one of constant, cosine", "'cosine'"),
    ("optimizers", "steps = -5\noptimizers", "'training.steps'", None),
    ("optimizers", "target_accuracy = 95\noptimizers", "less than or equal to 1", None),
    ("max = 3 }", "max = 100000 }", "'n_layers' ends at 1000 or below", None),
    ("{ n_components = 4 }", "{ n_components = inf }", "settings are text, numbers", None),
    ("{ n_components = 4 }", "{ n_components = 1979-05-27 }", "settings are text, numbers", None),
    ("max = 0.5", "min = 0.6\nmax = 0.5", "'min' must not be above 'max'", None),
    ('encodings = [', 'encodings = "angle"\nmeasured = [', "'circuit.encodings': must be a list", None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence", "meant"), SLIPS, ids=[slip[1] for slip in SLIPS])
def test_a_slip_is_refused_at_the_door_with_the_name_that_was_meant(
    old: str, new: str, sentence: str, meant: str | None
) -> None:
    SearchSpace.from_toml(BASE)
    assert old in BASE
    with pytest.raises(SpaceError) as caught:
        SearchSpace.from_toml(BASE.replace(old, new, 1))
    assert sentence in caught.value.message
    if meant is None:
        assert not (caught.value.fix or "").startswith("did you mean")
    else:
        assert caught.value.fix is not None
        assert meant in caught.value.fix


def test_a_gate_that_there_is_not_is_refused_at_the_door() -> None:
    gates = '{ name = "gates", settings = { gates = [{ name = "rry", qubits = [0], angle = 1.0 }] } }'
    text = BASE.replace('{ name = "hardware_efficient", settings = { rotations = ["ry", "rz"] } }', gates)
    with pytest.raises(SpaceError, match="'rry' is not one of the gates") as caught:
        SearchSpace.from_toml(text)
    assert caught.value.fix is not None
    assert "'ry'" in caught.value.fix


def test_slips_in_strategies_and_their_options_are_asked_about() -> None:
    space = SearchSpace.from_toml(BASE)
    for name, options, meant in (
        ("atuo", {}, "'auto'"),
        ("auto", {"parent": 2}, "'parents'"),
        ("nsga2", {"population": 4}, "'population_size'"),
        ("nsga2", {"objectives": ["validation_score", "two_qubit_gate"]}, "'two_qubit_gates'"),
        ("quantumnas", {"evolution.populaton": 4}, "'evolution.population'"),
    ):
        with pytest.raises(SpaceError) as caught:
            check_strategy(name, space, options)
        assert caught.value.fix is not None
        assert meant in caught.value.fix


def test_a_deeply_nested_file_is_one_sentence() -> None:
    with pytest.raises(SpaceError, match="must be TOML"):
        SearchSpace.from_toml("description = " + "[" * 100_000)


# --- any mutation ---------------------------------------------------------------------------------------------------

TEXTS = [BASE, *(path.read_text("utf-8") for path in preset_files("search_spaces", ".toml").values())]
JUNK = st.recursive(
    st.none().map(lambda _: "")
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["all", "none", "Z", "angle", "ry", "line", 0, 1, -1, 2**53, 1e-300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*at, key)
        yield from places(value, (*at, key))


def renamed(draw: st.DrawFn, key: str) -> str:
    i = draw(st.integers(0, len(key) - 1))
    return draw(
        st.sampled_from(
            [key[:i] + key[i + 1 :], key[:i] + key[i] + key[i:], key.upper(), key + "s", "x" + key]
        )
    )


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, bool]:
    """A space with one thing changed, and whether that is a key that there is not."""
    data = tomllib.loads(draw(st.sampled_from(TEXTS)))
    way = draw(st.sampled_from(list(places(data))))
    *parents, last = way
    inside = copy.deepcopy(data)
    here = inside
    for part in parents:
        here = here[part]
    kind = draw(st.sampled_from(["rename", "replace", "remove"]))
    if kind == "rename" and isinstance(last, str):
        other = renamed(draw, last)
        strange = other != last and other not in here
        here[other] = here.pop(last)
        return tomli_w.dumps(inside), strange
    if kind == "remove":
        del here[last]
    else:
        here[last] = draw(JUNK)
    return tomli_w.dumps(inside), False


def refused(work: Callable[[], T]) -> tuple[str, T | None]:
    try:
        return "", work()
    except SpaceError as error:
        return str(error), None


def right_or_one_sentence(text: str, strange: bool, context: SearchContext) -> None:
    sentence, space = refused(lambda: SearchSpace.from_toml(text))
    if space is None:
        assert "\n" not in sentence
        assert len(sentence) < 2000
        return
    assert not strange, "a key that there is not was accepted"
    for name in ("auto", "random"):
        check_strategy(name, space)
    try:
        bound = space.bind(context)
    except SpaceError:
        return
    for last in (False, True):
        params = {key: list(values)[-last] for key, values in bound.parameters.choices.items()}
        params |= {key: whole.max if last else whole.min for key, whole in bound.parameters.ints.items()}
        params |= {key: log.max if last else log.min for key, log in bound.parameters.logs.items()}
        params["n_qubits"] = max(bound.regions) if last else min(bound.regions)
        bound.candidate(params)
    assert space.describe()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(slip=slips())
def test_any_change_of_a_space_is_right_or_one_sentence(slip: tuple[str, bool], device: Device) -> None:
    right_or_one_sentence(*slip, SearchContext(device, 64, Classes(tuple(range(4))), (8, 8)))


@pytest.mark.exhaustive
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(slip=slips())
def test_ten_thousand_changes_of_a_space(slip: tuple[str, bool], device: Device) -> None:
    right_or_one_sentence(*slip, SearchContext(device, 64, Classes(tuple(range(4))), (8, 8)))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(["auto", "tpe", "nsga2", "quantumnas", "elivagar"]),
    option=st.sampled_from(
        ["parents", "n_startup_trials", "objectives", "evolution.population", "pool", "sise"]
    ),
    value=JUNK,
)
def test_any_value_of_an_option_is_right_or_one_sentence(name: str, option: str, value: Any) -> None:
    sentence, _ = refused(lambda: create_strategy(name, {option: value}))
    assert "\n" not in sentence


def test_the_same_slips_in_a_candidate_are_refused_before_the_data_are_touched(tmp_path: Path) -> None:
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.training.single import train

    good: dict[str, Any] = {
        "encoding": {"name": "reuploading"},
        "ansatz": {"name": "hardware_efficient", "settings": {"n_layers": 1}},
        "qubits": [0, 1],
        "observables": ["Z0", "Z1"],
        "preprocessing": {"reduction": {"name": "pca", "settings": {"n_components": 2}}},
    }
    Candidate.from_json(good)
    for way, slip, meant in (
        (("ansats",), 1, "'ansatz'"),
        (("encoding",), "reuploding", "'reuploading'"),
        (("encoding",), {"name": "angle", "setting": {}}, "'settings'"),
        (("encoding",), {"name": "angle", "settings": {"axes": "ry"}}, "'axis'"),
        (("ansatz",), {"name": "hardware_eficient"}, "'hardware_efficient'"),
        (("head",), "lineal", "'linear'"),
        (("preprocessing", "reduction"), "pcaa", "'pca'"),
        (("preprocessing", "scalings"), "minmax", "'scaling'"),
        (("preprocessing", "scaling"), "min_max", "'minmax'"),
        (("training",), {"step": 3}, "'steps'"),
        (("training",), {"optimizer": "adm"}, "'adam'"),
        (("training",), {"loss": "cross-entropi"}, "'cross_entropy'"),
        (("training",), {"gradient": "parameter-shift"}, "'parameter_shift'"),
        (("preprocessing", "reduction"), {"name": "pca", "settings": {"components": 2}}, "'n_components'"),
        (("observables",), ["Z9"], None),
    ):
        wrong = copy.deepcopy(good)
        here = wrong
        for part in way[:-1]:
            here = here[part]
        here[way[-1]] = slip
        with pytest.raises(CandidateError) as caught:
            train(wrong, object(), None, device="fake_manila")  # type: ignore[arg-type]  # never looked at
        assert meant is None or (caught.value.fix is not None and meant in caught.value.fix), wrong


def test_everything_that_is_refused_is_bad_input() -> None:
    with pytest.raises(InputError):
        SearchSpace.from_toml("")
