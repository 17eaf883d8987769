"""Numbers as people read them."""

from __future__ import annotations

import pytest

from qcsearch.wording import cell, error_rate, lifetime, microseconds, percent, seconds


def test_a_share_is_percent_with_one_digit_and_none_a_dash() -> None:
    assert [percent(0.9792), percent(1), percent(0.04123, 2), percent(None)] == [
        "97.9 %",
        "100.0 %",
        "4.12 %",
        "–",
    ]


def test_what_a_calibration_says_has_its_significant_digits() -> None:
    assert [error_rate(0.00032141), error_rate(0.5), error_rate(None)] == ["0.0321 %", "50 %", "not measured"]
    assert [lifetime(1.234567e-4), lifetime(None)] == ["123.5 µs", "not measured"]


def test_times_have_their_units() -> None:
    assert [microseconds(3.2149e-6), seconds(12.345), seconds(12.345, 0)] == ["3.21 µs", "12.3 s", "12 s"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.97916, "0.9792"),
        (0.0, "0.0000"),
        (0.00012345, "0.000123"),
        (1234567.0, "1.23e+06"),
        (3, "3"),
        (True, "True"),
        ("q<0>", "q<0>"),
    ],
)
def test_a_cell_says_a_float_in_four_digits_where_those_say_anything(value: object, shown: str) -> None:
    assert cell(value) == shown
