"""Genes of layered circuits: how many gates of each layer, how many blocks, on which physical qubits.

Wang et al., *QuantumNAS*, HPCA 2022 (arXiv 2107.10845): a circuit is the front of a large one, the SuperCircuit:
its first blocks, and of each layer the first gates; so all circuits share its angles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Topology, count_weights
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.ansatze.base import pairs
from qcsearch.circuits.ansatze.quantumnas import TWO_QUBIT, QuantumNAS
from qcsearch.circuits.encodings import ENCODINGS
from qcsearch.circuits.input_layers import INPUT_LAYERS
from qcsearch.devices.device import Device
from qcsearch.devices.selection.regions import topology
from qcsearch.errors import SpaceError
from qcsearch.search.space.space import SearchSpace
from qcsearch.training.heads import HEADS, FittedHead

__all__ = ["Gene", "LayerSpace", "check_encodings", "check_layered", "check_trained_heads"]

_MOST_ORDERS = 720
"""Orders of a region's qubits that are looked at: all of them up to six qubits."""


@dataclass(frozen=True)
class Gene:
    """One circuit.

    Attributes:
        n_blocks: the first so many blocks are there.
        n_gates: for every block, also those that are not there, the gates of each layer.
        qubits: physical qubits.
    """

    n_blocks: int
    n_gates: tuple[tuple[int, ...], ...]
    qubits: tuple[int, ...]


def check_layered(strategy: str, space: SearchSpace) -> None:
    """Refuse a space with another ansatz than those made of layers, or an encoding with weights.

    Raises:
        SpaceError: naming it.
    """
    for alternative in space.file.circuit.ansatze:
        ansatz = ANSATZE.create(alternative.name, alternative.choice.settings)
        if not isinstance(ansatz, QuantumNAS):
            raise SpaceError(
                f"The strategy '{strategy}' needs a space whose ansatze are layers of QuantumNAS. "
                f"'{space.name}' has '{alternative.name}'.",
                fix="take --space quantumnas.",
            )
    check_encodings(strategy, space)


def check_encodings(strategy: str, space: SearchSpace) -> None:
    """Refuse a space with an encoding that has weights, or a trained input layer: they would not be shared.

    Raises:
        SpaceError: naming it.
    """
    for alternative in space.file.circuit.input_layers:
        layer = INPUT_LAYERS.create(alternative.name, alternative.choice.settings)
        if layer.n_parameters(1, 1):
            raise SpaceError(
                f"The strategy '{strategy}' needs a space without trained input layers. "
                f"'{space.name}' has '{alternative.label}'.",
                fix="take the strategy auto, or the input layer 'none'.",
            )
    for alternative in space.file.circuit.encodings:
        encoding = ENCODINGS.create(alternative.name, alternative.choice.settings)
        if any(count_weights(block) for block in encoding.layers(1, Topology(1, ()), 1)):
            raise SpaceError(
                f"The strategy '{strategy}' needs a space whose encodings have no weights of their own. "
                f"'{space.name}' has '{alternative.label}'.",
                fix="take --space quantumnas, or the encoding 'angle'.",
            )


def check_trained_heads(strategy: str, space: SearchSpace) -> None:
    """Refuse a space with a head that is fitted: there is no gradient of a loss to share weights by.

    Raises:
        SpaceError: naming it.
    """
    for alternative in space.file.circuit.heads:
        if isinstance(HEADS.create(alternative.name, alternative.choice.settings), FittedHead):
            raise SpaceError(
                f"The strategy '{strategy}' needs a space whose heads are trained in steps. "
                f"'{space.name}' has '{alternative.label}', which is fitted.",
                fix="take the strategy auto, or the head 'linear'.",
            )


