"""What the random numbers of a training are drawn from."""

from __future__ import annotations

from qcsearch.candidate.candidate import Candidate

__all__ = ["seed_words"]


def seed_words(seed: int, candidate: Candidate, index: int = 0) -> tuple[int, ...]:
    """Words of the seed sequence of one training: of the search's seed and the candidate's content.

    So a candidate trains the same whichever trial it is, and on whichever worker.

    Args:
        seed: of the search.
        candidate: what is trained.
        index: 0 in the search, 1, 2, … for the trainings of a refit.
    """
    return (seed, int(candidate.digest[:8], 16), int(candidate.digest[8:16], 16), index)
