"""The configuration of a run: what was asked for, as run.json holds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from qcsearch._version import __version__
from qcsearch.data.dataset import Dataset
from qcsearch.devices.device import Device
from qcsearch.errors import InputError
from qcsearch.escape import for_terminal
from qcsearch.search.settings import SearchSettings
from qcsearch.search.space.space import SearchSpace
from qcsearch.storage.canonical import Json
from qcsearch.typed import read

__all__ = ["Origin", "RunConfig"]

_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Origin:
    """The finished run whose best a tuning adapts.

    Attributes:
        run: its folder.
        device: name of its device.
        trial: number of its winner.
        validation_score: of its winner, under its device's noise.
        test_accuracy_noisy: of its winner, under its device's noise.
        seconds: that it took.
    """

    run: str
    device: str
    trial: int
    validation_score: float
    test_accuracy_noisy: float | None
    seconds: float


@dataclass(frozen=True)
class RunConfig:
    """What a run was asked for. What may differ when it is resumed: the totals and the workers.

    Attributes:
        dataset: what the data set is called.
        dataset_digest: SHA-256 of its content.
        drop: columns that were left out of it.
        device: name of the device.
        calibrated_at: of its snapshot.
        device_digest: SHA-256 of its facts.
        space: name of the search space.
        space_fingerprint: SHA-256 of its meaning.
        settings: of the search.
        origin: of a tuning, the run whose best it adapts; None for a search.
        qcsearch: version that made it.
        schema_version: of the folder.
    """

    dataset: str
    dataset_digest: str
    drop: tuple[str, ...]
    device: str
    calibrated_at: str
    device_digest: str
    space: str
    space_fingerprint: str
    settings: SearchSettings
    origin: Origin | None = None
    qcsearch: str = __version__
    schema_version: int = _SCHEMA_VERSION

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        device: Device,
        space: SearchSpace,
        settings: SearchSettings,
        origin: Origin | None = None,
    ) -> RunConfig:
        """Say what a run is made of.

        Args:
            dataset: checked data.
            device: calibration facts.
            space: what is searched, the limits of the settings included.
            settings: of the search.
            origin: of a tuning, where it comes from.
        """
        begin = None if settings.seed_from is None else for_terminal(settings.seed_from)
        return cls(
            dataset=dataset.name,
            dataset_digest=dataset.digest,
            drop=tuple(dataset.dropped),
            device=device.name,
            calibrated_at=device.calibrated_at,
            device_digest=device.digest,
            space=space.name,
            space_fingerprint=space.fingerprint,
            settings=replace(settings, seed_from=begin),
            origin=origin,
        )

    @classmethod
    def from_json(cls, data: Json) -> RunConfig:
        """Rebuild from `to_json`'s answer.

        Raises:
            InputError: if a part is missing or wrong, or it is of another version of the folder.
        """
        config = read(cls, data, "the configuration of a run")
        if config.schema_version != _SCHEMA_VERSION:
            raise InputError(f"'schema_version' must be {_SCHEMA_VERSION}. Got {config.schema_version}.")
        return config

    def to_json(self) -> dict[str, Json]:
        """What run.json holds."""
        return asdict(self) | {"drop": list(self.drop)}

    @property
    def tuned(self) -> bool:
        """Whether it is a run of `qcsearch tune`."""
        return self.origin is not None

    @property
    def beginning(self) -> str | None:
        """The run that it began with, in words."""
        if self.origin is not None:
            return f"tuned from {self.origin.run}"
        return None if self.settings.seed_from is None else f"seeded from {self.settings.seed_from}"

    def difference(self, other: RunConfig) -> tuple[str, str, str] | None:
        """What keeps another configuration from resuming this run, with this one's and its; None for nothing."""
        for ours, others in zip(self._identity(), other._identity(), strict=True):
            what, name, content = ours
            if content != others[2]:
                theirs, mine = _said(name), _said(others[1])
                return what, theirs, mine if mine != theirs else f"{mine} with another content"
        return None

    def _identity(self) -> list[tuple[str, object, object]]:
        """What two sessions of one run have in common: in words, by name, by content."""
        return [
            ("data set", self.dataset, self.dataset_digest),
            ("device snapshot", self.device, self.device_digest),
            *((what, value, value) for what, value in self.settings.identity.items()),
            ("search space", self.space, self.space_fingerprint),
            ("beginning", self.beginning, self.beginning),
        ]


def _said(value: object) -> str:
    return "none" if value is None or value == {} else repr(value)
