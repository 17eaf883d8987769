"""Tokens of an identity provider: what opens the door, and that nothing else does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from pathlib import Path

import jwt
import pytest
from issuer import SYMMETRIC, Issuer, listening, part

from qcsearch.errors import InputError
from qcsearch.serving.access.oidc import sources
from qcsearch.serving.access.oidc.cache import KeyCache
from qcsearch.serving.access.oidc.door import OidcDoor
from qcsearch.serving.access.oidc.key_set import parse
from qcsearch.serving.access.oidc.settings import OidcSettings
from qcsearch.serving.refusals import ForbiddenError, KeysError, UnauthorizedError
from qcsearch.serving.settings import ServingSettings


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Given:
    """A source whose keys are those of an issuer, if it answers."""

    def __init__(self, issuer):
        self.issuer, self.fetches, self.down = issuer, 0, False

    async def fetch(self):
        self.fetches += 1
        await asyncio.sleep(0)
        if self.down:
            raise InputError("It is down.")
        return self.issuer.jwks


@pytest.fixture(scope="module")
def issuer():
    return made_issuer()


def made_issuer():
    made = Issuer()
    made.add("one")
    made.add("rsa", "RS256")
    made.add("ed", "EdDSA")
    return made


def door(issuer, clock=None, source=None):
    settings = OidcSettings(issuer.url, "flowers")
    keys = KeyCache(source or Given(issuer), clock or Clock())
    asyncio.run(keys.fill())
    return OidcDoor(settings, keys)


def identify(opened, token):
    return asyncio.run(opened.identify(f"Bearer {token}"))


@pytest.mark.parametrize("kid", ["one", "rsa", "ed"])
def test_a_token_of_the_issuer_opens_the_door_for_its_scopes_alone(issuer, kid):
    caller = identify(door(issuer), issuer.token(kid))
    assert caller.name == "alice"
    caller.check("predict")
    with pytest.raises(ForbiddenError):
        caller.check("admin")
    both = identify(door(issuer), issuer.token(kid, scope=["admin", "predict"], aud=["x", "flowers"]))
    assert both.scopes == {"admin", "predict"}
    for none in (None, "", "predictions", 7, {"predict": 1}):
        assert identify(door(issuer), issuer.token(kid, scope=none)).scopes == set()


def forged(issuer):
    """Tokens that must open nothing."""
    now = time.time()
    stranger = Issuer()
    stranger.add("one")
    stranger.add("rsa", "RS256")
    good = issuer.token("one")
    head, body, signature = good.split(".")
    for changes in (
        *({"exp": now - seconds} for seconds in (31, 60, 3600, 10**6, 10**9)),
        *({"exp": wrong} for wrong in (None, "soon", [], {}, True, -1, 0)),
        *({"nbf": now + seconds} for seconds in (60, 3600)),
        {"iat": now + 3600},
        *({"aud": wrong} for wrong in (None, "", "weeds", ["weeds"], [], 7, "flowers ", "FLOWERS", [None])),
        *({"iss": issuer.url + wrong} for wrong in ("/", " ", "x", ".evil.example.org")),
        *({"iss": wrong} for wrong in (None, "", 7, "https://evil.example.org")),
        *({"sub": wrong} for wrong in (None, 7)),
    ):
        yield _signed(issuer, changes)
    yield from (stranger.token(kid, iss=issuer.url) for kid in ("one", "rsa"))
    yield issuer.token("one", header={"kid": "rsa"})  # another key's name
    yield issuer.token("rsa", header={"kid": "ed"})
    for kid in ("nothing", "", "../one", "one\x00"):
        yield issuer.token("one", header={"kid": kid})
    for header in ({"jku": "https://evil.example.org"}, {"jwk": stranger.public["one"]}, {"x5u": "x"}):
        yield stranger.token("one", iss=issuer.url, header=header)
    yield issuer.token("one", header={"crit": ["b64"], "b64": False})
    yield issuer.token("one", header={"typ": "logout+jwt"})
    for algorithm in ("none", "None", "NONE", ""):
        yield f"{part({'alg': algorithm, 'kid': 'one'})}.{body}."
    for kid in ("one", "rsa"):  # the public key as the secret of an HMAC
        secret = json.dumps(issuer.public[kid]).encode()
        first = f"{part({'alg': 'HS256', 'kid': kid})}.{body}"
        yield f"{first}.{jwt.utils.base64url_encode(hmac.digest(secret, first.encode(), hashlib.sha256)).decode()}"
    yield f"{head}.{part(issuer.claims(scope='admin'))}.{signature}"
    yield f"{head}.{body}.{signature[:-4]}AAAA"
    yield f"{head}.{body}."
    yield f"{head}.{body}"
    yield from ("", ".", "..", "...", "a.b.c", "é.é.é", good + ".x", f"{head}.{head}.{signature}", "x" * 9000)
    yield f"{part([])}.{body}.{signature}"
    yield f"{part({'alg': 'ES256', 'kid': ['one']})}.{body}.{signature}"


def _signed(issuer, changes):
    """Whatever the claims: PyJWT would refuse to write some of them."""
    key, algorithm = issuer.private["one"]
    content = json.dumps(issuer.claims(**changes)).encode()
    return jwt.PyJWS().encode(content, key, algorithm, {"kid": "one", "typ": "JWT"})


def test_more_than_sixty_tokens_that_are_forged_or_expired_open_nothing(issuer):
    opened, tried = door(issuer), list(forged(issuer))
    assert len(tried) >= 60
    for token in tried:
        with pytest.raises(UnauthorizedError):
            identify(opened, token)
    assert identify(opened, issuer.token("one", exp=time.time() - 5)).name == "alice"  # clocks differ
    assert identify(opened, issuer.token("one")).name == "alice"


def test_a_key_that_is_new_opens_at_once_and_one_that_is_withdrawn_not_for_long():
    issuer, clock = Issuer(), Clock()
    issuer.add("old")
    source = Given(issuer)
    opened = door(issuer, clock, source)
    issuer.add("new")
    clock.now += 11
    assert identify(opened, issuer.token("new")).name == "alice"
    issuer.withdraw("old")

    async def until_refreshed():
        clock.now += 301
        for _ in range(9):
            await asyncio.sleep(0)
            try:
                await opened.identify(f"Bearer {issuer.token('old')}")
            except UnauthorizedError:
                return True
        return False

    assert asyncio.run(until_refreshed())


def test_names_that_are_made_up_cause_a_fetch_each_ten_seconds_and_no_more(issuer):
    clock, source = Clock(), Given(issuer)
    opened = door(issuer, clock, source)

    async def attack():
        tokens = [issuer.token("one", header={"kid": f"made-up-{i}"}) for i in range(50)]
        return await asyncio.gather(
            *(opened.identify(f"Bearer {token}") for token in tokens), return_exceptions=True
        )

    clock.now += 11
    for _ in range(3):
        assert {type(found) for found in asyncio.run(attack())} == {UnauthorizedError}
    assert source.fetches == 2


def test_an_issuer_that_is_down_is_forgiven_for_an_hour_and_then_nobody_is_let_in(issuer):
    clock, source = Clock(), Given(issuer)
    opened = door(issuer, clock, source)
    source.down = True
    clock.now += 3599
    assert identify(opened, issuer.token("one")).name == "alice"
    clock.now += 2
    with pytest.raises(KeysError):
        identify(opened, issuer.token("one"))
    source.down = False
    clock.now += 11
    assert identify(opened, issuer.token("one")).name == "alice"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("name", "must call itself so"),
        ("plain", "must begin with https"),
        ("file", "must be an address|must begin with https"),
        ("html", "must be a JWKS"),
        ("symmetric", "There is none"),
        ("redirect", "answers with 302"),
        ("fault", "answers with 500"),
        ("endless", "at most 262,144 bytes"),
        ("slow", "must answer in 0.3 s"),
    ],
)
def test_an_issuer_that_answers_wrongly_gives_no_keys(wrong, sentence, monkeypatch):
    monkeypatch.setattr(sources, "_SECONDS", 0.3 if wrong == "slow" else 5.0)
    issuer = Issuer()
    issuer.add("one")
    with listening(issuer):
        issuer.wrong = wrong
        source = sources.open_source(OidcSettings(issuer.url, "flowers"))
        began = time.monotonic()
        with pytest.raises(InputError, match=sentence):
            asyncio.run(KeyCache(source).fill())
        assert time.monotonic() - began < 4


def test_keys_that_are_weak_private_or_for_something_else_are_left_out(issuer):
    with pytest.raises(InputError):
        parse(SYMMETRIC)
    good = issuer.public["one"]
    for wrong in ({"use": "enc"}, {"d": "AAAA"}, {"kid": 7}, {"alg": "HS256"}, {"x": "AA"}, {"kty": "none"}):
        with pytest.raises(InputError):
            parse(json.dumps({"keys": [{**good, **wrong}]}).encode())
    for wrong in (b"[]", b"{}", b'{"keys": 7}', json.dumps({"keys": [good] * 65}).encode(), b"\xff"):
        with pytest.raises(InputError):
            parse(wrong)


@pytest.mark.parametrize(
    "issuer", ["http://example.org", "example.org", "https://a:b@c.org", "https://c.org?x=1", ""]
)
def test_an_issuer_that_anybody_could_play_is_refused(issuer):
    with pytest.raises(InputError):
        OidcSettings(issuer, "flowers")


def test_an_audience_there_must_be_and_keys_there_must_not():
    with pytest.raises(InputError, match="There is no audience"):
        OidcSettings("https://example.org", "")
    oidc = OidcSettings("https://example.org", "flowers")
    ServingSettings("0.0.0.0", oidc=oidc)
    with pytest.raises(InputError, match="It has both"):
        ServingSettings(keys=Path("keys.json"), oidc=oidc)


def test_a_service_takes_the_tokens_of_its_issuer_and_no_others(bundle, serve, tmp_path):
    issuer, file = made_issuer(), tmp_path / "jwks.json"
    file.write_bytes(issuer.jwks)
    told = ("--oidc-issuer", issuer.url, "--audience", "flowers", "--oidc-jwks", file)
    with serve(bundle, *told) as process, process.client() as client:
        assert client.get("/v2/health/ready").status_code == 200

        def ask(token, path="/v1/models"):
            return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

        assert ask(issuer.token("one")) == 200
        assert ask(issuer.token("one"), "/metrics") == 403
        assert ask(issuer.token("one", scope="admin"), "/metrics") == 200
        assert {
            ask(token) for token in forged(issuer) if token and token.isascii() and token.isprintable()
        } == {401}
        assert ask(issuer.token("one")) == 200
        text = "".join(process.lines)
        assert issuer.token("one").split(".")[0] not in text
