"""What the trainings of a search have in common: their precision, and what their random numbers are drawn from."""

from __future__ import annotations

from qcsearch.candidate.candidate import Candidate

__all__ = ["PRECISION", "seed_words"]

PRECISION = "float32"
"""Of all trainings in a search, its refit too, which take about half as long; finalists are scored in double."""


def seed_words(seed: int, candidate: Candidate, index: int = 0) -> tuple[int, ...]:
    """Words of the seed sequence of one training: of the search's seed and the candidate's content.

    So a candidate trains the same whichever trial it is, and on whichever worker.

    Args:
        seed: of the search.
        candidate: what is trained.
        index: 0 in the search, 1, 2, … for the trainings of a refit.
    """
    return (seed, int(candidate.digest[:8], 16), int(candidate.digest[8:16], 16), index)
