"""The models of a service, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qcsearch.errors import InputError
from qcsearch.serving.models.served import ServedModel
from qcsearch.serving.refusals import UnknownModelError

__all__ = ["Catalog"]


class Catalog:
    """Models by name.

    Args:
        models: at least one; no two of one name.

    Raises:
        InputError: if two have one name.
    """

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self._models: dict[str, ServedModel] = {}
        for model in models:
            if model.name in self._models:
                raise InputError(
                    f"Two models must have two names. Two are called '{model.name}'.",
                    f"name one of them: qcsearch serve {model.name}-2=PATH.",
                )
            self._models[model.name] = model

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def replace(self, model: ServedModel) -> None:
        """Put a model in the place of that of its name; who has found that one keeps it."""
        self._models[model.name] = model

    def find(self, name: str, version: str | None = None) -> ServedModel:
        """The model of a name, in the one version that there is of it.

        Raises:
            UnknownModelError: if there is none.
        """
        found = self._models.get(name)
        if found is None or version not in (None, found.version):
            raise UnknownModelError(
                "There is no such model here.", "ask /v1/models for those that there are."
            )
        return found
