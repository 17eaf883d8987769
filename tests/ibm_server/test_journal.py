from __future__ import annotations

import json

import pytest

from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.errors import JournalError


@pytest.fixture
def journal(tmp_path):
    opened = []

    def open_journal():
        opened.append(Journal(tmp_path / "jobs"))
        return opened[-1]

    yield open_journal
    for one in opened:
        one.close()


def test_an_entry_survives_each_of_its_events(journal):
    seen = []
    for step in range(5):
        one = journal()
        entry = one.find("key")
        seen.append(None if entry is None else (entry.job, entry.stored is not None, entry.seconds))
        if step == 0:
            one.intend("key", 3.5, backend="b")
        elif step == 1:
            one.submitted(entry, "job")
        elif step == 2:
            one.store(entry, "text")
        elif step == 3:
            one.charged(entry, 4.0)
        else:
            assert one.load(entry) == "text"
        one.close()
    assert seen == [None, (None, False, None), ("job", False, None), ("job", True, None), ("job", True, 4.0)]


def test_what_may_have_been_spent_counts_until_the_bill_is_there(journal):
    one = journal()
    entry = one.intend("key", 3.5)
    assert one.spent == 0
    one.submitted(entry, "job")
    assert one.spent == 3.5
    one.charged(entry, 7.0)
    assert (one.spent, one.slowness) == (7.0, 2.0)
    other = one.intend("key 2", 1.0)
    one.submitted(other, "job 2")
    one.end(other, "cancelled")
    assert one.spent == 8.0  # it may have run before
    one.charged(other, 0.0)
    assert one.spent == 7.0


def test_an_entry_that_ended_is_tried_again_under_another_tag(journal):
    one = journal()
    first = one.intend("key", 1.0)
    one.end(first, "cancelled")
    assert one.find("key") is None
    second = one.intend("key", 1.0)
    assert second.tag != first.tag
    assert one.find("key") is second


def test_a_line_that_a_kill_left_unfinished_is_dropped(journal, tmp_path):
    one = journal()
    one.intend("key", 1.0)
    one.close()
    path = tmp_path / "jobs" / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "subm')
    assert journal().find("key").job is None
    assert path.read_bytes() == whole


def test_one_process_at_a_time(journal):
    one = journal()
    with pytest.raises(JournalError, match="must be free"):
        journal()
    one.close()
    journal()


@pytest.mark.parametrize(
    "text", ["{}\n", "[]\n", "nonsense\n", '{"event": "submitted", "tag": "t", "job": "j"}\n']
)
def test_what_is_no_journal_is_refused(journal, tmp_path, text):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "journal.jsonl").write_text(text)
    with pytest.raises(JournalError, match="cannot be read"):
        journal()


def test_a_result_that_was_changed_is_refused(journal, tmp_path):
    one = journal()
    entry = one.intend("key", 1.0)
    one.store(entry, json.dumps({"a": 1}))
    (path,) = (tmp_path / "jobs" / "results").glob("*.json")
    path.write_text("{}")
    with pytest.raises(JournalError, match="as it was stored"):
        one.load(entry)
