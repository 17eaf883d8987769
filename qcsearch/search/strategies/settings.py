"""Strategies by name and options: what a person says of them, checked against what their constructors take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from qcsearch.errors import SpaceError
from qcsearch.search.strategies.base import STRATEGIES, SpaceSpecificStrategy, Strategy
from qcsearch.spelling import meant
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    from qcsearch.search.space.space import SearchSpace

__all__ = ["check_strategy", "create_strategy"]

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def create_strategy(name: str, options: Mapping[str, Json] | None = None) -> Strategy:
    """Build a strategy.

    Args:
        name: one of `STRATEGIES`.
        options: parameters of its constructor by name; those of a parameter that is a dataclass itself are named
            `evolution.population`.

    Raises:
        SpaceError: if there is no such strategy or option, or a value is of another type or out of the bounds that
            the type says (`Annotated[float, Field(gt=0)]`).
    """
    known = _parameters(STRATEGIES.get(name))
    if not isinstance(options, Mapping | None):
        raise SpaceError(f"The options of the strategy '{name}' must be values by name. Got {options!r}.")
    settings: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for option, said in (options or {}).items():
        if option not in known:
            has = f"It has {', '.join(known)}." if known else "It has none."
            raise SpaceError(f"The strategy '{name}' has no option '{option}'. {has}", meant(option, known))
        value, (head, _, tail) = _value(name, option, *known[option], said), option.partition(".")
        (nested.setdefault(head, {}) if tail else settings)[tail or head] = value
    hints = _hints(STRATEGIES.get(name))
    settings |= {head: hints[head](**inner) for head, inner in nested.items()}
    return STRATEGIES.create(name, settings)


def check_strategy(name: str, space: SearchSpace, options: Mapping[str, Json] | None = None) -> None:
    """Check before any work starts that there is such a strategy, and that it can work with a space.

    Raises:
        SpaceError: if not.
    """
    strategy = create_strategy(name, options)
    try:
        strategy.sampler(0)
    except ValueError as error:
        raise SpaceError(f"The strategy '{name}' cannot work with its options: {error}") from None
    if isinstance(strategy, SpaceSpecificStrategy):
        strategy.check(space)


def _parameters(build: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    """Types by option, with their bounds and without; a parameter that is a dataclass gives its fields."""
    found: dict[str, tuple[Any, Any]] = {}
    plain = _hints(build)
    for name, hint in _hints(build, bounds=True).items():
        if is_dataclass(hint):  # a class here, never an instance, which mypy cannot know
            found |= {f"{name}.{inner}": kinds for inner, kinds in _parameters(hint).items()}  # type: ignore[arg-type]
        else:
            found[name] = hint, plain[name]
    return found


def _hints(build: Callable[..., Any], *, bounds: bool = False) -> dict[str, Any]:
    """Types of the parameters; anything goes where a plugin says nothing."""
    told = build if is_dataclass(build) else getattr(build, "__init__", build)
    try:
        hints = get_type_hints(told, include_extras=bounds)
    except (NameError, TypeError):
        hints = {}
    parameters = inspect.signature(build).parameters.values()
    return {p.name: hints.get(p.name, Any) for p in parameters if p.kind not in _VARIADIC}


def _value(strategy: str, option: str, hint: Any, plain: Any, said: Json) -> Any:
    named = f"The option '{option}' of the strategy '{strategy}'"
    try:
        return TypeAdapter(hint).validate_json(canonical.dumps(said), strict=True)
    except PydanticSchemaGenerationError:
        raise SpaceError(f"{named} cannot be given by name.") from None
    except ValidationError as error:
        raise SpaceError(f"{named} must be {_wanted(plain, error)}. Got {said!r}.") from None


def _wanted(plain: Any, error: ValidationError) -> str:
    """The bound that a value breaks, or the type that it is not of."""
    first = error.errors()[0]
    for limit, sign in _SIGNS.items():
        if limit in first.get("ctx", {}):
            return f"{sign} {first['ctx'][limit]:g}"
    name = getattr(plain, "__name__", str(plain)) if isinstance(plain, type) else str(plain)
    return f"of type {name.rpartition('abc.')[2]}"
