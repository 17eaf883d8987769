from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsearch.presets import preset_files
from qcsearch.search.space_text import to_toml

words = st.text(st.characters(codec="utf-8"))
plain = (
    words
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(words, values, max_size=5))
def test_it_reads_back_as_what_it_was_made_of(data: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(data)) == data


@pytest.mark.parametrize("name", sorted(preset_files("search_spaces", ".toml")))
def test_every_preset_reads_back(name: str) -> None:
    data = tomllib.loads(preset_files("search_spaces", ".toml")[name].read_text("utf-8"))
    assert tomllib.loads(to_toml(data)) == data
