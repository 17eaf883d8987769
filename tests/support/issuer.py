"""A stand-in for an identity provider, which can be told to answer wrongly."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

MAKERS = {
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), jwt.algorithms.RSAAlgorithm),
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), jwt.algorithms.ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, jwt.algorithms.OKPAlgorithm),
}


class Issuer:
    """Keys by name, and what is asked of it. `wrong` names what it does wrongly."""

    def __init__(self):
        self.url, self.wrong, self.asked = "https://issuer.example.org", "", 0
        self.private, self.public = {}, {}

    def add(self, kid, algorithm="ES256"):
        make, kind = MAKERS[algorithm]
        self.private[kid] = (make(), algorithm)
        public = kind.to_jwk(self.private[kid][0].public_key(), as_dict=True)
        self.public[kid] = {**public, "kid": kid, "use": "sig", "alg": algorithm}

    def withdraw(self, kid):
        del self.public[kid]

    @property
    def jwks(self):
        return json.dumps({"keys": list(self.public.values())}).encode()

    def claims(self, **changes):
        now = time.time()
        found = {
            "iss": self.url,
            "aud": "flowers",
            "sub": "alice",
            "exp": now + 300,
            "iat": now,
            "scope": "openid predict",
            **changes,
        }
        return {name: value for name, value in found.items() if value is not None}

    def token(self, kid, *, header=None, **changes):
        key, algorithm = self.private[kid]
        return jwt.encode(self.claims(**changes), key, algorithm, {"kid": kid, **(header or {})})


def part(value):
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@contextmanager
def listening(issuer):
    """Have it answer on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            issuer.asked += 1
            try:
                self._answer()
            except OSError:
                return

        def _answer(self):
            if self.path == "/.well-known/openid-configuration":
                named = "http://other.example.org" if issuer.wrong == "name" else issuer.url
                place = {"plain": "http://keys.example.org/jwks", "file": "file:///etc/passwd"}
                body = json.dumps(
                    {"issuer": named, "jwks_uri": place.get(issuer.wrong, f"{issuer.url}/jwks")}
                ).encode()
            else:
                body = {"html": b"<html>", "symmetric": SYMMETRIC}.get(issuer.wrong, issuer.jwks)
            if issuer.wrong == "redirect":
                self.send_response(302)
                self.send_header("Location", f"{issuer.url}/elsewhere")
                self.end_headers()
                return
            self.send_response(500 if issuer.wrong == "fault" else 200)
            self.end_headers()
            if issuer.wrong == "endless":
                for _ in range(1000):
                    self.wfile.write(b" " * 10_000)
            if issuer.wrong == "slow":
                for _ in range(100):
                    self.wfile.write(b" ")
                    time.sleep(0.1)
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


SYMMETRIC = json.dumps(
    {
        "keys": [
            {"kty": "oct", "kid": "one", "k": base64.urlsafe_b64encode(b"s" * 32).decode(), "alg": "HS256"}
        ]
    }
).encode()
