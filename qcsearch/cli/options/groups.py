"""Options in groups: a command takes a dataclass, and each of its fields is an option of the command.

Typer reads a command's options from its signature. A command that is `grouped` has a signature in which a parameter
whose type is a dataclass is replaced by that dataclass's fields, with their annotations, defaults and order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints

__all__ = ["grouped"]


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Spread the dataclasses that a command takes over options of its own.

    The fields must be annotated as the parameters of a command are: `Annotated[T, typer.Option(...)]`.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    options: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            options += _options(groups[name])
        else:
            options.append(_option(name, hints[name], parameter.default))

    @wraps(command)
    def spread(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given)

    spread.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # which `inspect` looks for
    spread.__annotations__ = {option.name: option.annotation for option in options}
    return spread


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [_option(field.name, hints[field.name], _default(field)) for field in fields(group)]


def _option(name: str, hint: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default
