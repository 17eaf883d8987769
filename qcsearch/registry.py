"""A family of alternatives: built in by decorator, added by others through entry points."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from qcsearch.errors import InputError, QCSearchError
from qcsearch.spelling import meant

__all__ = ["Registry"]

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@lru_cache(maxsize=1024)
def _parameters(made: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    """What a class or function takes, once: looking takes longer than most of them; None if it cannot be."""
    try:
        return inspect.signature(made).parameters
    except (TypeError, ValueError):  # something written in another language
        return None


class Registry(Generic[T]):
    """Names for the classes (or functions) of one family.

    A plugin adds its own through the entry-point group `group` (for example `qcsearch.encodings`);
    what is built in wins over a plugin of the same name.

    Args:
        group: the entry-point group, also used to name the family in messages.
        error: the error raised for an unknown name or bad settings.
        needs: methods and attributes of the family's `Protocol`; who lacks one is refused when it is built.
    """

    def __init__(
        self, group: str, error: type[QCSearchError] = InputError, needs: Sequence[str] = ()
    ) -> None:
        self.group = group
        self._error = error
        self._needs = needs
        self._classes: dict[str, Callable[..., T]] = {}
        self._family = group.rpartition(".")[2]

    def register(self, name: str) -> Callable[[F], F]:
        """Return a decorator that files a class under `name`."""

        def file(cls: F) -> F:
            self._classes[name] = cls
            return cls

        return file

    def names(self) -> list[str]:
        """The sorted names of all alternatives, plugins included."""
        return sorted({*self._classes, *(point.name for point in entry_points(group=self.group))})

    def get(self, name: str) -> Callable[..., T]:
        """Return the class filed under `name`.

        Raises:
            QCSearchError: the registry's own error type, if there is none or its plugin cannot be loaded.
        """
        if not isinstance(name, str):
            raise self._error(f"A name of the {self._family} must be text. Got {name!r}.")
        if name in self._classes:
            return self._classes[name]
        for point in entry_points(group=self.group, name=name):
            try:
                self._classes[name] = point.load()
            except Exception as error:  # a plugin's import may fail in any way
                raise self._error(
                    f"The plugin '{name}' of the {self._family} cannot be loaded: "
                    f"{type(error).__name__}: {error}.",
                    f"repair or remove the package that offers '{point.value}'.",
                ) from error
            return self._classes[name]
        raise self._error(
            f"{name[:60]!r} is not one of the {self._family}. Known: {', '.join(self.names())}.",
            meant(name[:60], self.names()),
        )

    def create(self, name: str, settings: Mapping[str, Any] | None = None) -> T:
        """Build the alternative `name` with its settings as keyword arguments.

        Raises:
            QCSearchError: the registry's own error type, for an unknown name, settings it does not take, or a class
                that lacks what its family needs.
        """
        cls = self.get(name)
        self._check_names(name, cls, settings or {})
        try:
            made = cls(**(settings or {}))
        except (TypeError, ValueError) as error:
            if isinstance(error, QCSearchError):
                raise
            raise self._error(
                f"'{name}' of the {self._family} cannot take these settings: {error}."
            ) from error
        if lacking := [needed for needed in self._needs if not hasattr(made, needed)]:
            raise self._error(
                f"'{name}' of the {self._family} must have {', '.join(self._needs)}. It lacks {', '.join(lacking)}."
            )
        return made

    def _check_names(self, name: str, cls: Callable[..., T], settings: Mapping[str, Any]) -> None:
        """Check that there are settings of these names, and that none is missing; a function may take any.

        Raises:
            QCSearchError: the registry's own error type, naming the first that is wrong.
        """
        parameters = _parameters(cls)
        if parameters is None or any(parameter.kind in _VARIADIC for parameter in parameters.values()):
            return
        if unknown := [setting for setting in settings if setting not in parameters]:
            known = f"It has {', '.join(parameters)}." if parameters else "It has none."
            raise self._error(
                f"'{name}' of the {self._family} has no setting {unknown[0]!r}. {known}",
                meant(unknown[0], parameters),
            )
        needed = [
            key for key, parameter in parameters.items() if parameter.default is inspect.Parameter.empty
        ]
        if missing := [key for key in needed if key not in settings]:
            raise self._error(f"'{name}' of the {self._family} must have the setting '{missing[0]}'.")
