"""What a search is asked for, loaded and checked before any work starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qcsearch import canonical
from qcsearch.canonical import Json
from qcsearch.errors import InputError

if TYPE_CHECKING:
    from qcsearch.data.dataset import Dataset
    from qcsearch.data.table_options import TableOptions
    from qcsearch.devices.device import Device
    from qcsearch.search.run_folder import RunFolder
    from qcsearch.search.space import SearchSpace

__all__ = ["Inputs", "gather", "new_folder", "refuse_existing"]

_DEVICE, _SPACE, _STRATEGY, _SEED = "fake_torino", "default", "auto", 0


@dataclass(frozen=True)
class Inputs:
    """The inputs of `search` and `check`.

    Attributes:
        dataset: checked data.
        device: calibration facts.
        space: what to search, the limits below included.
        run: the run folder; it need not exist.
        n_trials: total, None for no limit.
        max_seconds: total, None for no limit.
        seed: of everything random.
        strategy: how candidates are chosen.
        strategy_options: of the strategy, by name.
        max_two_qubit_gates: limit on top of the space's own, None for no other.
        max_duration_us: the same of one execution, in microseconds.
        seed_from: folder of the run to begin with, if one is.
        goes_on: whether the folder holds a run already.
    """

    dataset: Dataset
    device: Device
    space: SearchSpace
    run: Path
    n_trials: int | None
    max_seconds: float | None
    seed: int
    strategy: str
    strategy_options: Mapping[str, Json]
    max_two_qubit_gates: int | None
    max_duration_us: float | None
    seed_from: Path | None
    goes_on: bool

    @property
    def title(self) -> str:
        """What is searched, for a panel."""
        return f"{self.dataset.name} on {self.device.name} · space {self.space.name}"


def gather(
    data: str | None,
    *,
    table: TableOptions,
    device: str | None,
    space: str | None,
    trials: int | None,
    max_seconds: float | None,
    max_two_qubit_gates: int | None,
    max_duration_us: float | None,
    seed: int | None,
    strategy: str | None,
    strategy_option: Sequence[str] | None,
    run: str | None,
    seed_from: str | None = None,
) -> Inputs:
    """Load everything; what is left out comes from the run folder if it holds a run, else from the defaults.

    Raises:
        InputError: if anything is wrong; nothing was written.
    """
    from qcsearch.data.sources import load_dataset
    from qcsearch.data.split import split
    from qcsearch.devices.providers import get_device
    from qcsearch.search.run_folder import RunFolder
    from qcsearch.search.space import load_space

    old = _old_run(run)
    first = RunFolder.open(seed_from) if seed_from and old is None else None
    given = old or first
    if data is None and given is None:
        raise InputError(
            "A search must have a data set, or a run to go on with.",
            fix="qcsearch search DATA, or --run with the folder of a run.",
        )
    if data is None and given is not None:
        if table.said:
            raise InputError(
                f"--{table.said} must go with DATA: the run in '{given.path}' keeps its data as they are.",
                fix=f"name the data too, or leave --{table.said} out.",
            )
        dataset = replace(given.dataset, name=given.config.dataset)
    else:
        table = table if old is None else _as_before(table, old)
        dataset = load_dataset(
            data, table.target, drop=table.drop, encode=table.encode, impute=table.impute, sampled=True
        )
    chosen = get_device(device or _DEVICE) if device or old is None else old.device
    config = None if old is None else old.config
    if config is not None and trials is None and max_seconds is None:
        trials, max_seconds = config.n_trials, config.max_seconds
    chosen_seed = seed if seed is not None else _seed(given, dataset)
    if chosen_seed >= 0:
        split(dataset, chosen_seed)  # what cannot be split is said before a folder is made
    options = _options(strategy_option or ())
    if config is not None:
        if not options and strategy in (None, config.strategy):
            options = config.strategy_options
        if max_two_qubit_gates is None:
            max_two_qubit_gates = config.max_two_qubit_gates
        if max_duration_us is None:
            max_duration_us = config.max_duration_us
    own = load_space(space or _SPACE) if space or old is None else old.space
    return Inputs(
        dataset=dataset,
        device=chosen,
        space=own.tightened(max_two_qubit_gates=max_two_qubit_gates, max_duration_us=max_duration_us),
        run=Path(run) if run else new_folder(dataset.name, chosen.name),
        n_trials=trials,
        max_seconds=max_seconds,
        seed=chosen_seed,
        strategy=strategy or (_STRATEGY if config is None else config.strategy),
        strategy_options=options,
        max_two_qubit_gates=max_two_qubit_gates,
        max_duration_us=max_duration_us,
        seed_from=Path(seed_from) if seed_from else None,
        goes_on=old is not None,
    )


def _as_before(table: TableOptions, old: RunFolder) -> TableOptions:
    """What is not said of the table is as it was when the run began."""
    from qcsearch.data.table_options import TableOptions

    coding = old.dataset.coding
    encode, impute = (None, None) if coding is None else (coding.encode, coding.impute)
    return TableOptions(
        table.target,
        table.drop or old.config.drop,
        table.encode or encode,
        table.impute or impute,
    )


def _options(said: Iterable[str]) -> dict[str, Json]:
    """What `--strategy-option` was given, by name.

    A value is a JSON value, or some of them with commas between, or a word.

    Raises:
        InputError: if one is not NAME=VALUE, or its name stands twice.
    """
    options: dict[str, Json] = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"A --strategy-option must be NAME=VALUE. Got {text!r}.")
        if name in options:
            raise InputError(f"The --strategy-option '{name}' stands twice.")
        options[name] = _json(value)
    return options


def _json(text: str) -> Json:
    try:
        return canonical.loads(text)
    except ValueError:
        return [_json(part) for part in text.split(",")] if "," in text else text


def _seed(given: RunFolder | None, dataset: Dataset) -> int:
    """The seed of the run that is gone on with, or begun with on the same data, so that the split is the same."""
    if given is None or given.config.dataset_digest != dataset.digest:
        return _SEED
    return given.config.seed


def refuse_existing(path: str | Path | None) -> None:
    """Refuse to write where something is already.

    Raises:
        InputError: if there is.
    """
    if path is not None and (Path(path).exists() or Path(path).is_symlink()):
        raise InputError(f"There is already something at '{path}'.", fix="give another path.")


def _old_run(run: str | None) -> RunFolder | None:
    from qcsearch.search.run_folder import RunFolder

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
