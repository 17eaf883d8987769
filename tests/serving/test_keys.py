"""Keys: made, recognised, expired, revoked; and what a service does with them."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from qcsearch.cli.main import run
from qcsearch.errors import FileError, InputError
from qcsearch.serving.access import keys
from qcsearch.serving.access.keyring import Keyring
from qcsearch.serving.refusals import ForbiddenError, KeysError, UnauthorizedError, UnknownModelError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


def identify(ring, authorization):
    return asyncio.run(ring.identify(authorization))


def make(path, **changes):
    asked = {"name": "alice", "scopes": ["predict"], "models": None, "days": None, **changes}
    return keys.create(path, **asked)


def test_a_key_is_recognised_and_kept_nowhere(path):
    key, token = make(path)
    assert token.startswith(f"qcs_{key.id}_")
    assert identify(Keyring(path), f"Bearer {token}").name == "alice"
    secret = token.rpartition("_")[2].encode()
    assert all(secret not in file.read_bytes() for file in path.parent.iterdir())


def test_the_file_is_worth_nothing_without_its_pepper(path):
    _, token = make(path)
    pepper = path.with_name("keys.json.pepper")
    assert pepper.stat().st_mode & 0o077 == 0
    pepper.write_bytes(os.urandom(32))
    with pytest.raises(UnauthorizedError):
        identify(Keyring(path), f"Bearer {token}")
    pepper.chmod(0o644)
    with pytest.raises(InputError, match="must be its owner's alone"):
        Keyring(path)
    pepper.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        make(path)  # not made anew: that would end every key that there is


def forged(token):
    scheme, ident, secret = token.split("_")
    yield from (
        "",
        "Bearer",
        token,
        f"Basic {token}",
        "Bearer qcs__",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
    )
    yield f"Bearer {token.upper()}"
    yield f"Bearer {scheme}_{'0' * 12}_{secret}"
    yield from (
        f"Bearer {scheme}_{ident}_{secret[:i]}{'0' if secret[i] != '0' else '1'}{secret[i + 1 :]}"
        for i in range(0, 64, 2)
    )
    yield from (f"Bearer {token}\x00", "Bearer é", f"Bearer {token} {token}")


def test_sixty_tokens_that_are_forged_expired_or_revoked_let_nobody_in(path):
    _, token = make(path)
    ring, tried = Keyring(path), list(forged(token))
    ended = [make(path, days=1)[1] for _ in range(9)]
    now = datetime.now(UTC)
    keys.change(path, lambda held: held.update({k: _expired(v, now) for k, v in held.items() if v.expires}))
    for _ in range(9):
        key, revoked = make(path)
        keys.revoke(path, key.id)
        ended.append(revoked)
    tried += [f"Bearer {one}" for one in ended]
    assert len(tried) >= 60
    for authorization in (None, *tried):
        with pytest.raises(UnauthorizedError):
            identify(ring, authorization)
    assert identify(ring, f"Bearer {token}").name == "alice"


def _expired(key, now):
    return keys.replace(key, expires=(now - timedelta(seconds=1)).isoformat())


def test_scopes_and_models_are_kept_apart(path):
    _, token = make(path, models=["flowers"])
    caller = identify(Keyring(path), f"bearer {token}")
    caller.check("predict")
    caller.check_model("flowers")
    with pytest.raises(ForbiddenError, match="must have the scope 'admin'"):
        caller.check("admin")
    with pytest.raises(UnknownModelError):
        caller.check_model("weeds")


def test_a_file_that_is_gone_or_broken_lets_nobody_in(path):
    _, token = make(path)
    ring, content = Keyring(path), path.read_bytes()
    for broken in (b"{}", b"", content.replace(b'"predict"', b'"all"'), content[:-9]):
        path.write_bytes(broken)
        with pytest.raises(KeysError):
            identify(ring, f"Bearer {token}")
    path.unlink()
    with pytest.raises(KeysError):
        identify(ring, f"Bearer {token}")
    path.write_bytes(content)
    assert identify(ring, f"Bearer {token}").name == "alice"


@pytest.mark.parametrize(
    "changes", [{"scopes": ["root"]}, {"days": 0}, {"days": float("nan")}, {"name": ""}, {"name": "a\nb"}]
)
def test_what_no_key_can_be_is_refused_and_nothing_written(path, changes):
    with pytest.raises(InputError):
        make(path, **changes)
    assert not path.exists()


def test_the_commands_make_list_and_revoke(path, capsys):
    assert run(["keys", "create", str(path), "--name", "bob", "--days", "2", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert identify(Keyring(path), f"Bearer {made['key']}").name == "bob"
    assert run(["keys", "revoke", str(path), made["id"]]) == 0
    capsys.readouterr()
    assert run(["keys", "list", str(path), "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)["keys"]
    assert listed["revoked"]
    assert made["key"] not in json.dumps(listed)
    assert run(["keys", "revoke", str(path), "nothing"]) == 2
    with pytest.raises(FileError):
        keys.load(path.with_name("other.json"))
