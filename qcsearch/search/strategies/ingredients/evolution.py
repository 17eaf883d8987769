"""Evolution: a population of genes of which the best live on, change and mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from qcsearch.search.strategies.base import Share
from qcsearch.search.strategies.ingredients.genes import Gene, LayerSpace

__all__ = ["Evolution"]

_CROSSOVER = 0.5
_ATTEMPTS = 50


@dataclass(frozen=True)
class Evolution:
    """The sizes of an evolution; those of QuantumNAS, Wang et al., HPCA 2022 (arXiv 2107.10845).

    With the defaults 40 + 39 · 30 = 1,210 genes are scored.

    Attributes:
        population: genes of the first generation.
        parents: of each generation the best, which go on as they are.
        mutations: children of one parent.
        mutation_probability: that a part of it is drawn anew.
        crossovers: children of two.
        generations: how many.
    """

    population: PositiveInt = 40
    parents: PositiveInt = 10
    mutations: NonNegativeInt = 20
    mutation_probability: Share = 0.4
    crossovers: NonNegativeInt = 10
    generations: PositiveInt = 40

    def run(
        self,
        space: LayerSpace,
        score: Callable[[Gene], float],
        late: Callable[[], bool],
        rng: np.random.Generator,
    ) -> tuple[Gene, float, int]:
        """The gene with the lowest score, its score, and how many genes were scored.

        Args:
            space: of the genes.
            score: the lower the better; infinite for what is not allowed. Asked once for each gene.
            late: when it says so, the best so far is the answer.
            rng: of everything random.
        """
        scores: dict[Gene, float] = {}

        def best(genes: list[Gene]) -> list[Gene]:
            for gene in genes:
                if gene not in scores and not (scores and late()):
                    scores[gene] = score(gene)
            known = [gene for gene in dict.fromkeys(genes) if gene in scores]
            return sorted(known, key=lambda gene: scores[gene])[: self.parents]

        living = best([space.random(rng) for _ in range(self.population)])
        for _ in range(self.generations - 1):
            if late():
                break
            living = best([*living, *self._children(space, living, scores, rng)])
        return living[0], scores[living[0]], len(scores)

    def _children(
        self, space: LayerSpace, parents: list[Gene], known: dict[Gene, float], rng: np.random.Generator
    ) -> list[Gene]:
        """Children that were not scored before; a crossover of a gene with itself is not, and is mutated instead."""

        def pick() -> Gene:
            return parents[rng.integers(len(parents))]

        def mutant() -> Gene:
            return space.mutate(pick(), self.mutation_probability, rng)

        def mixed() -> Gene:
            return space.mix(pick(), pick(), _CROSSOVER, rng)

        born: dict[Gene, None] = {}
        for make in [mutant] * self.mutations + [mixed] * self.crossovers:
            gene = make()
            for _ in range(_ATTEMPTS):
                if gene not in known and gene not in born:
                    break
                gene = mutant()
            born[gene] = None
        return list(born)
