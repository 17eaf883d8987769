"""From TOML text to a search-space file, or to the one sentence that says what is wrong with it and where."""

from __future__ import annotations

import tomllib
from typing import Any, get_args

from pydantic import ValidationError

from qcsearch.candidate import checks
from qcsearch.errors import CandidateError, SpaceError
from qcsearch.search.space.file import Part, SpaceFile
from qcsearch.spelling import meant

__all__ = ["parse"]


def parse(text: str, name: str) -> SpaceFile:
    """Read a space.

    Args:
        text: TOML.
        name: how messages call it.

    Raises:
        SpaceError: naming the key and its value, if the text is not TOML or not a space.
    """
    wrong = f"The search space '{name}' is wrong"
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = (
            "it is nested too deeply" if isinstance(error, RecursionError) else f"a syntax error: {error}"
        )
        raise SpaceError(f"The search space '{name}' must be TOML. Got {reason}.") from None
    try:
        return SpaceFile.model_validate(said)
    except ValidationError as error:
        sentence, fix = _worst(error, said)
        raise SpaceError(f"{wrong} at {sentence}", fix) from None
    except (CandidateError, ValueError) as error:
        raise SpaceError(f"{wrong}: {error}") from None


_RANKS = {"extra_forbidden": 0, "missing": 1}
"""A key that there is not is said first: most often it is why another is missing."""

_WORDS = {
    "IntRange": "a whole number or { min, max, step }",
    "LogRange": "a number or { min, max }",
    "Alternative": "a name or { name, settings }",
    "PredictorPart": "a part with name, settings, min, max",
}


def _worst(error: ValidationError, said: Any) -> tuple[str, str | None]:
    """The first complaint as `'circuit.n_qubits.min': … Got …`, and what may have been meant."""
    problem = min(error.errors(include_url=False), key=lambda one: _RANKS.get(one["type"], 2))
    kind, path = problem["type"], _path(problem["loc"], said)
    place = ".".join(str(part) for part in path) or "its top level"
    if kind == "missing":
        return f"'{place}': the key is missing.", None
    if kind == "extra_forbidden":
        return f"'{place}': there is no such key.", _meant_key(path)
    text = problem["msg"].removeprefix("Value error, ").rstrip(".")
    text = text.replace("Input should be", "must be").replace("a valid tuple", "a list")
    if kind in ("model_type", "model_attributes_type"):
        text = f"must be {_WORDS.get(problem['ctx']['class_name'], 'a part with keys of its own')}"
    fix = meant(problem["input"], _expected(problem["ctx"])) if kind == "literal_error" else None
    return f"'{place}': {text}. Got {checks.short(problem['input'])}.", fix


def _path(place: tuple[str | int, ...], said: Any) -> list[str | int]:
    """The keys and positions in the file; pydantic adds the names of union members to them."""
    path: list[str | int] = []
    for part in place:
        inside = isinstance(said, dict | list)
        here = (
            said[part] if inside and part in (said if isinstance(said, dict) else range(len(said))) else None
        )
        if here is not None or (inside and part == place[-1]):
            path.append(part)
            said = here
    return path


def _meant_key(path: list[str | int]) -> str | None:
    """A key of the same part that is near, or a key of this name in another part."""
    *parents, key = path
    part: type[Part] = SpaceFile
    for parent in parents:
        part = part if isinstance(parent, int) else _part_of(part.model_fields[parent].annotation) or part
    elsewhere = {
        name: f"{owner}.{name}"
        for owner, field in SpaceFile.model_fields.items()
        for name in getattr(_part_of(field.annotation), "model_fields", ())
    }
    return meant(key, part.model_fields) or (
        meant(elsewhere[str(key)], elsewhere.values()) if key in elsewhere else None
    )


def _part_of(annotation: Any) -> type[Part] | None:
    """The part of the file that an annotation speaks of, if it does of one."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((found for one in get_args(annotation) if (found := _part_of(one)) is not None), None)


def _expected(context: dict[str, Any]) -> list[str]:
    return str(context["expected"]).replace("'", "").split(" or ")
