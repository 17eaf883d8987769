"""JSON that is hashed and read: one text for one content, nothing sloppy accepted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsearch.storage import canonical

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read_back_exactly(value: object) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


def test_the_order_of_keys_does_not_change_the_digest() -> None:
    assert canonical.digest({"a": 1, "b": 2}) == canonical.digest({"b": 2, "a": 1})
    assert canonical.digest({"a": 1}) != canonical.digest({"a": 2})


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        '{"a": 1e999}',
        '{"a": 1, "a": 2}',
        "[" * 10**5,
        "{",
        "",
        '"\\ud800"',
        '{"\\uDFFF": 1}',
        '"\ud800"',
        "[" * 40 + "]" * 40,
        "[" + "[]," * 2 * 10**6 + "0]",
        "[" + "0," * 5 * 10**6 + "0]",
    ],
    ids=range(13),
)
def test_sloppy_or_endless_json_is_refused(text: str) -> None:
    for content in (text, text.encode("utf-8", "surrogatepass")):
        with pytest.raises(ValueError):  # noqa: PT011 - the messages are the parser's own
            canonical.loads(content)


def test_pairs_of_surrogates_are_one_character() -> None:
    assert canonical.loads('"\\ud83d\\ude00"') == "\U0001f600"


def test_numbers_that_json_cannot_say_are_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical.dumps(math.nan)
