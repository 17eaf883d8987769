"""Plugins of Qiskit's transpiler that are loaded when a circuit asks for one of them.

Before it takes its defaults Qiskit loads every plugin that is installed, and so the whole client of IBM: half a second
of each process that is to predict and talks to nobody.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from stevedore import ExtensionManager

__all__ = ["load_late"]

_STAGES = ("init", "layout", "routing", "translation", "optimization", "scheduling")


class _Late:
    """An entry point that says that its plugin is loaded, and then does what the plugin does."""

    def __init__(self, point: Any) -> None:
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._point, name)

    def load(self) -> Any:
        """What makes the plugin."""
        return lambda: self

    def pass_manager(self, config: Any, optimization_level: int | None = None) -> Any:
        """Of the plugin, which is loaded now."""
        return self._point.load()().pass_manager(config, optimization_level)


@cache
def load_late() -> None:
    """Have other packages' plugins for the stages of the transpiler loaded when they are used, in this process."""
    for stage in _STAGES:
        # In place: it is the list that stevedore keeps for whoever asks next.
        points: list[Any] = ExtensionManager.make_test_instance(
            [], f"qiskit.transpiler.{stage}"
        ).list_entry_points()
        points[:] = [point if point.module.startswith("qiskit.") else _Late(point) for point in points]