class LayerSpace:
    """All circuits in the front of one SuperCircuit.

    Args:
        template: preprocessing, encoding, observables, head and training of all circuits; its ansatz is the
            SuperCircuit, its couplings those of all.
        device: the calibration facts.
        regions: sets of physical qubits to choose from. Of each, all orders are layouts in which the circuit has the
            template's couplings.
    """

    def __init__(self, template: Candidate, device: Device, regions: Iterable[tuple[int, ...]]) -> None:
        self._template = template
        couplings = topology(device, template.qubits)
        self._settings = {k: v for k, v in template.ansatz.settings.items() if k != "n_gates"}
        whole = self._ansatz(self._settings)
        ring = whole.ring
        self.n_blocks = whole.n_layers
        self.layouts = _layouts(template, device, regions, None if ring else couplings)
        n_pairs = len(pairs(couplings, ring))
        self.positions = tuple(n_pairs if kind in TWO_QUBIT else couplings.n_qubits for kind in whole.block)
        self._weights = tuple(self._weights_of(layer, couplings) for layer in range(len(whole.block)))

    @property
    def n_weights(self) -> int:
        """Angles of the SuperCircuit."""
        return self.n_blocks * self._per_block

    @property
    def _per_block(self) -> int:
        return sum(n * w for n, w in zip(self.positions, self._weights, strict=True))

    # --- from a gene ---------------------------------------------------------------------------------------

    def candidate(self, gene: Gene) -> Candidate:
        """The circuit of a gene."""
        n_gates = [list(block) for block in gene.n_gates[: gene.n_blocks]]
        settings = {**self._settings, "n_layers": gene.n_blocks, "n_gates": n_gates}
        return replace(
            self._template, ansatz=Choice(self._template.ansatz.name, settings), qubits=gene.qubits
        )

    def angles(self, gene: Gene) -> NDArray[np.int64]:
        """For each weight of the circuit its number in the SuperCircuit."""
        found: list[int] = []
        for block in range(gene.n_blocks):
            first = block * self._per_block
            for count, n, w in zip(gene.n_gates[block], self.positions, self._weights, strict=True):
                found += range(first, first + count * w)
                first += n * w
        return np.array(found, dtype=np.int64)

    # --- genes ---------------------------------------------------------------------------------------------

    def whole(self) -> Gene:
        """The SuperCircuit itself."""
        return Gene(self.n_blocks, (self.positions,) * self.n_blocks, self.layouts[0])

    def random(self, rng: np.random.Generator, share: float = 0.0) -> Gene:
        """A gene with at least this share of the blocks and of each layer's gates, and at least one of each."""
        n_gates = tuple(tuple(_number(n, share, rng) for n in self.positions) for _ in range(self.n_blocks))
        return Gene(_number(self.n_blocks, share, rng), n_gates, self._layout(rng))

    def mutate(self, gene: Gene, probability: float, rng: np.random.Generator) -> Gene:
        """Draw each part anew with this probability."""
        return self.mix(gene, self.random(rng), probability, rng)

    def mix(self, gene: Gene, other: Gene, probability: float, rng: np.random.Generator) -> Gene:
        """Take each part from the other gene with this probability."""

        def one(mine: int, theirs: int) -> int:
            return theirs if rng.random() < probability else mine

        n_gates = tuple(
            tuple(one(a, b) for a, b in zip(mine, theirs, strict=True))
            for mine, theirs in zip(gene.n_gates, other.n_gates, strict=True)
        )
        qubits = other.qubits if rng.random() < probability else gene.qubits
        return Gene(one(gene.n_blocks, other.n_blocks), n_gates, qubits)

    def near(self, gene: Gene, other: Gene, n_changes: int, rng: np.random.Generator) -> Gene:
        """A gene with at most so many of its parts taken from the other; the layout stays."""
        width = len(self.positions)
        mine = [gene.n_blocks, *(n for block in gene.n_gates for n in block)]
        theirs = [other.n_blocks, *(n for block in other.n_gates for n in block)]
        for place in rng.permutation(len(mine))[:n_changes]:
            mine[place] = theirs[place]
        rows = (tuple(mine[1 + b * width : 1 + (b + 1) * width]) for b in range(self.n_blocks))
        return Gene(mine[0], tuple(rows), gene.qubits)

    def _layout(self, rng: np.random.Generator) -> tuple[int, ...]:
        return self.layouts[rng.integers(len(self.layouts))]

    def _ansatz(self, settings: dict[str, object]) -> QuantumNAS:
        ansatz = ANSATZE.create(self._template.ansatz.name, settings)
        assert isinstance(ansatz, QuantumNAS)
        return ansatz

    def _weights_of(self, layer: int, couplings: Topology) -> int:
        """Weights of one gate of a layer."""
        one = [[int(i == layer) for i in range(len(self.positions))]]
        gates = self._ansatz({**self._settings, "n_layers": 1, "n_gates": one}).layers(couplings)
        return count_weights(gate for part in gates for gate in part)


def _number(most: int, share: float, rng: np.random.Generator) -> int:
    """Evenly from `share * most`, at least 1, to `most`; 0 if that is all there is."""
    if most == 0:
        return 0
    least = max(1, round(share * most))
    return int(rng.integers(least, most + 1))


def _layouts(
    template: Candidate, device: Device, regions: Iterable[tuple[int, ...]], couplings: Topology | None
) -> list[tuple[int, ...]]:
    """The orders of the regions' qubits in which they are coupled so; all orders if couplings do not matter."""
    found = [template.qubits]
    for region in regions:
        for number, order in enumerate(permutations(region)):
            if number >= _MOST_ORDERS:
                break
            if order not in found and (couplings is None or topology(device, order) == couplings):
                found.append(order)
    return found
