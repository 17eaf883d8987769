"""Quantum states get the encoding `prepared` and nothing else, classical samples never do."""

from __future__ import annotations

import pytest

from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.targets.classes import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.errors import SpaceError
from qcsearch.search.space.context import SearchContext
from qcsearch.search.space.space import SearchSpace, load_space
from qcsearch.training.transpiled import transpile_candidate

QUANTUM = QuantumSamples.of("pure", 5)


def _context(quantum: QuantumSamples | None) -> SearchContext:
    return SearchContext(get_device("fake_lagos"), 64, Classes((0, 1)), quantum=quantum)


def test_the_preset_makes_candidates_on_as_many_qubits_as_the_states_have() -> None:
    space = load_space("quantum_data")
    bound = space.bind(_context(QUANTUM))
    for point in space.file.start:
        assert bound.parameters.start(point) == point
    params = {key: next(iter(values)) for key, values in bound.parameters.choices.items()}
    params |= {key: whole.min for key, whole in bound.parameters.ints.items()}
    params |= {key: log.min for key, log in bound.parameters.logs.items()}
    candidate = bound.candidate(params)
    assert candidate.n_qubits == 5
    assert candidate.encoding == QUANTUM.encoding
    assert (candidate.preprocessing.scaling, candidate.preprocessing.reduction.name) == ("none", "none")
    transpiled = transpile_candidate(candidate, get_device("fake_lagos"), 64)
    assert (transpiled.gate_list.start, transpiled.features) == ("pure", ())
    assert transpiled.compile().n_features == 64


def test_states_need_a_space_with_their_encoding_and_classical_samples_another() -> None:
    with pytest.raises(SpaceError, match="has no encoding 'prepared'"):
        load_space("default").bind(_context(QUANTUM))
    with pytest.raises(SpaceError, match="is for samples that are quantum states"):
        load_space("quantum_data").bind(_context(None))


def test_a_space_for_both_gives_each_its_own() -> None:
    text = load_space("tiny").text.replace("encodings = [", 'encodings = ["prepared", ', 1)
    space = SearchSpace.from_toml(text, "both")
    mine = space.bind(_context(QUANTUM)).parameters.choices
    assert list(mine["encoding"]) == ["prepared"]
    assert list(mine["scaling"]) == ["none"]
    assert "prepared" not in space.bind(_context(None)).parameters.choices["encoding"]
