"""Dataclasses from JSON: every type is checked, and every number is the one that was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsearch.errors import InputError
from qcsearch.storage import canonical
from qcsearch.typed import read


@dataclass(frozen=True)
class Inner:
    x: float
    name: str = "a"


@dataclass(frozen=True)
class Outer:
    one: Inner
    many: tuple[Inner, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    by_name: Mapping[str, float | None] = field(default_factory=dict)
    flag: bool = False
    maybe: Inner | None = None


GOOD = Outer(Inner(0.5), (Inner(1.0, "b"),), ((1, 2),), {"a": 1.5, "b": None}, True, Inner(2.0))


def plain(value):
    return canonical.loads(canonical.dumps(asdict(value)))


def test_what_was_written_is_read():
    assert read(Outer, plain(GOOD), "one") == GOOD
    assert read(Outer, {"one": {"x": 1}}, "one") == Outer(Inner(1.0))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_every_float_is_exact(numbers):
    data = {"one": {"x": 0.0}, "many": [{"x": number} for number in numbers]}
    assert [inner.x.hex() for inner in read(Outer, canonical.loads(canonical.dumps(data)), "one").many] == [
        number.hex() for number in numbers
    ]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"one": None}, "one"),
        ({"one": {}}, r"one\.x"),
        ({"one": {"x": "1"}}, r"one\.x"),
        ({"one": {"x": True}}, r"one\.x"),
        ({"one": {"x": 1.0, "more": 1}}, r"one\.more"),
        ({"many": {}}, "many"),
        ({"many": [1]}, r"many\.0"),
        ({"pairs": [[1]]}, r"pairs\.0"),
        ({"pairs": [[1, 2.5]]}, r"pairs\.0\.1"),
        ({"by_name": {"a": "x"}}, r"by_name\.a"),
        ({"flag": 1}, "flag"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_is_of_another_type_is_named(change, place):
    with pytest.raises(InputError, match=f"Not a thing: '{place}"):
        read(Outer, plain(GOOD) | change, "a thing")


@pytest.mark.parametrize("data", [None, [], 1, "x", {}])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(InputError, match="Not a thing"):
        read(Outer, data, "a thing")
