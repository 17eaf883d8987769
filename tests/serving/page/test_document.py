"""The page as it is sent: one file, under a policy that runs what is in it and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re

from qcsearch.serving.page.document import document


def policy():
    parts = document().headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_the_policy_names_what_is_in_the_page_by_its_hash():
    html = document().content.decode()
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy()[f"{tag}-src"] == f"'sha256-{digest}'"


def test_nothing_else_may_run_load_or_frame_it():
    found = policy()
    assert found["default-src"] == "'none'"
    assert found["connect-src"] == "'self'"
    assert found["frame-ancestors"] == found["base-uri"] == found["form-action"] == "'none'"
    assert "unsafe" not in str(found)


def test_it_fetches_nothing_from_elsewhere_and_has_no_inline_handler():
    html = document().content.decode()
    assert set(re.findall(r"https?://[^'\"\s)]+", html)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<[^>]+\s(on\w+|style)=", html.split("<script")[0])
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|localStorage|cookie", html
    )


def test_it_is_told_to_whoever_asks_and_with_its_headers(ask, wine):
    answer = ask(wine, "/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == document().headers["Content-Security-Policy"]
    assert "alcohol" not in answer.text
