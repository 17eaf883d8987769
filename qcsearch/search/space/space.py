"""The search space: a TOML file of choices, checked by the registries it names, with a fingerprint."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from qcsearch.candidate import checks
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.candidate.training import TrainingOptions
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.gates import check_gates
from qcsearch.circuits.input_layers import INPUT_LAYERS
from qcsearch.circuits.lowering import with_layers
from qcsearch.data.preprocessing.pipeline import check_reduction
from qcsearch.errors import CandidateError, SpaceError
from qcsearch.escape import for_terminal
from qcsearch.presets import preset_files
from qcsearch.registry import Registry
from qcsearch.search.space.file import Alternative, IntRange, SpaceFile
from qcsearch.search.space.ladder import Ladder
from qcsearch.search.space.parameters import Parameters
from qcsearch.search.space.parse import parse
from qcsearch.spelling import meant
from qcsearch.storage import canonical, files
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_SPACE_BYTES
from qcsearch.training.heads import HEADS
from qcsearch.training.losses import LOSSES
from qcsearch.training.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from qcsearch.search.space.bound import BoundSpace
    from qcsearch.search.space.context import SearchContext

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
        _check_alternatives(space)
        space.parameters.check_starts(name, file.start)
        return space

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what the file means: comments, order of keys and the description do not count."""
        return canonical.digest(self.file.model_dump(mode="json", exclude={"description"}))

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of a trial before the data are known."""
        return Parameters.of(self.file)

    @property
    def ladder(self) -> Ladder:
        """The rungs of successive halving."""
        return Ladder(self.file.ladder.rungs, self.file.ladder.reduction_factor)

    def tightened(self, limits: Mapping[str, float]) -> SearchSpace:
        """The space with these limits on top of its own: the tighter one holds.

        Args:
            limits: by the names of `[constraints]` that begin with `max_`.
        """
        own = self.file.constraints.model_dump()
        tighter = {k: v for k, v in limits.items() if own[k] is None or v < own[k]}
        if not tighter:
            return self
        said = tomllib.loads(self.text)
        said["constraints"] = {**said.get("constraints", {}), **tighter}
        return SearchSpace.from_toml(tomli_w.dumps(said), self.name)

    def bind(self, context: SearchContext) -> BoundSpace:
        """Keep what is possible for this device and these data.

        Raises:
            SpaceError: if none of the alternatives of a part is possible.
        """
        from qcsearch.search.space.bound import BoundSpace  # Optuna comes with it

        if not context.small:
            return BoundSpace.of(self.name, self.file, self.parameters, context)
        file = self.file.of_small
        return BoundSpace.of(self.name, file, Parameters.of(file), context)

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


def _text(name: str) -> str:
    """The TOML of another package's space."""
    text = SPACES.create(name)
    if not isinstance(text, str):
        raise SpaceError(
            f"The plugin '{name}' of the search_spaces must return TOML text. Got {type(text).__name__}."
        )
    return text


def _check_alternatives(space: SearchSpace) -> None:
    """Build every alternative once, so that a wrong name or setting ends before any work starts."""
    circuit, training = space.file.circuit, space.file.training
    _check(space.name, "preprocessing.reductions", _reduction, space.file.preprocessing.reductions)
    _check(space.name, "circuit.input_layers", INPUT_LAYERS.create, circuit.input_layers)
    _check(space.name, "circuit.encodings", ENCODINGS.create, circuit.encodings)
    _check(space.name, "circuit.ansatze", partial(_ansatz, circuit.n_layers), circuit.ansatze)
    _check(space.name, "circuit.heads", HEADS.create, circuit.heads)
    for key, registry, names in (
        ("training.optimizers", OPTIMIZERS, training.optimizers),
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
        told = label is None or " Got " in error.message
        got = "" if told else f" Got {checks.short(label)}."
        raise SpaceError(
            f"The search space '{space}' is wrong at '{key}': {error.message}{got}", error.fix
        ) from None
