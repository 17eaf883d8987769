"""A choice: one alternative of its kind, by its registered name, with its settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from qcsearch.candidate import checks
from qcsearch.errors import CandidateError
from qcsearch.spelling import meant
from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_DEPTH

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """One alternative of its kind, by its registered name, with its settings.

    Equal when the canonical JSON is equal: a tuple and a list of one content are, 1 and 1.0 are not.

    Attributes:
        name: as registered (`angle`, `hardware_efficient`, `linear`, …).
        settings: keyword arguments of the alternative; JSON values.

    Raises:
        CandidateError: if the name is no text, or the settings are not JSON.
    """

    name: str
    settings: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or not isinstance(self.settings, Mapping):
            raise CandidateError(
                "A choice must be a name with settings. "
                f"Got {checks.short(self.name)}, {checks.short(self.settings)}."
            )
        try:
            text = canonical.dumps(dict(self.settings))
            (self.name + text).encode()
            # What is as short as that cannot be nested too deeply, and what was written here needs no other check.
            settings = json.loads(text) if len(text) <= 2 * MAX_DEPTH else canonical.loads(text)
            object.__setattr__(self, "settings", settings)
        except (TypeError, ValueError, RecursionError) as error:
            raise CandidateError(
                f"The settings of {checks.short(self.name)} must be JSON values: {error}."
            ) from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Choice):
            return NotImplemented
        return self.name == other.name and canonical.dumps(self.settings) == canonical.dumps(other.settings)

    def __hash__(self) -> int:
        return hash((self.name, canonical.dumps(self.settings)))

    def to_json(self) -> dict[str, Json]:
        """Return `{"name": …, "settings": {…}}`."""
        return {"name": self.name, "settings": canonical.loads(canonical.dumps(self.settings))}

    @classmethod
    def from_json(cls, data: Json) -> Choice:
        """Rebuild from `to_json`'s answer, or from the bare name.

        Raises:
            CandidateError: if it is neither.
        """
        if isinstance(data, str):
            return cls(data)
        if isinstance(data, dict) and {"name"} <= set(data) <= {"name", "settings"}:
            return cls(data["name"], data.get("settings", {}))
        strange = [key for key in data if key not in ("name", "settings")] if isinstance(data, dict) else []
        raise CandidateError(
            f"A choice must be a name or {{name, settings}}. Got {checks.short(data)}.",
            meant(strange[0], ("name", "settings")) if strange else None,
        )
