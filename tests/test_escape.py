"""Text of strangers does nothing where it is shown."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsearch import escape
from qcsearch.storage import canonical

any_text = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("setosa", "setosa"),
        ("größer als 5 µm", "größer als 5 µm"),
        ("日本 👨\u200d👩\u200d👧", "日本 👨\u200d👩\u200d👧"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nError: b", r"a\nError: b"),
        ("a\r\tb\x00\x08", r"a\r\tb\x00\x08"),
        ("a\u2028b\u202ec\u2066d\u200e\ufeff", r"a\u2028b\u202ec\u2066d\u200e\ufeff"),
        ("a\udcffb", r"a\udcffb"),
        ("\U000e0041", r"\U000e0041"),
        ("[red]x[/]", "[red]x[/]"),
    ],
)
def test_a_terminal_shows_what_it_would_obey(text, shown):
    assert escape.for_terminal(text) == shown


@given(any_text)
def test_no_text_moves_a_terminal_or_cannot_be_printed(text):
    shown = escape.for_terminal(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode()
    assert escape.lines_for_terminal(text).count("\n") == text.count("\n")
    assert escape.for_terminal(shown) == shown


@given(any_text)
def test_json_keeps_its_value(text):
    line = escape.for_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(line) == {text: [text]}
    line.encode()
    assert escape.for_terminal(line) == line


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "＝1", "-", "-a", "+", "- 5", "--5"]
)
def test_a_spreadsheet_is_told_that_it_is_text(text):
    assert escape.for_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-1", "+3", "-0.5", "-.5", "-1e-5", "+2E10", "", "a=b", "1-2", "setosa", "'=1"]
)
def test_numbers_and_common_text_stay_as_they_are_in_a_spreadsheet(text):
    assert escape.for_cell(text) == text


def test_a_tab_before_a_formula_is_no_way_in():
    assert escape.for_cell("\t=1+1") == r"\t=1+1"
    assert escape.for_cell("\r=1+1") == r"\r=1+1"


@given(any_text)
def test_no_text_is_markup_of_a_page(text):
    shown = escape.for_page(text)
    assert not set("<>\"'") & set(shown)
    shown.encode()


def test_no_text_is_markup_of_a_card():
    assert escape.for_card("<b>[x](http://a)`|`*\n") == r"\<b\>\[x\](http://a)\`\|\`\*\\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("setosa", "`setosa`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\n# b", r"`a\n# b`")],
)
def test_no_text_ends_its_code_in_a_card(text, shown):
    assert escape.for_code(text) == shown


def test_the_text_of_a_page_is_that_of_the_json_in_it():
    assert canonical.loads(escape.for_json(canonical.dumps("\x7f\u202e"))) == "\x7f\u202e"
