"""The search space: a TOML file of choices, checked by the families it names, with a fingerprint."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qcsearch import canonical, files
from qcsearch.arguments import as_float, as_int
from qcsearch.canonical import Json
from qcsearch.circuits import checks
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.build import check_gates, with_layers
from qcsearch.circuits.candidate import Candidate, Choice, Preprocessing, TrainingOptions
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.errors import CandidateError, SpaceError
from qcsearch.escape import for_terminal
from qcsearch.limits import MAX_SPACE_BYTES
from qcsearch.presets import preset_files
from qcsearch.registry import Registry
from qcsearch.search.ladder import Ladder
from qcsearch.search.parameters import Parameters
from qcsearch.search.space_file import Alternative, IntRange, SpaceFile, parse
from qcsearch.search.space_text import to_toml
from qcsearch.spelling import meant
from qcsearch.training.heads import HEADS
from qcsearch.training.losses import LOSSES
from qcsearch.training.optimisers import OPTIMISERS

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

    from qcsearch.search.bound import BoundSpace
    from qcsearch.search.context import SearchContext

__all__ = ["SPACES", "SearchSpace", "list_spaces", "load_space"]


@dataclass(frozen=True)
class SearchSpace:
    """A checked search space.

    Attributes:
        name: of the preset or the file.
        text: the TOML it was read from.
        file: what the TOML says.
    """

    name: str
    text: str
    file: SpaceFile

    @classmethod
    def from_toml(cls, text: str, name: str = "space") -> SearchSpace:
        """Read and check a space.

        Raises:
            SpaceError: naming the key and its value, for anything that is wrong.
        """
        file = parse(text, name)
        space = cls(name, text, file)
        _check_families(space)
        space.parameters.check_starts(name, file.start)
        return space

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what the file means: comments, order of keys and the description do not count."""
        said = self.file.model_dump(mode="json", exclude={"description"})
        if not self.file.predictors:
            del said["predictors"]  # what came later into the files does not count while it is not said
        if self.file.constraints.max_duration_us is None:
            del said["constraints"]["max_duration_us"]
        if not any(self.file.training.weight_decays):
            said["training"]["l2"] = said["training"].pop(
                "weight_decays"
            )  # its name while it was the head's alone
        return canonical.digest(said)

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of a trial before the data are known."""
        return Parameters.of(self.file)

    @property
    def ladder(self) -> Ladder:
        """The rungs of successive halving."""
        return Ladder(self.file.ladder.rungs, self.file.ladder.reduction_factor)

    def tightened(
        self, *, max_two_qubit_gates: int | None = None, max_duration_us: float | None = None
    ) -> SearchSpace:
        """The space with these limits on top of its own: the tighter one holds.

        Args:
            max_two_qubit_gates: of the mapped circuit; None for no other limit.
            max_duration_us: microseconds of one execution, readout included; None for no other limit.

        Raises:
            InputError: if a limit is not possible.
        """
        max_two_qubit_gates, max_duration_us = check_limits(max_two_qubit_gates, max_duration_us)
        asked = {"max_two_qubit_gates": max_two_qubit_gates, "max_duration_us": max_duration_us}
        own = self.file.constraints.model_dump()
        tighter = {k: v for k, v in asked.items() if v is not None and (own[k] is None or v < own[k])}
        if not tighter:
            return self
        said = tomllib.loads(self.text)
        said["constraints"] = {**said.get("constraints", {}), **tighter}
        return SearchSpace.from_toml(to_toml(said), self.name)

    def bind(self, context: SearchContext) -> BoundSpace:
        """Keep what is possible for this device and these data.

        Raises:
            SpaceError: if nothing is left of a family.
        """
        from qcsearch.search.bound import BoundSpace  # scikit-learn comes with it

        return BoundSpace.of(self.name, self.file, self.parameters, context)

    def suggest(self, trial: BaseTrial, context: SearchContext) -> Candidate:
        """Draw one candidate from a trial of Optuna.

        Raises:
            SpaceError: if nothing is left of a family for these data.
        """
        bound = self.bind(context)
        return bound.candidate(bound.draw(trial))

    def describe(self) -> list[tuple[str, str]]:
        """Rows `(parameter, choices)` for a person."""
        rows = [(key, text) for key, text in self.parameters.describe()]
        limits = self.file.constraints.model_dump(exclude_none=True)
        rows += [(key, str(value)) for key, value in limits.items()]
        return rows + [(part.label, part.limits) for part in self.file.predictors]


SPACES: Registry[str] = Registry("qcsearch.search_spaces", SpaceError)
"""Spaces of other packages: functions without arguments that return TOML, in the group `qcsearch.search_spaces`."""


def list_spaces() -> dict[str, str]:
    """The presets and the spaces of other packages: description by name, sorted."""
    return {name: load_space(name).file.description for name in _names()}


def _names() -> list[str]:
    return sorted({*preset_files("search_spaces", ".toml"), *SPACES.names()})


def load_space(source: str | Path | SearchSpace) -> SearchSpace:
    """Load a space.

    Args:
        source: the name of a preset or of another package's space, the path of a `.toml` file, or a space, which is
            returned as it is.

    Raises:
        SpaceError: if there is no such space or file, or it is wrong.
    """
    if isinstance(source, SearchSpace):
        return source
    if not isinstance(source, str | Path):
        raise SpaceError(f"A search space must be a name, a path or a SearchSpace. Got {source!r}.")
    presets = preset_files("search_spaces", ".toml")
    name = str(source)
    if name not in presets and name in SPACES.names():
        return SearchSpace.from_toml(_text(name), name)
    path = presets.get(name, Path(source))
    if name not in presets and not path.is_file():
        raise SpaceError(
            f"'{name}' is neither a search space ({', '.join(_names())}) nor a file.",
            fix=meant(name, _names()) or "name one of those, or give the path of a .toml file.",
        )
    try:
        text = files.read_text(path, MAX_SPACE_BYTES, follow=True)
    except (OSError, UnicodeDecodeError) as error:
        raise SpaceError(f"The search space '{name}' cannot be read: {error}.") from None
    return SearchSpace.from_toml(text, name if name in presets else for_terminal(path.stem))


def check_limits(max_two_qubit_gates: object, max_duration_us: object) -> tuple[int | None, float | None]:
    """Return the limits of a search, None for none.

    Raises:
        InputError: if one is not possible.
    """
    gates, duration = max_two_qubit_gates, max_duration_us
    return (
        None if gates is None else as_int(gates, "The limit of two-qubit gates", 0),
        None if duration is None else as_float(duration, "The limit of the duration must be a number of µs"),
    )


def _text(name: str) -> str:
    """The TOML of another package's space."""
    text = SPACES.create(name)
    if not isinstance(text, str):
        raise SpaceError(
            f"The plugin '{name}' of the search_spaces must return TOML text. Got {type(text).__name__}."
        )
    return text


