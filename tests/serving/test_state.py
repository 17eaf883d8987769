"""One service with a state: quotas over HTTP, kills, the audit log of it; nothing private on disk."""

from __future__ import annotations

import json
import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from qcsearch.cli.main import run
from qcsearch.errors import InputError
from qcsearch.serving.access import keys
from qcsearch.serving.access.quota import Quota
from qcsearch.serving.audit.verify import verify
from qcsearch.serving.http.server import serve as run_service
from qcsearch.serving.settings import ServingSettings
from qcsearch.serving.state import audit_folder, open_state

ROW = [5.123456, 3.5, 1.4, 0.2]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "keys.json", tmp_path / "state"


def make(path, name="alice", **quota):
    key, token = keys.create(path, name, ["predict"], None, None, Quota(**quota))
    return key.id, {"Authorization": f"Bearer {token}"}


def used(capsys, path, state):
    capsys.readouterr()
    assert run(["keys", "list", str(path), "--state", str(state), "--json"]) == 0
    return {key["id"]: key["today"] for key in json.loads(capsys.readouterr().out)["keys"]}


def ask(client, body):
    """The status of an answer; 0 if the service died first."""
    try:
        return client.post("/v1/predict", json=body).status_code
    except httpx.TransportError:
        return 0


def test_200_requests_at_once_and_a_kill_overspend_nothing_and_all_is_in_the_audit_log(
    bundle, serve, place, capsys
):
    path, state = place
    ident, headers = make(path, rows_per_day=240)
    body, statuses = {"rows": [ROW] * 3}, []
    arguments = (bundle, "--keys", path, "--state", state, "--drain-seconds", "0")
    with serve(*arguments) as process, process.client(headers=headers) as client:

        def ask_until_it_dies(_):
            while not statuses or statuses[-1]:
                statuses.append(ask(client, body))
                if len(statuses) == 8:
                    os.kill(process.process.pid, signal.SIGKILL)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask_until_it_dies, range(8)))
    assert 8 <= len(statuses) <= 24
    with serve(*arguments) as process:
        with process.client(headers=headers) as client, ThreadPoolExecutor(32) as pool:
            statuses += pool.map(lambda _: ask(client, body), range(200))
            refused = client.post("/v1/predict", json=body)
            assert client.post("/v1/predict", json={"rows": [ROW[:3]]}).status_code == 400  # costs nothing
        process.process.terminate()
        assert process.process.wait(20) == 0
    assert set(statuses) == {0, 200, 429}
    assert (
        240 - 3 * 16 <= 3 * statuses.count(200) <= 240
    )  # what was on its way when it died is not given back
    assert used(capsys, path, state)[ident] == {
        "used": {"rows": 240, "qpu_seconds": 0, "dollars": 0},
        "reserved": {"rows": 0, "qpu_seconds": 0, "dollars": 0},
    }
    assert refused.headers["content-type"] == "application/problem+json"
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert "may use 240 samples a day. 240 are used" in refused.json()["detail"]
    kept = path.with_name("service.log")
    process.wait_for(lambda log: log[-1]["event"] == "checkpoint")
    kept.write_text("".join(process.lines))
    found = verify(audit_folder(state), kept=kept)
    assert (found.ended, found.signed, found.checkpoints) == (True, found.lines, 1)
    assert json.loads(json.loads(process.lines[-1])["line"])["n"] == found.lines
    said = [
        json.loads(line)
        for file in sorted(audit_folder(state).glob("audit-*.jsonl"))
        for line in file.read_bytes().splitlines()
    ]
    requests = [line for line in said if line["event"] == "request"]
    assert statuses.count(200) <= [line["status"] for line in requests].count(200) <= 80
    assert sum(count["requests"] for line in said for count in line.get("counts", [])) > 0
    assert {line["key"] for line in requests} == {ident}
    assert [line["event"] for line in said].count("started") == 2
    token = headers["Authorization"].split()[1].encode()
    kept = b"".join(file.read_bytes() for file in state.rglob("*") if file.is_file())
    assert not [secret for secret in (b"5.123456", token, token.rpartition(b"_")[2]) if secret in kept]
    assert state.stat().st_mode & 0o077 == 0


def test_a_rate_is_a_429_others_go_on_and_what_cannot_be_written_down_is_not_answered(bundle, serve, place):
    path, state = place
    (_, slow), (_, free) = make(path, requests_per_second=2), make(path, "bob", dollars_per_day=0)
    with serve(bundle, "--keys", path, "--state", state) as process, process.client() as client:
        answers = [client.get("/v1/models", headers=slow) for _ in range(40)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 20
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        answer = client.post("/v1/predict", headers=free, json={"rows": [ROW]})
        assert answer.status_code == 200  # the exact engine costs no dollars
        with pytest.raises(InputError, match=r"can be of one service\. Another has it"):
            run_service([str(bundle)], ServingSettings(port=0, state=state))
        (file,) = audit_folder(state).glob("audit-*.jsonl")
        size = file.stat().st_size
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (size + 100, size + 100))
        answer = client.get("/v1/models", headers=free)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "audit log cannot be written" in answer.json()["detail"]
        assert "flowers" not in answer.text
        assert file.stat().st_size == size


def test_keys_with_a_quota_a_day_need_a_state(bundle, place):
    path, _ = place
    make(path, rows_per_day=5)
    with pytest.raises(InputError, match="must have --state to keep quotas"):
        run_service([str(bundle)], ServingSettings(port=0, keys=path))


def test_a_state_that_cannot_be_used_is_one_sentence(tmp_path):
    def opened(folder):
        with open_state(folder, lambda event, **facts: None):
            pytest.fail("it was opened")

    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        opened(tmp_path / "file")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "quotas.sqlite3").write_bytes(b"no database" * 500)
    with pytest.raises(InputError, match=r"The quotas in .* cannot be used"):
        opened(tmp_path / "state")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "quotas.sqlite3").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="must be a regular file"):
        opened(tmp_path / "linked")
    assert not (tmp_path / "elsewhere").exists()


def test_the_commands_make_quotas_and_show_what_is_used(place, capsys):
    path, state = place
    bounds = ["--requests-per-second", "5", "--rows-per-day", "100", "--dollars-per-day", "2.5"]
    assert run(["keys", "create", str(path), "--name", "carol", *bounds, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["quota"]["rows_per_day"] == 100
    with open_state(state, lambda event, **facts: None) as opened:
        opened.ledger.reserve(made["id"], Quota(), opened.recovered.of(rows=7, dollars=1.25))
        today = used(capsys, path, state)[made["id"]]  # while a service runs
        assert today["reserved"] == {"rows": 7, "qpu_seconds": 0, "dollars": 1.25}
    assert run(["keys", "list", str(path), "--state", str(state)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "7/100 rows" in text
    assert "1.25/2.5 USD" in text
    assert run(["keys", "list", str(path)]) == 0
    assert run(["keys", "list", str(path), "--state", str(path.parent)]) == 2
    assert "cannot be read in" in capsys.readouterr().err
    assert run(["keys", "create", str(path), "--name", "dave", "--rows-per-day", "-1"]) == 2
