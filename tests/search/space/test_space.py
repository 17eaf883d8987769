from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from optuna.trial import FixedTrial

from qcsearch.candidate.candidate import Candidate
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import SpaceError
from qcsearch.presets import preset_files
from qcsearch.search.space.context import SearchContext
from qcsearch.search.space.space import SearchSpace, list_spaces, load_space

PRESETS = sorted(preset_files("search_spaces", ".toml"))


@pytest.fixture(scope="module")
def torino() -> Device:
    return get_device("fake_torino")


@pytest.fixture
def context(device: Device) -> SearchContext:
    return SearchContext(device, n_features=5, target=Classes(tuple(range(3))))


def edited(text: str, old: str, new: str) -> SearchSpace:
    assert old in text
    return SearchSpace.from_toml(text.replace(old, new), "mine")


def test_the_presets_are_listed_with_their_descriptions() -> None:
    assert {"tiny", "default", "linear", "heavy_hex", "images", "quantumnas"} <= set(PRESETS)
    assert list(list_spaces()) == PRESETS
    assert all(text.endswith(".") for text in list_spaces().values())


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "quantum_data"])
def test_every_preset_makes_candidates_for_images_on_a_large_device(name: str, torino: Device) -> None:
    space = load_space(name)
    bound = space.bind(
        SearchContext(torino, n_features=64, target=Classes(tuple(range(4))), image_shape=(8, 8))
    )
    for point in space.file.start:
        start = bound.parameters.start(point)
        assert start == point, "a start point must be possible for images"
    params = {key: next(iter(values)) for key, values in bound.parameters.choices.items()}
    params |= {key: whole.max for key, whole in bound.parameters.ints.items()}
    params |= {key: log.min for key, log in bound.parameters.logs.items()}
    candidate = bound.candidate(params)
    assert candidate.n_qubits == space.file.circuit.n_qubits.max


def test_a_space_is_loaded_by_name_by_path_and_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(load_space("tiny").text, "utf-8")
    mine = load_space(path)
    assert mine.name == "mine"
    assert mine.fingerprint == load_space("tiny").fingerprint
    assert load_space(mine) is mine


def test_an_unknown_space_names_those_there_are() -> None:
    with pytest.raises(SpaceError, match=r"'nothing' is neither a search space \(.*tiny.*\) nor a file"):
        load_space("nothing")


def test_the_fingerprint_is_of_the_meaning(quick: str) -> None:
    plain = SearchSpace.from_toml(quick)
    commented = edited(quick, 'description = "quick"', '# a comment\ndescription = "other words"')
    assert commented.fingerprint == plain.fingerprint
    defaults_said = edited(quick, "[training]", '[training]\nlosses = ["cross_entropy"]')
    assert defaults_said.fingerprint == plain.fingerprint
    assert edited(quick, "regions = 2", "regions = 3").fingerprint != plain.fingerprint


def test_the_tighter_of_two_limits_holds(quick: str) -> None:
    space = SearchSpace.from_toml(f"{quick}[constraints]\nmax_two_qubit_gates = 6\nmax_depth = 50\n", "quick")
    assert space.tightened({}) is space
    assert space.tightened({"max_two_qubit_gates": 6}) is space
    assert space.tightened({"max_two_qubit_gates": 9}) is space
    limits = space.tightened({"max_two_qubit_gates": 4, "max_duration_us": 2.5}).file.constraints
    assert (limits.max_two_qubit_gates, limits.max_duration_us, limits.max_depth) == (4, 2.5, 50)


@pytest.mark.parametrize("name", PRESETS)
def test_a_tightened_preset_differs_in_its_limits_alone_and_its_text_says_so(name: str) -> None:
    space = load_space(name)
    tight = space.tightened({"max_two_qubit_gates": 1, "max_duration_us": 0.5})
    assert tight.fingerprint != space.fingerprint
    assert SearchSpace.from_toml(tight.text, name) == tight
    limits = space.file.constraints.model_copy(update={"max_two_qubit_gates": 1, "max_duration_us": 0.5})
    assert tight.file == space.file.model_copy(update={"constraints": limits})


