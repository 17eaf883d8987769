"""Arguments: Python's and numpy's numbers are taken as Python's own, all else is one sentence."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from qcsearch.arguments import as_float, as_int, as_json, as_path
from qcsearch.errors import InputError

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary(),
    st.fractions(), st.decimals(), st.lists(st.integers()), st.dates(), st.just(object()),
    hnp.from_dtype(np.dtype("f4")), hnp.from_dtype(np.dtype("i2")), hnp.from_dtype(np.dtype("?")),
    hnp.arrays("i8", hnp.array_shapes(min_dims=0, max_dims=2)),
)  # fmt: skip


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_whole_numbers_of_every_width_are_ints(kind):
    number = as_int(np.dtype(kind).type(7), "The number", 1, 9)
    assert (type(number), number) == (int, 7)


@pytest.mark.parametrize("value", [3, np.int8(3), np.float32(3), np.longdouble(3), Fraction(3)])
def test_real_numbers_are_floats(value):
    number = as_float(value, "The time must be a number")
    assert (type(number), number) == (float, 3.0)


@settings(max_examples=300, deadline=None)
@given(value=ANYTHING)
def test_anything_else_is_one_sentence(value):
    for read, kind in (
        (lambda v: as_int(v, "The number", -5, 2**40), int),
        (lambda v: as_float(v, "It"), float),
    ):
        try:
            assert type(read(value)) is kind
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017  both outcomes are fine
            assert len(str(error)) < 200  # noqa: PT017


def test_a_share_has_both_its_bounds_in_the_sentence():
    with pytest.raises(InputError, match=r"It must be a share in \(0, 1\). Got 1\."):
        as_float(1, "It must be a share", below=1)


def test_numbers_of_numpy_inside_json_become_plain():
    said = {"a": np.int8(1), "b": [np.float64(0.5), (np.bool_(True), None)], "c": np.arange(3), "d": "text"}
    assert json.dumps(as_json(said)) == '{"a": 1, "b": [0.5, [true, null]], "c": [0, 1, 2], "d": "text"}'


@pytest.mark.parametrize("value", ["run", Path("run"), np.str_("run")])
def test_paths_are_paths(value):
    assert as_path(value, "The folder") == Path("run")


@pytest.mark.parametrize("value", ["", b"run", 3, None, ["run"]])
def test_what_is_no_path_is_one_sentence(value):
    with pytest.raises(InputError, match="The folder must be a path"):
        as_path(value, "The folder")
