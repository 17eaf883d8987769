"""The audit log: whatever is changed, deleted, reordered or cut off is found; it goes on after any end."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from qcsearch.cli.main import run
from qcsearch.errors import InputError
from qcsearch.serving.access.caller import ANYBODY, Caller
from qcsearch.serving.audit import log as logs
from qcsearch.serving.audit.chain import write_link
from qcsearch.serving.audit.log import AuditLog
from qcsearch.serving.audit.verify import ChangedError, verify
from qcsearch.serving.http import server
from qcsearch.serving.refusals import AuditError
from qcsearch.serving.watching.record import Record

ALICE = Caller("alice", frozenset({"predict"}), None, "0a1b2c3d4e5f")


def record(n=1, caller=ALICE):
    return Record(f"request-{n}", "POST", 0.0, "/v1/predict", "digits", "d" * 64, caller, n)


def write(folder, requests=40, every=7, most_bytes=4096, end=True, **further):
    """A log of several files with several checkpoints."""
    folder.mkdir(exist_ok=True)
    log = AuditLog(folder, most_bytes=most_bytes, **further)
    log.started(version="1")
    for n in range(requests):
        log.request(record(n), 200)
        if n % every == every - 1:
            log.checkpoint()
    if end:
        log.close()
    else:
        kill(log)
    return log


def kill(log):
    """What is left to the kernel: files are closed, and nothing is written."""
    log._file.close()
    log._checkpoints.close()


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "audit", requests=21, most_bytes=2500)
    return tmp_path / "audit"


def files_of(folder):
    return sorted(folder.glob("audit-*.jsonl"))


def lines(folder):
    return [json.loads(line) for path in files_of(folder) for line in path.read_bytes().splitlines()]


def test_a_log_is_as_it_was_written_over_several_files(folder):
    found = verify(folder)
    assert len(files_of(folder)) > 2
    assert all(path.stat().st_size <= 2500 for path in files_of(folder))
    assert (found.lines, found.checkpoints, found.ended) == (len(lines(folder)), 4, True)
    assert found.signed == found.lines
    said = lines(folder)[1]
    assert (said["key"], said["name"], said["rows"], said["status"]) == (ALICE.key, "alice", 0, 200)
    assert (folder / "signing.key").stat().st_mode & 0o077 == 0


def test_it_goes_on_after_an_end_and_after_a_kill(folder):
    write(folder, requests=3, end=False)  # killed: nothing is closed
    assert not verify(folder).ended
    write(folder, requests=3)
    found = verify(folder)
    assert (found.ended, found.lines) == (True, len(lines(folder)))
    assert [line["event"] for line in lines(folder)].count("started") == 3


def naive(rng, content):
    """Change a file as whoever knows nothing of hashes does."""
    rows, kind = content.splitlines(keepends=True), rng.integers(6)
    i, j = rng.choice(len(rows), 2, replace=False)
    if kind == 0:  # a byte
        place = rng.integers(len(content))
        return content[:place] + bytes([content[place] ^ (1 << rng.integers(8))]) + content[place + 1 :]
    if kind == 1:  # a byte more or less
        place = rng.integers(len(content))
        return content[:place] + (b"" if rng.random() < 0.5 else b" ") + content[place + 1 :]
    if kind == 2:  # a line less
        del rows[i]
    elif kind == 3:  # two lines change places
        rows[i], rows[j] = rows[j], rows[i]
    elif kind == 4:  # a line twice
        rows.insert(j, rows[i])
    else:  # the end cut off
        return content[: rng.integers(len(content))]
    return b"".join(rows)


def rechained(rng, folder):
    """Change a line as whoever knows all but the key does: all that follow are chained anew."""
    said, files = lines(folder), files_of(folder)
    i, kind = int(rng.integers(len(said))), rng.integers(3)
    if kind == 0:
        said[i]["rows"] = said[i].get("rows", 0) + 1
    elif kind == 1:
        del said[i]
    else:
        j = int(rng.choice([n for n in range(len(said)) if n != i]))
        said[i], said[j] = said[j], said[i]
    before, whole = "0" * 64, []
    for n, facts in enumerate(said, 1):
        facts = {name: value for name, value in facts.items() if name not in ("n", "before", "hash")}
        line, before = write_link(n, facts, before)
        whole.append(line)
    for path in files[1:]:
        path.unlink()
    files[0].write_bytes(b"".join(whole))


@pytest.mark.parametrize("times", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_edits_deletions_and_reorderings_are_all_found(folder, times):
    rng, missed, tried = np.random.default_rng(0), [], 0
    victims = [*files_of(folder), folder / "checkpoints.jsonl"]
    original = {path: path.read_bytes() for path in victims}
    while tried < times:
        if tried % 4 == 0:
            rechained(rng, folder)
            what = "rechained"
        elif tried % 50 == 1:
            what = rng.choice(victims)
            what.unlink()
        else:
            what = rng.choice(victims)
            what.write_bytes(naive(rng, original[what]))
        if {path: path.read_bytes() if path.exists() else None for path in victims} != original:
            tried += 1
            try:
                verify(folder)
                missed.append((tried, what))
            except InputError:
                pass
        for path, content in original.items():
            path.write_bytes(content)
    assert missed == []
    assert verify(folder).ended


def test_every_cut_to_before_a_checkpoint_is_found_line_by_line(tmp_path):
    """In a log of a service that was killed, whose last lines are not signed."""
    folder = tmp_path / "audit"
    write(folder, requests=10, every=4, most_bytes=2**20, end=False)
    (path,), whole = files_of(folder), verify(folder)
    rows = path.read_bytes().splitlines(keepends=True)
    for left in range(len(rows)):
        path.write_bytes(b"".join(rows[:left]))
        if left < whole.signed:
            with pytest.raises(ChangedError, match="must go to line"):
                verify(folder)
            with pytest.raises(InputError, match="is not as it was written"):
                AuditLog(folder)  # nor does a service go on with it
        else:  # what is younger than the last checkpoint cannot be seen, and it says so
            assert (verify(folder).signed, verify(folder).ended) == (whole.signed, False)


def test_checkpoints_that_are_cut_off_with_the_log_are_missed_by_whoever_kept_them(tmp_path):
    folder, told = tmp_path / "audit", []
    write(folder, end=False, most_bytes=2**20, tell=lambda event, **facts: told.append(facts))
    kept = tmp_path / "service.log"
    kept.write_text("no JSON\n{}\n" + "".join(json.dumps(facts) + "\n" for facts in told))
    assert verify(folder, kept=kept).checkpoints == len(told) == 5
    (path,), checkpoints = files_of(folder), folder / "checkpoints.jsonl"
    signed = checkpoints.read_bytes().splitlines(keepends=True)[:-1]
    checkpoints.write_bytes(b"".join(signed))
    until = json.loads(signed[-1])["n"]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:until]))
    assert not verify(folder).ended
    with pytest.raises(ChangedError, match="The checkpoint 5 of"):
        verify(folder, kept=kept)


def test_another_key_is_found_by_whoever_has_the_public_one(folder, tmp_path):
    kept = tmp_path / "kept.pub"
    shutil.copy(folder / "signing.pub", kept)
    assert verify(folder, kept).ended
    forged = tmp_path / "forged"
    write(forged)
    assert verify(forged).ended
    with pytest.raises(ChangedError, match="signed with another key"):
        verify(forged, kept)


def test_a_log_without_its_key_or_with_one_that_others_read_does_not_go_on(folder):
    key = folder / "signing.key"
    key.chmod(0o644)
    with pytest.raises(InputError, match="must be its owner's alone"):
        AuditLog(folder)
    key.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        AuditLog(folder)


def test_what_a_crash_left_of_a_line_goes_and_is_said(folder):
    path = files_of(folder)[-1]
    with path.open("ab") as file:
        file.write(b'{"n":99,"time"')
    with pytest.raises(ChangedError, match="must be whole"):
        verify(folder)
    write(folder, requests=1)
    assert verify(folder).ended
    assert [line["torn_bytes"] for line in lines(folder) if "torn_bytes" in line] == [14]


def test_a_line_that_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "audit"
    write(folder, requests=2, end=False)
    log = AuditLog(folder)
    log.started()
    size = files_of(folder)[-1].stat().st_size

    def full(handle, line):
        real(handle, line[:10])
        raise OSError(28, "No space left on device")

    real = logs.segments.__globals__["os"].write
    monkeypatch.setattr("qcsearch.serving.audit.segments.os", SimpleNamespace(**_os(write=full)))
    with pytest.raises(AuditError, match="No space left on device"):
        log.request(record(), 200)
    assert files_of(folder)[-1].stat().st_size == size
    monkeypatch.undo()
    log.request(record(), 200)
    log.close()
    assert verify(folder).ended


def _os(**changes):
    import os

    return {name: getattr(os, name) for name in dir(os)} | changes


def test_what_is_refused_is_counted_and_does_not_fill_the_disk(tmp_path):
    folder = tmp_path / "audit"
    folder.mkdir()
    log = AuditLog(folder)
    log.started()
    for n in range(1000):
        log.request(record(n, caller=None), 401 if n % 2 else 404)
        log.request(record(n, caller=None), 200)  # whoever asks whether it lives
        log.request(record(n), 429)
    log.request(record(1, caller=ANYBODY), 200)
    log.close()
    said = lines(folder)
    assert [line["event"] for line in said] == ["started", "request", "refused", "ended"]
    assert [list(count.values()) for count in said[2]["counts"]] == [
        ["", 401, 500],
        ["", 404, 500],
        [ALICE.key, 429, 1000],
    ]
    assert verify(folder).ended


def test_it_is_verified_while_it_is_written(tmp_path):
    folder, stop = tmp_path / "audit", threading.Event()
    folder.mkdir()
    log = AuditLog(folder, most_bytes=8192)
    log.started()

    def keep():
        while not stop.is_set():
            log.checkpoint()

    def ask():
        while not stop.is_set():
            log.request(record(), 200)
            stop.wait(0.0005)

    threads = [threading.Thread(target=one) for one in (keep, ask, ask)]
    for thread in threads:
        thread.start()
    try:
        found, begin = [verify(folder)], time.monotonic()
        while (len(found) < 30 or found[-1].checkpoints < 5) and time.monotonic() < begin + 20:
            found.append(verify(folder))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    log.close()
    assert found[-1].checkpoints >= 5
    assert verify(folder).ended


def test_nothing_new_is_not_signed_again(tmp_path):
    folder = tmp_path / "audit"
    write(folder, requests=1, every=1, end=False)
    log = AuditLog(folder)
    for _ in range(5):
        log.checkpoint()
    assert verify(folder).checkpoints == 1
    kill(log)


def test_a_service_signs_each_minute_and_goes_on_after_a_fault(monkeypatch):
    assert server._CHECKPOINT_SECONDS == 60
    monkeypatch.setattr(server, "_CHECKPOINT_SECONDS", 0.001)
    signed, faults = [], []

    def checkpoint():
        signed.append(1)
        if len(signed) == 2:
            raise AuditError("The audit log cannot be written: the disk is full.")

    async def main():
        audit = SimpleNamespace(checkpoint=checkpoint)
        log = SimpleNamespace(event=lambda event, **facts: faults.append((event, facts["part"])))
        signing = asyncio.create_task(server._sign(audit, log))
        while len(signed) < 4:
            await asyncio.sleep(0.001)
        signing.cancel()

    asyncio.run(main())
    assert faults == [("fault", "audit")]


def test_the_command_says_what_it_found(folder, capsys):
    state = folder.parent
    assert run(["audit", "verify", str(state)]) == 0
    told = capsys.readouterr()
    assert "are as they were written; 4 checkpoints." in told.out
    assert run(["audit", "verify", str(state), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"] is True
    path = files_of(folder)[0]
    path.write_bytes(path.read_bytes().replace(b'"rows":3', b'"rows":4'))
    assert run(["audit", "verify", str(state)]) == 2
    assert (
        "The line 5 of 'audit-000001.jsonl' is not as it was written: it was changed."
        in capsys.readouterr().err
    )
    assert run(["audit", "verify", str(folder)]) == 2
    assert "There is no audit log" in capsys.readouterr().err
