from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Operator

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.circuits.lowering import lower
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import SpaceError
from qcsearch.search.space.space import SearchSpace, load_space
from qcsearch.search.strategies.ingredients.evolution import Evolution
from qcsearch.search.strategies.ingredients.genes import Gene, LayerSpace, check_layered

REGIONS = ((0, 1, 2), (2, 3, 4))


def layer_space(device: Device, ansatz: str = "quantumnas_u3_cu3", **settings: object) -> LayerSpace:
    choice = Choice(ansatz, {"n_layers": 3, **settings})
    return LayerSpace(Candidate(Choice("angle"), choice, (0, 1, 2), ("Z0",)), device, REGIONS)


def unitary(candidate: Candidate, device: Device, weights: np.ndarray) -> Operator:
    gate_list = lower(candidate, topology(device, candidate.qubits), 3)
    circuit, features, parameters = to_circuit(gate_list)
    values = dict(zip([*features, *parameters], [0.1, 0.2, 0.3, *weights], strict=True))
    return Operator(circuit.assign_parameters(values))


@pytest.mark.parametrize("ansatz", ["quantumnas_u3_cu3", "quantumnas_zz_ry", "quantumnas_zx_xx"])
@pytest.mark.parametrize("ring", [False, True])
def test_a_circuit_is_the_whole_one_with_the_angles_it_lacks_at_none(
    device: Device, ansatz: str, ring: bool
) -> None:
    space, rng = layer_space(device, ansatz, ring=ring), np.random.default_rng(0)
    for _ in range(5):
        gene = space.random(rng)
        numbers, angles = space.angles(gene), rng.uniform(-3, 3, space.n_weights)
        others = np.zeros(space.n_weights)
        others[numbers] = angles[numbers]
        part = unitary(space.candidate(gene), device, angles[numbers])
        assert part.equiv(unitary(space.candidate(space.whole()), device, others))


def test_the_whole_has_every_angle_in_order(device: Device) -> None:
    space = layer_space(device)
    assert space.n_weights == 3 * (3 * 3 + 2 * 3)
    assert space.angles(space.whole()).tolist() == list(range(45))


def test_layouts_are_the_orders_of_the_regions_with_the_couplings_of_the_template(device: Device) -> None:
    assert layer_space(device).layouts == [(0, 1, 2), (2, 1, 0), (2, 3, 4), (4, 3, 2)]
    assert len(layer_space(device, ring=True).layouts) == 12


def test_genes_lie_between_their_least_share_and_the_whole(device: Device) -> None:
    space, rng = layer_space(device), np.random.default_rng(0)
    assert space.random(rng, 1.0).n_gates == space.whole().n_gates
    assert space.random(rng, 1.0).n_blocks == 3
    genes = [space.random(rng) for _ in range(300)]
    assert {gene.n_blocks for gene in genes} == {1, 2, 3}
    assert {gene.n_gates[1][0] for gene in genes} == {1, 2, 3}
    assert {gene.n_gates[1][1] for gene in genes} == {1, 2}
    assert {gene.qubits for gene in genes} == set(space.layouts)
    half = [space.random(rng, 0.6) for _ in range(100)]
    assert {gene.n_blocks for gene in half} == {2, 3}


def parts(gene: Gene) -> list[object]:
    return [gene.n_blocks, *(n for block in gene.n_gates for n in block), gene.qubits]


def test_a_mixture_takes_each_part_from_one_of_two(device: Device) -> None:
    space, rng = layer_space(device), np.random.default_rng(1)
    a, b = space.random(rng), space.random(rng)
    assert space.mix(a, b, 0.0, rng) == a
    assert space.mix(a, b, 1.0, rng) == b
    for _ in range(20):
        child = space.mix(a, b, 0.5, rng)
        assert all(c in pair for c, *pair in zip(parts(child), parts(a), parts(b), strict=True))


def test_a_near_gene_differs_in_few_parts_and_stays_where_it_is(device: Device) -> None:
    space, rng = layer_space(device), np.random.default_rng(1)
    gene = space.whole()
    for _ in range(30):
        near = space.near(gene, space.random(rng), 2, rng)
        assert sum(x != y for x, y in zip(parts(near), parts(gene), strict=True)) <= 2
        assert near.qubits == gene.qubits


@pytest.mark.parametrize("name", ["default", "images"])
def test_a_space_of_other_circuits_is_refused(name: str) -> None:
    with pytest.raises(SpaceError, match="needs a space whose ansatze are layers of QuantumNAS"):
        check_layered("quantumnas", load_space(name))


def test_an_encoding_with_weights_of_its_own_is_refused(layered: SearchSpace) -> None:
    check_layered("quantumnas", layered)
    other = SearchSpace.from_toml(layered.text.replace('"angle"', '"reuploading"'), "other")
    with pytest.raises(SpaceError, match="no weights of their own"):
        check_layered("quantumnas", other)


# --- evolution ---------------------------------------------------------------------------------------------


def size(gene: Gene) -> float:
    return gene.n_blocks + sum(sum(block) for block in gene.n_gates)


def test_evolution_finds_the_smallest_and_asks_once_for_each(device: Device) -> None:
    space, asked = layer_space(device), []

    def score(gene: Gene) -> float:
        asked.append(gene)
        return size(gene)

    gene, least, n_scored = Evolution().run(space, score, lambda: False, np.random.default_rng(0))
    assert (size(gene), least) == (7.0, 7.0)
    assert len(asked) == len(set(asked)) == n_scored
    assert n_scored > 1000


def test_evolution_scores_what_its_sizes_say(device: Device) -> None:
    space = layer_space(device)
    sizes = Evolution(population=12, parents=4, mutations=5, crossovers=3, generations=4)
    scored = sizes.run(space, size, lambda: False, np.random.default_rng(0))[2]
    assert scored == 12 + 3 * 8


def test_evolution_ends_when_it_is_late_and_leaves_out_what_is_not_allowed(device: Device) -> None:
    space = layer_space(device)
    _, _, n_scored = Evolution().run(space, size, lambda: True, np.random.default_rng(0))
    assert n_scored == 1

    def strict(gene: Gene) -> float:
        return np.inf if gene.qubits != (4, 3, 2) else size(gene)

    gene, _, _ = Evolution(generations=5).run(space, strict, lambda: False, np.random.default_rng(0))
    assert gene.qubits == (4, 3, 2)
