"""Whatever the service answers to whatever call: a sentence and a way on, or the work is done; never a raw error."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibm_server.nonsense import TYPES

from qcsearch.deployment.ibm.connection import transport
from qcsearch.errors import BackendError, QCSearchError

CALLS = (
    "iam", "search", "catalog", "backends", "configuration", "properties", "status", "usage", "submit", "jobs",
    "job", "results", "metrics",
)  # fmt: skip
FEW = ("backends", "properties", "metrics")
RAW = (
    b"",
    b"<html><body>Log in</body></html>",
    b'{"cut": [1, 2',
    b"[" * 5000,
    b"\xff\xfe\x00",
    b"nonsense",
    b'"' + b"x" * 100_000 + b'"',
)
ALWAYS = 100_000


def text(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def ends_well(work):
    """Do it; it succeeds, or fails in one sentence with the exit code of a service."""
    found = None
    try:
        work()
    except QCSearchError as error:
        found = error
    if found is not None:
        assert found.exit_code == 5, repr(found)
        assert "\n" not in str(found)


@pytest.fixture
def short_deadlines(quick):
    """Asks twice."""
    return replace(quick, attempts=2, call_timeout=1.0, job_timeout=2.0, unknown_polls=2)


@pytest.fixture
def play(server, executor, rotation, short_deadlines):
    """Runs a job with a call whose answer is something else, always or once the executor is open."""
    journals = iter(range(10**6))

    def play(call, answer, skip=0):
        server.faults.clear()
        server.faults.add(call, answer, ALWAYS, skip)
        one = executor(journal=f"j{next(journals)}", retry=short_deadlines)

        def work():
            one.run([rotation], 20)
            _ = one.notices, one.remaining_seconds, one.rep_delay, one.budget.spent()
            one.calibration()

        try:
            ends_well(work)
            ends_well(one.close)
        finally:
            one._journal.close()
            assert server.leaks() == []
            assert one.budget.spent() < 1000

    return play


@pytest.mark.parametrize("call", [c if c in FEW else pytest.param(c, marks=pytest.mark.slow) for c in CALLS])
def test_a_page_or_null_in_the_place_of_any_answer(play, call):
    for answer in (b"<html>Log in</html>", b"null"):
        play(call, lambda _, answer=answer: answer)


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_any_json_in_the_place_of_any_answer(play, call):
    for answer in (*RAW[::2], *TYPES[::2]):
        play(call, lambda _, answer=answer: text(answer))


def edited(value, path, new):
    """A copy of JSON with one part replaced."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, dict):
        return {**value, step: edited(value[step], rest, new)}
    return [*value[:step], edited(value[step], rest, new), *value[step + 1 :]]


def paths(value, depth=4):
    """Where its parts are."""
    parts = (
        value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    )
    for step, part in parts:
        yield (step,)
        if depth > 1:
            yield from ((step, *rest) for rest in paths(part, depth - 1))


def decoded(answer):
    return json.loads(answer) if isinstance(answer, bytes) else answer


@pytest.mark.exhaustive
@pytest.mark.parametrize("call", [call for call in CALLS if call != "results"])
def test_any_json_in_the_place_of_any_part_of_any_answer(play, call):
    """Every part that there is, down to four levels, replaced by one thing of each kind."""
    seen = set()
    play(call, lambda answer: seen.update(paths(decoded(answer))) or text(answer))
    for path in sorted(seen, key=repr):
        for new in (None, True, -1, 1e308, float("nan"), "text", [], {}):
            play(call, lambda answer, path=path, new=new: text(put(decoded(answer), path, new)))


def put(answer, path, new):
    try:
        return edited(answer, path, new)
    except (KeyError, IndexError, TypeError):  # this answer has no such part
        return answer


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_parts_of_answers_at_random(play, data):
    _at_random(play, data)


@pytest.mark.exhaustive
@settings(max_examples=3000, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_many_parts_of_answers_at_random(play, data):
    _at_random(play, data)


def _at_random(play, data):
    call = data.draw(st.sampled_from(CALLS))
    number, new = data.draw(st.integers(0, 10**6)), data.draw(json_values)
    skip = data.draw(st.integers(0, 2))

    def change(answer):
        value = decoded(answer)
        found = sorted(paths(value), key=repr)
        return text(put(value, found[number % len(found)], new) if found else new)

    play(call, change, skip)


def test_a_listing_that_never_ends_does(server, executor, rotation, short_deadlines, monkeypatch):
    monkeypatch.setattr(
        transport, "_MOST_REQUESTS", 20
    )  # the bound itself: the search below, which takes longer
    server.faults.add("submit", "after drop", 2)
    server.faults.add("jobs", lambda _: b'{"jobs": [], "count": 7}', ALWAYS)
    with pytest.raises(BackendError, match="come to an end"):
        executor(retry=short_deadlines).run([rotation], 20)


@pytest.mark.slow
def test_a_search_that_never_ends_does(server, executor, rotation, short_deadlines):
    server.faults.add("search", lambda answer: {**answer, "search_cursor": "more"}, ALWAYS)
    with pytest.raises(BackendError, match="come to an end"):
        executor(retry=short_deadlines).run([rotation], 20)
