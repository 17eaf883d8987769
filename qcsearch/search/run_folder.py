"""The run folder: everything that a search was given and found, in files that anyone can open.

```
run.json        what was asked for: written last, so a folder without it holds no run
data.npz        the data set            device.json     the calibration snapshot
space.toml      the search space        study.journal   the study
planted.json    what another run gave it to begin with, if one did
clock.json      seconds used            workers.log     errors of the workers, if any
result.json     the final evaluation    model/          the winner
deployment.json the winner on a backend jobs/           account of every job
tomography.json a state that it leaves there
.session.N      who is at work          .workers        its processes
```
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from qcsearch import canonical, files, npz
from qcsearch.canonical import Json
from qcsearch.data.dataset import Dataset
from qcsearch.data.sources import load_dataset
from qcsearch.devices.device import Device
from qcsearch.errors import RunError
from qcsearch.limits import MAX_JSON_BYTES
from qcsearch.locks import Lease, Roll
from qcsearch.search.history import History, read_history
from qcsearch.search.planted import Planted
from qcsearch.search.result import SearchResult
from qcsearch.search.run_config import RunConfig
from qcsearch.search.space import SearchSpace

__all__ = ["RunConfig", "RunFolder"]

_OURS = frozenset(
    {
        "bundle", "clock.json", "data.npz", "deployment.json", "device.json", "jobs", "model", "planted.json", "plots",
        "report.html", "result.json", "run.json", "space.toml", "study.journal",
        "tomography.json", "workers.log",
    }
)  # fmt: skip
_FOLDERS = frozenset({"bundle", "jobs", "model", "plots"})
_HIDDEN = (".ask", ".deployment-", ".session", ".study.journal", ".workers")
T = TypeVar("T")

_PLANTED = "planted.json"
_SESSION_SECONDS = 0.5
_WORKERS_SECONDS = 10.0
_LOST = (
    "put it back as it was; or begin anew in another folder with --run, with the same data, device and space."
)
_AGAIN = "remove it; `qcsearch search --run` with this folder makes it again from the trials."
_OTHER_FOLDER = "give another folder with --run, or start with the same settings to go on with this one."


@dataclass(frozen=True)
class RunFolder:
    """A folder that holds a run.

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Open the folder of a run that was begun.

        Raises:
            RunError: if there is no run in it.
            FileError: if a file in it is a link, a pipe or a device.
        """
        run = cls(Path(path))
        run.refuse_strangers()
        if not run.begun:
            raise RunError(
                f"'{path}' is not a run folder: it has no run.json.", fix="qcsearch search makes one."
            )
        _ = run.config
        return run

    @property
    def begun(self) -> bool:
        """Whether a run was begun in it."""
        return os.path.lexists(self.path / "run.json")

    @property
    def journal(self) -> Path:
        """The study."""
        return self.path / "study.journal"

    @property
    def clock(self) -> Path:
        """The seconds used so far."""
        return self.path / "clock.json"

    @property
    def ask_lock(self) -> Path:
        """Held while a worker asks for its next trial, so that totals are exact."""
        return self.path / ".ask"

    @property
    def worker_log(self) -> Path:
        """What the workers have to say."""
        return self.path / "workers.log"

    @property
    def model(self) -> Path:
        """The winner, as a bundle."""
        return self.path / "model"

    @cached_property
    def config(self) -> RunConfig:
        """What the run was asked for.

        Raises:
            FileError: if run.json cannot be read.
        """
        with files.reading(self.path / "run.json", _LOST):
            return RunConfig.model_validate(canonical.loads(self._read("run.json")))

    @cached_property
    def dataset(self) -> Dataset:
        """The data set, checked against the digest it had."""
        with files.reading(self.path / "data.npz", _LOST):
            files.open_read(self.path / "data.npz").close()
            found = load_dataset(str(self.path / "data.npz"), name=self.config.dataset)
        found = replace(found, dropped=tuple(self.config.drop))
        return self._same("data.npz", found, "dataset_digest", "digest")

    @cached_property
    def device(self) -> Device:
        """The calibration snapshot, checked against the digest it had."""
        with files.reading(self.path / "device.json", _LOST):
            files.open_read(self.path / "device.json").close()
            device = Device.from_json(self.path / "device.json")
        return self._same("device.json", device, "device_digest", "digest")

    @cached_property
    def space(self) -> SearchSpace:
        """The search space, checked against the fingerprint it had."""
        with files.reading(self.path / "space.toml", _LOST):
            space = SearchSpace.from_toml(self._read("space.toml"), self.config.space)
        return self._same("space.toml", space, "space_fingerprint", "fingerprint")

    @cached_property
    def planted(self) -> dict[str, Planted]:
        """What another run gave it to begin with, each under the name that its trial is known by."""
        if not files.is_file(self.path / _PLANTED):
            return {}
        with files.reading(self.path / _PLANTED, _LOST):
            return _named(map(Planted.from_json, canonical.loads(self._read(_PLANTED))))

    def history(self) -> History:
        """The finished trials, as far as they can be read.

        Raises:
            RunError: if the journal cannot be read.
        """
        return read_history(self.journal)

    def result(self) -> Json | None:
        """What the final evaluation found, see `SearchResult.to_file`; None while there is none.

        Raises:
            FileError: if result.json cannot be read, or a part in it is missing or wrong.
        """
        if not files.is_file(self.path / "result.json"):
            return None
        with files.reading(self.path / "result.json", _AGAIN):
            return SearchResult.from_file(self.path, canonical.loads(self._read("result.json"))).to_file()

    def deployment(self) -> Json | None:
        """The last deployment, see `of_winner`."""
        return self.of_winner("deployment.json")

    def of_winner(self, name: str) -> Json | None:
        """What a stage after the search left in a file; None if it was of another winner.

        Raises:
            FileError: if the file cannot be read.
        """
        path, candidate = self.path / name, self.model / "candidate.json"
        if not files.is_file(path) or not files.is_file(candidate):
            return None
        with files.reading(candidate, _AGAIN):
            winner = canonical.loads(files.read_text(candidate, MAX_JSON_BYTES))
        with files.reading(path, "remove it; the command that wrote it writes it again."):
            found = canonical.loads(files.read_text(path, MAX_JSON_BYTES))
            return found if found.get("candidate", "") in ("", canonical.digest(winner)) else None

    def write_result(self, result: Json | None) -> None:
        """Write result.json atomically; None takes it away, because the search goes on."""
        if result is None:
            (self.path / "result.json").unlink(missing_ok=True)
        else:
            canonical.write_text(self.path / "result.json", canonical.dumps(result, indent=2) + "\n")

    def begin(
        self,
        config: RunConfig,
        dataset: Dataset,
        device: Device,
        space: SearchSpace,
        planted: Sequence[Planted] = (),
    ) -> None:
        """Write what the run is given, or go on with what is there; the caller holds `session`.

        Args:
            config: what is asked for.
            dataset: checked data.
            device: calibration facts.
            space: what to search.
            planted: what another run gives it to begin with; a run that is there has its own.

        Raises:
            RunError: as `refuse_other`.
        """
        self.refuse_other(config)
        for name, value in (("dataset", dataset), ("device", device), ("space", space)):
            self.__dict__[name] = value
        if self.begun:
            self._write("run.json", config.model_dump_json(indent=2) + "\n")
            self.__dict__["config"] = config
            return
        for leftover in (self.journal, self.clock, self.path / "result.json", self.path / _PLANTED):
            leftover.unlink(missing_ok=True)
        shutil.rmtree(self.model, ignore_errors=True)
        files.write_bytes(self.path / "data.npz", npz.save(dataset.to_arrays()))
        self._write("device.json", canonical.dumps(device.to_json(), indent=1) + "\n")
        self._write("space.toml", space.text)
        self.__dict__["planted"] = _named(planted)
        if planted:
            self._write(_PLANTED, canonical.dumps([one.to_json() for one in planted]) + "\n")
        self._write("run.json", config.model_dump_json(indent=2) + "\n")

    @property
    def workers(self) -> Roll:
        """The processes of its workers, and of who forks them."""
        return Roll(self.path / ".workers")

    def wait_for_workers(self, max_seconds: float = _WORKERS_SECONDS) -> None:
        """Wait until no worker is alive.

        Raises:
            TimeoutError: if one still is after `max_seconds`.
        """
        self.workers.wait(max_seconds)

    @contextmanager
    def session(self) -> Iterator[None]:
        """Be the only search at work in this folder, which is made if it is missing; no worker lives in it.

        Raises:
            RunError: if another search is at work in it, or if it holds files that are not a run's.
            FileError: if a file in it is a link, a pipe or a device.
        """
        self.refuse_strangers()
        self._refuse_foreign()
        self.path.mkdir(parents=True, exist_ok=True)
        lease = Lease(self.path / ".session")
        try:
            lease.take(_SESSION_SECONDS)
            self.wait_for_workers()  # those of a killed search take a moment to notice
        except TimeoutError as held:
            lease.release()
            raise RunError(
                f"Another search is at work in '{self.path}': {held}",
                fix="wait for it to end, stop it, or give another folder with --run.",
            ) from None
        try:
            yield
        finally:
            lease.release()

    def refuse_strangers(self) -> None:
        """Check that what a run reads and writes are plain files and folders, before any of it is touched.

        Raises:
            FileError: if one is not.
        """
        files.check_tree(self.path, lambda name: name in _OURS or name.startswith(_HIDDEN), _FOLDERS)

    def _refuse_foreign(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"The run folder '{self.path}' must be a folder. It is a file.", fix=_OTHER_FOLDER)
        if self.begun or not self.path.exists():
            return
        foreign = sorted({entry.name for entry in self.path.iterdir() if entry.name[0] != "."} - _OURS)
        if foreign:
            raise RunError(
                f"The folder '{self.path}' holds other files ({', '.join(foreign[:3])}) and no run.",
                fix="give a new folder with --run.",
            )

    def refuse_other(self, config: RunConfig) -> None:
        """Check that the run in the folder, if there is one, is this one.

        Raises:
            RunError: if it has another data set, device, space, limit, strategy, seed or beginning.
        """
        if not self.begun:
            return
        difference = self.config.difference(config)
        if difference is not None:
            what, theirs, mine = difference
            raise RunError(
                f"The run in '{self.path}' was made with the {what} {theirs}. Got {mine}.", fix=_OTHER_FOLDER
            )

    def _same(self, file: str, value: T, key: str, attribute: str) -> T:
        if getattr(value, attribute) != getattr(self.config, key):
            raise RunError(f"'{self.path / file}' was changed since the run began.", fix="put it back.")
        return value

    def _read(self, name: str) -> str:
        return files.read_text(self.path / name, MAX_JSON_BYTES)

    def _write(self, name: str, text: str) -> None:
        canonical.write_text(self.path / name, text)


def _named(planted: Iterable[Planted]) -> dict[str, Planted]:
    return {f"planted {number}": one for number, one in enumerate(planted)}
