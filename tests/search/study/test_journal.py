from __future__ import annotations

import threading
from pathlib import Path

import optuna
import pytest

from qcsearch.search.study.journal import JournalFile, mend, open_storage


def test_half_a_last_line_is_removed_and_whole_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"a":1}\n{"b":2}\n{"c":')
    assert mend(path) == 5
    assert path.read_bytes() == b'{"a":1}\n{"b":2}\n'
    assert mend(path) == 0


def test_a_journal_of_half_a_line_becomes_empty(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"x" * 200_000)
    assert mend(path) == 200_000
    assert path.read_bytes() == b""


def test_a_line_longer_than_a_block_survives_the_half_line_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"y" * 150_000 + b"\n" + b"x" * 150_000)
    mend(path)
    assert path.read_bytes() == b"y" * 150_000 + b"\n"


def test_appending_after_a_half_line_leaves_a_readable_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    JournalFile(path).append_logs([{"n": 1}])
    with path.open("ab") as file:
        file.write(b'{"n": 2, "half')
    second = JournalFile(path)
    assert list(second.read_logs(0)) == [{"n": 1}]
    second.append_logs([{"n": 3}])
    assert list(second.read_logs(1)) == [{"n": 3}]
    assert list(JournalFile(path).read_logs(0)) == [{"n": 1}, {"n": 3}]


def test_reading_resumes_where_it_stopped_and_can_start_again(tmp_path: Path) -> None:
    writer, reader = JournalFile(tmp_path / "journal"), JournalFile(tmp_path / "journal")
    writer.append_logs([{"n": 0}, {"n": 1}])
    assert list(reader.read_logs(0)) == [{"n": 0}, {"n": 1}]
    writer.append_logs([{"n": 2}])
    assert list(reader.read_logs(2)) == [{"n": 2}]
    assert list(reader.read_logs(3)) == []
    assert list(reader.read_logs(1)) == [{"n": 1}, {"n": 2}]


def test_optuna_finds_a_study_again_in_the_journal(tmp_path: Path) -> None:
    study = optuna.create_study(study_name="s", storage=open_storage(tmp_path / "journal"))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
    again = optuna.load_study(study_name="s", storage=open_storage(tmp_path / "journal"))
    assert [t.params for t in again.trials] == [t.params for t in study.trials]
    assert [t.value for t in again.trials] == [t.value for t in study.trials]


def test_many_writers_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "journal"

    def write(worker: int) -> None:
        journal = JournalFile(path)
        for n in range(50):
            journal.append_logs([{"worker": worker, "n": n}])

    threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = list(JournalFile(path).read_logs(0))
    for worker in range(4):
        assert [log["n"] for log in found if log["worker"] == worker] == list(range(50))


def test_a_journal_is_read_line_by_line_and_what_is_wrong_ends_it(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "journal")
    journal.append_logs([{"n": 0}])
    with (tmp_path / "journal").open("ab") as file:
        file.write(b"no json\n" * 3)
    logs = journal.read_logs(0)
    assert next(iter(logs)) == {"n": 0}
    with pytest.raises(ValueError, match="Expecting value"):
        next(iter(logs))
    assert next(iter(journal.read_logs(0))) == {"n": 0}
