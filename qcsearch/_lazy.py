"""Public names of a package that are loaded when they are first used, so that importing the package stays light."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["attach"]


def attach(
    package: str, homes: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the functions `__getattr__` and `__dir__` of a package (PEP 562).

    The package imports the same names under `TYPE_CHECKING`, for type checkers and editors, and calls this in the
    `else`: a checker that saw `__getattr__` would take every misspelt name for one that is there.

    Args:
        package: its `__name__`.
        homes: by module, the names that the package offers of it.
    """
    home = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(home[name]), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home})

    return load, names
