"""Locks that need nothing of the kernel but that a name is made once."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from qcsearch.deployment.ibm.jobs.journal import Journal
from qcsearch.errors import JournalError, RunError
from qcsearch.search.run.folder import RunFolder
from qcsearch.storage import canonical, locks
from qcsearch.storage.locks import Lease, Roll, locked
from qcsearch.storage.owner import Owner

HOLD = """
import sys, time
from pathlib import Path
from qcsearch.storage.locks import Lease
Lease(Path(sys.argv[1])).take()
print("held", flush=True)
time.sleep(60)
"""

ADD = """
import os, sys
from pathlib import Path
from qcsearch.storage.locks import locked
path = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with locked(path.with_name("lock")):
        number = int(path.read_text())
        path.write_text(str(number + 1))
"""


@pytest.fixture
def holder():
    """Starts processes that hold a lock until they are killed."""
    started = []

    def start(path):
        started.append(subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE))
        assert started[-1].stdout.readline() == b"held\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def quick(monkeypatch):
    """Half a minute of silence in a fifth of a second."""
    monkeypatch.setattr(locks, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(locks, "STALE_SECONDS", 0.3)
    monkeypatch.setattr(locks, "_UNWRITTEN_SECONDS", 0.1)


def elsewhere(path, pid=1, count=0):
    """A holder on another machine."""
    owner = Owner("another/boot/1", "another", pid, 1)
    path.write_bytes(owner.line + b"%012d\n" % count)


def test_a_lock_is_one_processs_and_says_whose(holder, tmp_path):
    first = holder(tmp_path / "lock")
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=f"held by process {first.pid}"):
        Lease(tmp_path / "lock").take(0.1)
    assert time.monotonic() - started < 1


def test_the_lock_of_a_killed_process_is_free_at_once_even_before_it_is_buried(holder, tmp_path):
    first = holder(tmp_path / "lock")
    first.kill()
    started = time.monotonic()
    with locked(tmp_path / "lock", max_seconds=5):
        assert time.monotonic() - started < 1


def test_a_number_that_another_process_has_got_since_is_not_the_holder(tmp_path):
    mine = Owner.me()
    assert mine.lives
    assert not Owner(mine.machine, mine.host, mine.pid, mine.started + 1).lives
    (tmp_path / "lock.3").write_bytes(Owner(mine.machine, mine.host, mine.pid, mine.started + 1).line)
    with locked(tmp_path / "lock", max_seconds=0):
        assert [path.name for path in tmp_path.iterdir()] == ["lock.4"]


def test_a_holder_elsewhere_that_shows_life_keeps_it_whatever_the_clocks_say(quick, tmp_path):
    path, ended = tmp_path / "lock.0", threading.Event()
    elsewhere(path)
    os.utime(path, (0, 0))  # its clock is half a century behind

    def live():
        count = 0
        while not ended.wait(0.05):
            elsewhere(path, count=(count := count + 1))

    thread = threading.Thread(target=live)
    thread.start()
    with pytest.raises(TimeoutError, match="process 1 on 'another'"):
        Lease(tmp_path / "lock").take(0.0)
    ended.set()
    thread.join()


@pytest.mark.parametrize("content", ["elsewhere", b"", b"nonsense\n", b"[]\n"])
def test_a_holder_that_shows_no_life_loses_it_after_a_while(quick, tmp_path, content):
    if content == "elsewhere":
        elsewhere(tmp_path / "lock.0")
    else:
        (tmp_path / "lock.0").write_bytes(content)
    os.utime(tmp_path / "lock.0", (2**33, 2**33))  # from the future
    started = time.monotonic()
    with locked(tmp_path / "lock", max_seconds=0.0):
        assert 0.09 < time.monotonic() - started < 2


def test_a_lease_shows_life_and_its_holder_learns_that_it_was_taken(quick, tmp_path):
    lease = Lease(tmp_path / "lock")
    lease.take()
    first = (tmp_path / "lock.0").read_bytes()
    time.sleep(0.2)
    assert (tmp_path / "lock.0").read_bytes() != first
    assert lease.held
    (tmp_path / "lock.1").write_bytes(b"")  # another took it for dead
    assert not lease.held
    lease.release()


def test_two_that_find_it_free_at_the_same_moment_do_not_both_get_it(tmp_path):
    """One looks, the other takes it and lets it go, and takes it again; then the first goes on."""
    late = Lease(tmp_path / "lock")
    looked = late._newest
    late._newest = lambda: -1  # what it saw a while ago
    for _ in range(2):
        early = Lease(tmp_path / "lock")
        early.take(beat=False)
        early.release()
    early = Lease(tmp_path / "lock")
    early.take(beat=False)
    with pytest.raises(TimeoutError):
        late.take(0.05)
    late._newest = looked
    assert early.held
    assert not late.held


def test_processes_that_count_lose_nothing(tmp_path):
    path = tmp_path / "number"
    path.write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", ADD, str(path), "100"]) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert path.read_text() == "300"
    assert len(list(tmp_path.iterdir())) == 2


def nothing(*_):
    """A `flock` that says yes to everybody."""


def refused(code):
    def flock(*_):
        raise OSError(code, os.strerror(code))

    return flock


@pytest.mark.parametrize(
    "flock", [nothing, refused(errno.ENOLCK), refused(errno.EOPNOTSUPP)], ids=["all", "ENOLCK", "EOPNOTSUPP"]
)
def test_where_flock_does_not_reach_a_folder_is_one_processs_all_the_same(monkeypatch, tmp_path, flock):
    monkeypatch.setattr(fcntl, "flock", flock)
    journal = Journal(tmp_path / "jobs")
    with pytest.raises(JournalError, match="Another process works with it"):
        Journal(tmp_path / "jobs")
    journal.close()
    Journal(tmp_path / "jobs").close()
    run = RunFolder(tmp_path / "run")
    with run.session(), pytest.raises(RunError, match="Another search is running"), run.session():
        pass
    with run.session():
        pass


def test_a_journal_that_was_taken_over_is_not_written(tmp_path):
    journal = Journal(tmp_path / "jobs")
    elsewhere(tmp_path / "jobs" / ".lock.1")
    with pytest.raises(JournalError, match="took it over"):
        journal.intend("key", 1.0)
    journal.close()


def test_a_link_in_the_place_of_a_lock_is_not_followed(quick, tmp_path):
    (tmp_path / "other").write_text("mine")
    (tmp_path / "lock.0").symlink_to(tmp_path / "other")
    (tmp_path / "roll").symlink_to(tmp_path / "other")
    with locked(tmp_path / "lock"):
        Roll(tmp_path / "roll").begin()
    assert (tmp_path / "other").read_text() == "mine"


def test_all_who_signed_are_waited_for_and_others_are_not(holder, tmp_path):
    process, roll = holder(tmp_path / "lock"), Roll(tmp_path / "roll")
    roll.begin()
    (tmp_path / "roll").write_bytes((tmp_path / "lock.0").read_bytes() + Owner("x/y/1", "x", 1, 1).line)
    with pytest.raises(TimeoutError, match=f"process {process.pid}"):
        roll.wait(0.1)
    process.kill()
    roll.wait(1.0)
    Roll(Path(os.devnull)).wait(0.0)
    with contextlib.suppress(FileNotFoundError):
        (tmp_path / "roll").unlink()
    roll.wait(0.0)


@pytest.mark.parametrize(
    "wrong", [{}, {"machine": 1}, [], {"machine": "a", "host": "b", "pid": "x", "started": 0}]
)
def test_a_line_that_names_nobody_is_nobody(wrong):
    assert Owner.read(canonical.dumps(wrong).encode()) is None
