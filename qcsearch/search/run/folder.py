"""The run folder: everything that a search was given and found, in files that anyone can open.

```
run.json        what was asked for: written last, so a folder without it holds no run
data.npz        the data set            device.json     the calibration snapshot
space.toml      the search space        study.journal   the study
warm_starts.json what another run gave it to begin with, if one did
clock.json      seconds used            workers.log     errors of the workers, if any
result.json     the final evaluation    model/          the winner
deployment.json the winner on a backend jobs/           account of every job
tomography.json a state that it leaves there
.session.N      who searches in it      .workers        its processes
```
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from qcsearch.data.dataset import Dataset
from qcsearch.data.sources.load import load_dataset
from qcsearch.devices.calibration.snapshot_files import read_snapshot
from qcsearch.devices.device import Device
from qcsearch.errors import RunError
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.contents import check_empty_or_run, check_files, holds_run
from qcsearch.search.run.history import History, read_history
from qcsearch.search.run.result import SearchResult
from qcsearch.search.space.space import SearchSpace
from qcsearch.search.trial.warm_start import WarmStart
from qcsearch.storage import canonical, files, npz
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_JSON_BYTES
from qcsearch.storage.locks import Lease, Roll

__all__ = ["WORKERS_SECONDS", "RunFolder"]

_WARM_STARTS = "warm_starts.json"
_SESSION_SECONDS = 0.5
WORKERS_SECONDS = 10.0
"""How long a search waits for its workers, or those of a killed one, to be gone."""

_LOST = "restore it, or start a new run in another folder (--run) with the same data, device and space."
_AGAIN = "remove it; `qcsearch search --run` with this folder makes it again from the trials."
_OTHER_FOLDER = "give another folder with --run, or the same settings to resume this run."


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
        check_files(run.path)
        if not run.begun:
            raise RunError(
                f"'{path}' is not a run folder: it has no run.json.", fix="qcsearch search makes one."
            )
        _ = run.config
        return run

    @property
    def begun(self) -> bool:
        """Whether a run was begun in it."""
        return holds_run(self.path)

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
        """Output and errors of the workers."""
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
            return RunConfig.from_json(canonical.loads(self._read("run.json")))

    @cached_property
    def dataset(self) -> Dataset:
        """The data set, checked against the digest it had."""
        with files.reading(self.path / "data.npz", _LOST):
            files.open_read(self.path / "data.npz").close()
            found = load_dataset(str(self.path / "data.npz"), name=self.config.dataset)
        found = replace(found, dropped=self.config.drop)
        self._check_digest("data.npz", found.digest, self.config.dataset_digest)
        return found

    @cached_property
    def device(self) -> Device:
        """The calibration snapshot, checked against the digest it had."""
        with files.reading(self.path / "device.json", _LOST):
            files.open_read(self.path / "device.json").close()
            device = read_snapshot(self.path / "device.json")
        self._check_digest("device.json", device.digest, self.config.device_digest)
        return device

    @cached_property
    def space(self) -> SearchSpace:
        """The search space, checked against the fingerprint it had."""
        with files.reading(self.path / "space.toml", _LOST):
            space = SearchSpace.from_toml(self._read("space.toml"), self.config.space)
        self._check_digest("space.toml", space.fingerprint, self.config.space_fingerprint)
        return space

    @cached_property
    def warm_starts(self) -> dict[str, WarmStart]:
        """What another run gave it to begin with, each under the name that its trial is known by."""
        if not files.is_file(self.path / _WARM_STARTS):
            return {}
        with files.reading(self.path / _WARM_STARTS, _LOST):
            return _named(map(WarmStart.from_json, canonical.loads(self._read(_WARM_STARTS))))

    def history(self) -> History:
        """The finished trials, as far as they can be read.

        Raises:
            RunError: if the journal cannot be read.
        """
        return read_history(self.journal)

    def result(self) -> SearchResult | None:
        """What the final evaluation found; None while there is none.

        Raises:
            FileError: if result.json cannot be read, or a part in it is missing or wrong.
        """
        if not files.is_file(self.path / "result.json"):
            return None
        with files.reading(self.path / "result.json", _AGAIN):
            return SearchResult.from_file(self.path, canonical.loads(self._read("result.json")))

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

    def write_result(self, result: SearchResult | None) -> None:
        """Write result.json atomically; None removes it, because the search is resumed."""
        if result is None:
            (self.path / "result.json").unlink(missing_ok=True)
        else:
            files.write_text(self.path / "result.json", canonical.dumps(result.to_file(), indent=2) + "\n")

    def begin(
        self,
        config: RunConfig,
        dataset: Dataset,
        device: Device,
        space: SearchSpace,
        warm_starts: Sequence[WarmStart] = (),
    ) -> None:
        """Write what the run is given, or resume what is there; the caller holds `session`.

        Args:
            config: what is asked for.
            dataset: checked data.
            device: calibration facts.
            space: what to search.
            warm_starts: what another run gives it to begin with; a resumed run has its own.

        Raises:
            RunError: as `refuse_other`.
        """
        self.refuse_other(config)
        for name, value in (("dataset", dataset), ("device", device), ("space", space)):
            self.__dict__[name] = value
        if self.begun:
            self._write_config(config)
            return
        for leftover in (self.journal, self.clock, self.path / "result.json", self.path / _WARM_STARTS):
            leftover.unlink(missing_ok=True)
        shutil.rmtree(self.model, ignore_errors=True)
        files.write_bytes(self.path / "data.npz", npz.save(dataset.to_arrays()))
        files.write_text(self.path / "device.json", canonical.dumps(device.to_json(), indent=1) + "\n")
        files.write_text(self.path / "space.toml", space.text)
        self.__dict__["warm_starts"] = _named(warm_starts)
        if warm_starts:
            told = [one.to_json() for one in warm_starts]
            files.write_text(self.path / _WARM_STARTS, canonical.dumps(told) + "\n")
        self._write_config(config)

    @property
    def workers(self) -> Roll:
        """The processes of its workers, and of who forks them."""
        return Roll(self.path / ".workers")

    @contextmanager
    def session(self) -> Iterator[None]:
        """Be the only search running in this folder, which is made if it is missing; no worker is running in it.

        Raises:
            RunError: if another search is running in it, or if it holds files that are not a run's.
            FileError: if a file in it is a link, a pipe or a device.
        """
        check_files(self.path)
        check_empty_or_run(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        lease = Lease(self.path / ".session")
        try:
            lease.take(_SESSION_SECONDS)
            self.workers.wait(WORKERS_SECONDS)  # those of a killed search take a moment to notice
        except TimeoutError as held:
            lease.release()
            raise RunError(
                f"Another search is running in '{self.path}': {held}",
                fix="wait for it to end, stop it, or give another folder with --run.",
            ) from None
        try:
            yield
        finally:
            lease.release()

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
            sentence = f"The run in '{self.path}' was made with the {what} {theirs}. Got {mine}."
            raise RunError(sentence, fix=_OTHER_FOLDER)

    def _check_digest(self, name: str, digest: str, expected: str) -> None:
        if digest != expected:
            raise RunError(f"'{self.path / name}' was changed since the run began.", fix="restore it.")

    def _write_config(self, config: RunConfig) -> None:
        files.write_text(self.path / "run.json", canonical.dumps(config.to_json(), indent=2) + "\n")
        self.__dict__["config"] = config

    def _read(self, name: str) -> str:
        return files.read_text(self.path / name, MAX_JSON_BYTES)


def _named(warm_starts: Iterable[WarmStart]) -> dict[str, WarmStart]:
    return {f"warm start {number}": one for number, one in enumerate(warm_starts)}
