"""The nine tasks, what was asked of each, and how much its figures can say; the harder ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "HARDER",
    "N_TEST",
    "SATURATED",
    "SHARED_SPEAKERS",
    "TARGETS",
    "TASKS",
    "data_file",
    "marked",
    "notes",
]

_DATA = Path(__file__).resolve().parents[1] / "data"

TARGETS = {
    "moons": 0.97,
    "bank": 0.99,
    "mnist_2": 0.985,
    "mnist_4": 0.945,
    "mnist_10": 0.87,
    "fmnist_2": 0.995,
    "fmnist_4": 0.965,
    "vowel_2": 0.99,
    "vowel_4": 0.95,
}
"""Test accuracy under the noise of fake_torino, the median of three searches."""

TASKS = tuple(TARGETS)

HARDER = (
    "vowel_4_by_speaker",
    "mnist_3589",
    "mnist_10_few",
    "fmnist_4_few",
    "breast_cancer_few",
    "diabetes_3",
)
"""On which the nearest neighbour, logistic regression and a support vector machine all leave something to be won; see
`search.harder`."""

N_TEST = {
    "moons": 120,
    "bank": 135,
    "mnist_2": 394,
    "mnist_4": 832,
    "mnist_10": 2000,
    "fmnist_2": 400,
    "fmnist_4": 1999,
    "vowel_2": 36,
    "vowel_4": 72,
    "vowel_4_by_speaker": 168,
    "mnist_3589": 777,
    "mnist_10_few": 2000,
    "fmnist_4_few": 1999,
    "breast_cancer_few": 509,
    "diabetes_3": 142,
}
"""Samples of the test part: every test accuracy is a count of these, and no surer than that."""

SATURATED = ("bank", "fmnist_2", "vowel_2", "vowel_4")
"""Where the nearest neighbour or logistic regression, on the raw features, makes no mistake on the test part."""

SHARED_SPEAKERS = ("vowel_2", "vowel_4")
"""Split at random among six utterances of each speaker, so that who is tested was heard in training."""

_MARKS = {
    "†": (SATURATED, "saturated: the nearest neighbour (1-NN) or logistic regression makes no mistake on it"),
    "‡": (SHARED_SPEAKERS, "speakers are shared by the parts"),
}


def data_file(task: str) -> Path:
    """The archive of a task."""
    path = _DATA / f"{task}.npz"
    if not path.is_file():
        raise SystemExit(
            f"There is no {path}; the data are in the repository, not in the source distribution."
        )
    return path


def marked(task: str) -> str:
    """The name of a task with the marks that `notes` explains."""
    return " ".join([task, *(mark for mark, (tasks, _) in _MARKS.items() if task in tasks)])


def notes(shown: Iterable[str]) -> list[str]:
    """A paragraph that explains the marks of these tasks; no line if they have none."""
    named = set(shown)
    told = [f"{mark} {meaning}" for mark, (tasks, meaning) in _MARKS.items() if named & set(tasks)]
    return ["", "; ".join(told) + "."] if told else []
