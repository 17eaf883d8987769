"""Runs are looked at with nothing but their files: damaged, where nothing may be written, or without their plug-ins."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qcsearch.search import events
from qcsearch.search.finish.leaderboard import leaderboard, notices, records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.history import read_history
from qcsearch.search.run.result import SearchResult
from qcsearch.search.study.study import SearchStudy

Search = Callable[..., SearchResult]


@pytest.fixture
def own(finished: SearchResult, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(finished.run, tmp_path / "run")))


def test_the_file_alone_says_what_the_study_says(finished: SearchResult) -> None:
    run = RunFolder.open(finished.run)
    found = read_history(run.journal)
    assert list(found.records) == SearchStudy(run).records()
    assert found.notices == ()


def test_no_journal_is_no_trial(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none") == read_history(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xff\xfe garbage", b"{", b'{"op_code":8,"trial_id":0,"user_attr":{"record":1}}', b"\0" * 50],
)
def test_of_a_damaged_journal_all_other_trials_are_shown_with_a_note(own: RunFolder, damage: bytes) -> None:
    before = records(own)
    lines = own.journal.read_bytes().splitlines(keepends=True)
    (number,) = (
        i
        for i, line in enumerate(lines)
        if line.startswith(b'{"op_code":8,"trial_id":3,"user_attr":{"record"')
    )
    lines[number] = damage + b"\n"
    own.journal.write_bytes(b"".join(lines))
    found = own.history()
    assert list(found.records) == [record for record in before if record.trial != 3]
    assert f"Line {number + 1} of the journal" in found.notices[0]
    assert notices(found) == list(found.notices)
    assert len(leaderboard(own)) > 0


def test_a_run_whose_plugin_is_gone_is_shown_with_a_note(
    own: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qcsearch.circuits.ansatze import ANSATZE

    before = leaderboard(own)
    monkeypatch.delitem(ANSATZE._classes, "hardware_efficient")
    assert leaderboard(RunFolder(own.path)) == before
    (note,) = notices(own.history())
    assert note.startswith("'hardware_efficient' is not one of the ansatze.")
    assert note.endswith("What needs it is left out.")


@pytest.mark.parametrize("damage", [b"", b"{", b"garbage", b"[1]"])
def test_whatever_line_is_damaged_the_search_can_go_on_with_all_other_trials(
    own: RunFolder, damage: bytes
) -> None:
    before = {record.trial: record for record in records(own)}
    lines = own.journal.read_bytes().splitlines(keepends=True)
    step = 1 + len(lines) // 40
    for number in [0, 1, *range(2 + len(damage), len(lines), step)]:
        changed = [*lines[:number], damage + b"\n", *lines[number + 1 :]]
        own.journal.write_bytes(b"".join(changed))
        study, notice = SearchStudy.of(RunFolder(own.path))
        assert notice is not None
        assert "1 line is left out" in notice
        study.fail_stale_trials()
        found = {record.trial: record for record in study.records()}
        lost = before.keys() - found.keys()
        assert len(lost) <= 1, number
        assert all(found[trial] == before[trial] for trial in found), number
        kept = Path(notice.rpartition("kept in '")[2].rstrip("'."))
        assert kept.read_bytes() == b"".join(changed)
        kept.unlink()


def test_a_search_resumes_from_a_damaged_journal_and_says_so(search: Search, tmp_path: Path) -> None:
    search(tmp_path / "run", n_trials=3)
    run = RunFolder(tmp_path / "run")
    lines = run.journal.read_bytes().splitlines(keepends=True)
    lines[len(lines) // 2] = b"\xff\xff\n"
    run.journal.write_bytes(b"".join(lines))
    told: list[events.Event] = []
    result = search(run.path, n_trials=5, progress=told.append)
    assert result.n_trials >= 4
    said = [event.text for event in told if isinstance(event, events.Notice)]
    assert any(text.startswith("The journal of the run was damaged: 1 line is left out.") for text in said)
    assert RunFolder(run.path).history().notices == ()


def test_a_whole_journal_is_opened_as_it_is(own: RunFolder) -> None:
    before = own.journal.read_bytes()
    assert SearchStudy.of(own)[1] is None
    assert own.journal.read_bytes().startswith(before)  # Optuna asks for its study in a line


@pytest.mark.slow
def test_five_thousand_records_are_read_in_two_seconds_of_a_processor(own: RunFolder) -> None:
    lines = own.journal.read_bytes().splitlines(keepends=True)
    line = next(line for line in lines if line.startswith(b'{"op_code":8,"trial_id":0,"user_attr":{"record"'))
    own.journal.write_bytes(
        b"".join(line.replace(b'"trial_id":0', b'"trial_id":%d' % n, 1) for n in range(5000))
    )
    started = time.process_time()
    assert len(own.history().records) == 5000
    assert time.process_time() - started < 2
