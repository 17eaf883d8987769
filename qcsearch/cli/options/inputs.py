"""What a search is asked for, loaded and checked before any work starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch.errors import InputError

if TYPE_CHECKING:
    from qcsearch.cli.options.search import SearchOptions
    from qcsearch.data.dataset import Dataset
    from qcsearch.data.tables.options import TableOptions
    from qcsearch.devices.device import Device
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.search.settings import SearchSettings
    from qcsearch.search.space.space import SearchSpace

__all__ = ["Inputs", "gather", "new_folder", "refuse_existing"]

_DEVICE, _SPACE, _QUANTUM_SPACE, _SEED = "fake_torino", "default", "quantum_data", 0


@dataclass(frozen=True)
class Inputs:
    """The inputs of `search` and `check`.

    Attributes:
        dataset: checked data.
        device: calibration facts.
        space: what to search.
        settings: how to search it.
        run: the run folder; it need not exist.
        resumed: whether it holds a run already.
    """

    dataset: Dataset
    device: Device
    space: SearchSpace
    settings: SearchSettings
    run: Path
    resumed: bool

    @property
    def title(self) -> str:
        """What is searched, for a panel."""
        return f"{self.dataset.name} on {self.device.name} · space {self.space.name}"


def gather(
    data: str | None,
    table: TableOptions,
    options: SearchOptions,
    *,
    run: str | None = None,
    seed_from: str | None = None,
) -> Inputs:
    """Load everything; what is left out comes from the run folder if it holds a run, else from the defaults.

    Args:
        data: the data set.
        table: how a table is to be read.
        options: what to search and how.
        run: folder of the run.
        seed_from: folder of a run to begin with.

    Raises:
        InputError: if anything is wrong; nothing was written.
    """
    from qcsearch.devices.calibration.providers import get_device
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.search.space.space import load_space

    old = _old_run(run)
    given = old or (RunFolder.open(seed_from) if seed_from else None)
    dataset = _dataset(data, table, old, given)
    device = get_device(options.device or _DEVICE) if options.device or old is None else old.device
    before = None if old is None else old.config.settings
    settings = options.settings(before, _seed(given, dataset), seed_from)
    usual = _SPACE if dataset.quantum is None else _QUANTUM_SPACE
    space = load_space(options.space or usual) if options.space or old is None else old.space
    return Inputs(
        dataset=dataset,
        device=device,
        space=space.tightened(settings.limits),
        settings=settings,
        run=Path(run) if run else new_folder(dataset.name, device.name),
        resumed=old is not None,
    )


def _dataset(
    data: str | None, table: TableOptions, old: RunFolder | None, given: RunFolder | None
) -> Dataset:
    """The data that are named, or else those of the run that is resumed or begun with."""
    from qcsearch.data.sources.load import load_dataset

    if data is not None:
        table = table if old is None else _as_before(table, old)
        return load_dataset(
            data,
            table.targets,
            task=table.task,
            drop=table.drop,
            encode=table.encode,
            impute=table.impute,
            sampled=True,
            sample_weight=table.sample_weight,
        )
    if given is None:
        raise InputError(
            "A search must have a data set, or a run to resume.",
            fix="qcsearch search DATA, or --run with the folder of a run.",
        )
    if table.said:
        raise InputError(
            f"--{table.said} must go with DATA: the run in '{given.path}' keeps its data as they are.",
            fix=f"name the data too, or leave --{table.said} out.",
        )
    return given.dataset


def _as_before(table: TableOptions, old: RunFolder) -> TableOptions:
    """What is not said of the table is as it was when the run began."""
    from qcsearch.data.tables.options import TableOptions

    coding = old.dataset.coding
    encode, impute = (None, None) if coding is None else (coding.encode, coding.impute)
    return TableOptions(
        table.targets,
        table.drop or old.config.drop,
        table.encode or encode,
        table.impute or impute,
        table.task or old.dataset.target.task,
        table.sample_weight,
    )


def _seed(given: RunFolder | None, dataset: Dataset) -> int:
    """Of the run that is resumed, or begun with on the same data, so that the split is the same."""
    if given is None or given.config.dataset_digest != dataset.digest:
        return _SEED
    return given.config.settings.seed


def refuse_existing(path: str | Path | None) -> None:
    """Refuse to write where something is already.

    Raises:
        InputError: if there is.
    """
    if path is not None and (Path(path).exists() or Path(path).is_symlink()):
        raise InputError(f"There is already something at '{path}'.", fix="give another path.")


def _old_run(run: str | None) -> RunFolder | None:
    from qcsearch.search.run.folder import RunFolder

    return RunFolder.open(run) if run and RunFolder(Path(run)).begun else None


def new_folder(dataset: str, device: str) -> Path:
    """A folder under `runs/` that is not there yet, named after data, device and the moment (UTC)."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = "-".join(_plain(part) for part in (dataset, device, moment))
    path, n = Path("runs") / name, 2
    while path.exists():
        path, n = Path("runs") / f"{name}-{n}", n + 1
    return path


def _plain(text: str) -> str:
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in text)[:60] or "data"
