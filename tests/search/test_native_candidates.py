"""Candidates of the presets on their regions: what mapping has to add."""

from __future__ import annotations

from collections.abc import Iterator

import optuna
import pytest

from qcsearch.candidate.candidate import Candidate
from qcsearch.circuits.lowering import lower
from qcsearch.data.preprocessing.pipeline import n_components
from qcsearch.data.targets import Classes
from qcsearch.devices.calibration.providers import get_device
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import CandidateError
from qcsearch.presets import preset_files
from qcsearch.search.space.context import SearchContext
from qcsearch.search.space.space import load_space
from qcsearch.training.transpiled import transpile_candidate

PRESETS = sorted(preset_files("search_spaces", ".toml"))
DRAWN = 25
RING = "quantumnas_u3_cu3"
"""The published set-up asks for gates round a ring, whatever is coupled."""
QUANTUM = "quantum_data"
"""For other samples than these; its pooling reaches over qubits that have gone."""


def drawn(name: str, device: Device) -> Iterator[tuple[Candidate, int]]:
    """Random candidates of a preset for small images, with their number of features."""
    bound = load_space(name).bind(
        SearchContext(device, n_features=64, target=Classes(tuple(range(4))), image_shape=(8, 8))
    )
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(DRAWN):
        candidate = bound.candidate(bound.draw(study.ask()))
        yield candidate, n_components(candidate.preprocessing, 64, (8, 8), 4)


@pytest.mark.parametrize("device", ["fake_torino", "fake_manila", "fake_nighthawk"])
@pytest.mark.parametrize("name", sorted({*PRESETS} - {RING, QUANTUM}))
def test_two_qubit_gates_are_on_couplings_unless_the_amplitudes_of_a_state_are_encoded(
    name: str, device: str
) -> None:
    target = get_device(device)
    checked = 0
    for candidate, n_features in drawn(name, target):
        couplings = topology(target, candidate.qubits)
        try:
            gates = lower(candidate, couplings, n_features).gates
        except CandidateError:
            continue  # an encoding that these features do not fit
        if candidate.encoding.name != "amplitude":
            pairs = {tuple(sorted(gate.qubits)) for gate in gates if len(gate.qubits) == 2}
            assert pairs <= set(couplings.edges)
            checked += bool(pairs)
    assert checked >= DRAWN / 4


@pytest.mark.parametrize("name", ["default", "tiny"])
def test_mapping_inserts_no_swap_into_candidates_of_the_default_spaces(name: str) -> None:
    device = get_device("fake_torino")
    costs = []
    for candidate, n_features in drawn(name, device):
        try:
            mapped = transpile_candidate(candidate, device, n_features).mapped
        except CandidateError:
            continue
        assert mapped.swaps == 0
        assert mapped.final_layout == tuple(range(candidate.n_qubits))
        # What was built of cz and cx has as many of them on a device of cz, but for those that cancel.
        assert mapped.two_qubit_gates <= mapped.built_two_qubit_gates
        costs.append(mapped.two_qubit_gates)
    assert max(costs) > 1