BAD = {
    "syntax": ('description = "quick"', "description = ", r"must be TOML.*line 2"),
    "unknown key": ("regions = 2", "region = 2", r"'circuit.region': there is no such key"),
    "missing key": ("n_qubits = 2\n", "", r"'circuit.n_qubits': the key is missing"),
    "text for a number": ("n_qubits = 2", 'n_qubits = "2"', r"'circuit.n_qubits'.*Got '2'"),
    "fraction of a qubit": ("n_qubits = 2", "n_qubits = 2.5", r"'circuit.n_qubits'.*Got 2.5"),
    "no qubits": ("n_qubits = 2", "n_qubits = 0", r"'circuit'.*begin at 1"),
    "empty range": ("min = 1, max = 3", "min = 3, max = 1", r"'circuit.n_layers'.*'min' must not be above"),
    "rate of zero": ("min = 0.02", "min = 0.0", r"'training.learning_rate.min'.*greater than 0.*Got 0"),
    "endless rate": ("max = 0.3", "max = inf", r"'training.learning_rate.max'.*Got inf"),
    "no encodings": ('["reuploading", "angle"]', "[]", r"'circuit.encodings'.*Got"),
    "unknown encoding": ('"angle"]', '"angel"]', r"'circuit.encodings': 'angel' is not one of.*Got 'angel'"),
    "unknown setting": (
        '"angle"]',
        '{ name = "angle", settings = { axes = "x" } }]',
        r"'circuit.encodings'.*Got 'angle\(axes=x\)'",
    ),
    "bad setting": (
        '"angle"]',
        '{ name = "angle", settings = { axis = "w" } }]',
        r"'circuit.encodings': The 'axis' parameter of angle must be one of rx, ry, rz\. Got 'w'\.$",
    ),
    "unknown ansatz": ('["hardware_efficient"]', '["hardware"]', r"'circuit.ansatze'.*Got 'hardware'"),
    "unknown head": ("regions = 2", 'regions = 2\nheads = ["none", "big"]', r"'circuit.heads'.*Got 'big'"),
    "unknown optimizer": ("steps = 12", 'steps = 12\noptimizers = ["sdg"]', r"'training.optimizers'.*'sdg'"),
    "unknown loss": ("steps = 12", 'steps = 12\nlosses = ["l1"]', r"'training.losses'.*Got 'l1'"),
    "unknown scaling": ('"standard"]', '"norm"]', r"'preprocessing.scalings'.*Got 'norm'"),
    "unknown schedule": ("steps = 12", 'steps = 12\nschedule = "up"', r"'training.schedule'.*Got 'up'"),
    "bad observable": ('["Z", "Z+ZZ"]', '["Z", "Z+W"]', r"'circuit'.*'observables'.*'Z\+W'"),
    "bad measured": ("regions = 2", 'regions = 2\nmeasured = ["most"]', r"'circuit'.*'measured'.*'most'"),
    "aliasing angles": (
        "[circuit]",
        "angle_ranges_pi = [[-1.0, 1.0]]\n[circuit]",
        r"'angle_ranges_pi'.*\[-1, 1\]",
    ),
    "no regions": ("regions = 2", "regions = 0", r"'circuit.regions'.*Got 0"),
    "unknown shape": ("regions = 2", 'regions = 2\nshape = "ring"', r"'circuit.shape'.*Got 'ring'"),
    "negative decay": ("steps = 12", "steps = 12\nweight_decays = [-1.0]", r"'training.weight_decays.0'.*Got -1"),
    "one label twice": ('["reuploading", "angle"]', '["angle", "angle"]', r"'circuit.encodings'.*twice"),
    "impossible limit": (
        "[ladder]",
        "[constraints]\nmax_depth = 0\n[ladder]",
        r"'constraints.max_depth'.*Got 0",
    ),
    "start of nothing": ("n_layers = 2", "layers = 2", r"'start' number 1, 'layers': there is no such"),
    "start out of range": ("n_layers = 2", "n_layers = 4", r"'start' number 1, 'n_layers'.*1 … 3.*Got 4"),
    "start of no choice": (
        'encoding = "reuploading"',
        'encoding = "iqp"',
        r"'start' number 1, 'encoding': one of 'reuploading', 'angle' is needed. Got 'iqp'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_space_is_refused_with_its_key_and_its_value(case: str, quick: str) -> None:
    old, new, message = BAD[case]
    with pytest.raises(SpaceError, match=message) as caught:
        edited(quick, old, new)
    assert "'mine'" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpaceError, match="cannot be read"):
        load_space(tmp_path / "bad.toml")


FULL = {
    "scaling": "standard",
    "encoding": "angle",
    "n_layers": 3,
    "region": 1,
    "observables": "Z+ZZ",
    "learning_rate": 0.05,
}


def suggest(space: SearchSpace, trial: FixedTrial, context: SearchContext) -> Candidate:
    """The candidate that a trial draws."""
    bound = space.bind(context)
    return bound.candidate(bound.draw(trial))


def test_a_fixed_trial_gives_the_candidate_it_means(space: SearchSpace, context: SearchContext) -> None:
    candidate = suggest(space, FixedTrial(FULL), context)
    assert candidate.preprocessing.scaling == "standard"
    assert candidate.encoding.name == "angle"
    assert candidate.ansatz.settings == {"n_layers": 3}
    assert candidate.observables == ("Z0", "Z1", "Z0Z1")
    assert candidate.training.learning_rate == 0.05
    assert candidate.training.steps == 12
    assert candidate.training.batch_size == 32
    low, high = candidate.preprocessing.angle_range
    assert (low, high) == (-math.pi / 2, math.pi / 2)
    assert topology(context.device, candidate.qubits).edges == ((0, 1),)


def test_the_same_parameters_give_the_same_candidate(space: SearchSpace, context: SearchContext) -> None:
    assert suggest(space, FixedTrial(FULL), context) == suggest(space, FixedTrial(FULL), context)
    other = suggest(space, FixedTrial({**FULL, "region": 0}), context)
    assert other.qubits != suggest(space, FixedTrial(FULL), context).qubits


def test_what_has_one_value_is_not_asked_but_known(space: SearchSpace, context: SearchContext) -> None:
    trial = FixedTrial(FULL)
    params = space.bind(context).draw(trial)
    assert set(trial.params) == set(FULL)
    assert params["reduction"] == "none"
    assert params["n_qubits"] == 2


def test_the_same_parameters_are_asked_in_every_trial(space: SearchSpace, context: SearchContext) -> None:
    asked = []
    for encoding in ("angle", "reuploading"):
        trial = FixedTrial({**FULL, "encoding": encoding})
        space.bind(context).draw(trial)
        asked.append(trial.distributions)
    assert asked[0] == asked[1]


def test_reductions_that_the_data_do_not_allow_are_left_out(quick: str, context: SearchContext) -> None:
    text = quick.replace(
        "[circuit]",
        'reductions = ["none", { name = "pca", settings = { n_components = 8 } },'
        ' { name = "pool", settings = { size = 2 } }]\n[circuit]',
    )
    space = SearchSpace.from_toml(text)
    assert set(space.bind(context).parameters.choices["reduction"]) == {"none"}
    images = replace(context, n_features=64, image_shape=(8, 8))
    assert len(space.bind(images).parameters.choices["reduction"]) == 3


def test_a_space_without_a_possible_reduction_is_refused(quick: str, context: SearchContext) -> None:
    text = quick.replace("[circuit]", 'reductions = [{ name = "pool", settings = { size = 2 } }]\n[circuit]')
    with pytest.raises(SpaceError, match="No reduction of the search space 'images only' fits these data"):
        SearchSpace.from_toml(text, "images only").bind(context)


def test_a_start_point_loses_what_is_impossible(quick: str, context: SearchContext) -> None:
    text = quick.replace(
        "[circuit]", 'reductions = ["none", { name = "pca", settings = { n_components = 8 } }]\n[circuit]'
    )
    bound = SearchSpace.from_toml(text + 'reduction = "pca(n_components=8)"\n').bind(context)
    point = {"reduction": "pca(n_components=8)", "n_layers": 2}
    assert bound.parameters.start(point) == {"n_layers": 2}


def test_more_qubits_than_the_device_has_are_not_asked_for(quick: str, context: SearchContext) -> None:
    space = edited(quick, "n_qubits = 2", "n_qubits = { min = 2, max = 9 }")
    bound = space.bind(context)
    assert bound.parameters.ints["n_qubits"].max == context.device.n_qubits == 5
    with pytest.raises(SpaceError, match="needs 6 connected qubits"):
        edited(quick, "n_qubits = 2", "n_qubits = 6").bind(context)


def test_lines_are_lines_with_their_qubits_in_order(quick: str, torino: Device) -> None:
    space = edited(quick, "n_qubits = 2\n", 'n_qubits = { min = 2, max = 6 }\nshape = "line"\n')
    regions = space.bind(SearchContext(torino, 2, Classes((0, 1)))).regions
    for size in range(2, 7):
        assert len(regions[size]) == 2
        for line in regions[size]:
            assert topology(torino, line).edges == tuple((q, q + 1) for q in range(size - 1))


def test_the_measured_qubits_are_those_read_best(quick: str, context: SearchContext) -> None:
    text = quick.replace("n_qubits = 2\n", "n_qubits = 4\nmeasured = [2]\n")
    text = text.replace('["Z", "Z+ZZ"]', '["Z+X"]')
    space = SearchSpace.from_toml(text)
    fixed = {name: value for name, value in FULL.items() if name != "observables"}
    candidate = suggest(space, FixedTrial(fixed), context)
    errors = [context.device.qubits[q].readout_error for q in candidate.qubits]
    best = sorted(sorted(range(4), key=lambda q: errors[q])[:2])
    assert candidate.observables == tuple(f"{pauli}{q}" for pauli in "ZX" for q in best)


def test_pairs_are_measured_where_both_qubits_are(quick: str, context: SearchContext) -> None:
    space = edited(quick, "n_qubits = 2\n", "n_qubits = 3\n")
    candidate = suggest(space, FixedTrial(FULL), context)
    edges = topology(context.device, candidate.qubits).edges
    assert candidate.observables == ("Z0", "Z1", "Z2", *(f"Z{a}Z{b}" for a, b in edges))


def test_describe_names_every_parameter_and_limit(quick: str) -> None:
    space = edited(quick, "[ladder]", "[constraints]\nmax_depth = 50\n[ladder]")
    rows = dict(space.describe())
    assert rows["encoding"] == "reuploading, angle"
    assert rows["n_layers"] == "1 … 3"
    assert rows["max_depth"] == "50"


def test_the_readme_names_every_key_of_the_file() -> None:
    folder = next(iter(preset_files("search_spaces", ".toml").values())).parent
    readme = (folder / "README.md").read_text("utf-8")
    from qcsearch.search.space.file import SpaceFile

    def keys(model: type) -> set[str]:
        found: set[str] = set()
        for name, field in model.model_fields.items():
            inner = field.annotation
            found.add(name)
            if hasattr(inner, "model_fields"):
                found |= keys(inner)
        return found

    assert {key for key in keys(SpaceFile) if f"`{key}`" not in readme and f"[{key}]" not in readme} <= {
        "min",
        "max",
        "step",
    }


def test_the_readme_example_is_a_space() -> None:
    folder = next(iter(preset_files("search_spaces", ".toml").values())).parent
    readme = (folder / "README.md").read_text("utf-8")
    blocks = [part.split("```")[0] for part in readme.split("```toml\n")[1:]]
    assert blocks
    for block in blocks:
        tomllib.loads(block)
        if "description" in block:
            SearchSpace.from_toml(block, "README")