def _check_families(space: SearchSpace) -> None:
    """Build every alternative once, so that a wrong name or setting ends before any work starts."""
    circuit, training = space.file.circuit, space.file.training
    _check(space.name, "preprocessing.reductions", _reduction, space.file.preprocessing.reductions)
    _check(space.name, "circuit.encodings", ENCODINGS.create, circuit.encodings)
    _check(space.name, "circuit.ansatze", partial(_ansatz, circuit.n_layers), circuit.ansatze)
    _check(space.name, "circuit.heads", HEADS.create, circuit.heads)
    for key, registry, names in (
        ("training.optimizers", OPTIMISERS, training.optimizers),
        ("training.losses", LOSSES, training.losses),
    ):
        _check(space.name, key, registry.create, [Alternative(name=name) for name in names])
    if space.file.predictors:
        from qcsearch.search.predictors import PREDICTORS  # the engine comes with it

        _check(space.name, "predictors", PREDICTORS.create, space.file.predictors)
    for key, build in _values(space.file):
        _attempt(space.name, key, build)


_MANY = 1_000_000


def _reduction(name: str, settings: Mapping[str, Json]) -> None:
    from qcsearch.data.preprocess import check_reduction  # scikit-learn comes with it

    check_reduction(Choice(name, settings))


def _ansatz(n_layers: IntRange, name: str, settings: Mapping[str, Json]) -> None:
    """An ansatz with the fewest and the most layers that it may have here; its gates, if it names some."""
    for most in (n_layers.min, n_layers.max):
        choice = with_layers(Choice(name, settings), most)
        ansatz = ANSATZE.create(choice.name, choice.settings)
        check_gates(getattr(ansatz, "gates", ()), _MANY, _MANY)


def _values(file: SpaceFile) -> Iterator[tuple[str, Callable[[], object]]]:
    """Plain values by key, each to be judged by the candidate's own part."""
    training = file.training
    for name in file.preprocessing.scalings:
        yield "preprocessing.scalings", partial(Preprocessing, scaling=name)
    options: dict[str, tuple[str, Iterable[Any]]] = {
        "learning_rate": ("learning_rate", (training.learning_rate.min, training.learning_rate.max)),
        "head_rate": ("head_rate", (training.head_rate.min, training.head_rate.max)),
        "steps": ("steps", (training.steps.min, training.steps.max)),
        "schedule": ("schedule", (training.schedule,)),
        "validate_every": ("validate_every", (training.validate_every,)),
        "patience": ("patience", (training.patience,)),
        "batch_sizes": ("batch_size", (size or None for size in training.batch_sizes)),
        "init_scales": ("init_scale", training.init_scales),
        "weight_decays": ("weight_decay", training.weight_decays),
    }
    for key, (option, values) in options.items():
        for value in values:
            yield f"training.{key}", partial(TrainingOptions, **{option: value})


def _check(
    space: str,
    key: str,
    build: Callable[[str, Mapping[str, Json]], object],
    alternatives: Iterable[Alternative],
) -> None:
    seen: set[str] = set()
    for alternative in alternatives:
        if alternative.label in seen:
            raise SpaceError(
                f"The search space '{space}' is wrong at '{key}': '{alternative.label}' stands twice."
            )
        seen.add(alternative.label)
        _attempt(space, key, partial(build, alternative.name, alternative.settings), alternative.label)


def _attempt(space: str, key: str, build: Callable[[], object], label: str | None = None) -> None:
    try:
        build()
    except (CandidateError, SpaceError) as error:
        got = "" if label is None else f" Got {checks.short(label)}."
        raise SpaceError(
            f"The search space '{space}' is wrong at '{key}': {error.message}{got}", error.fix
        ) from None
