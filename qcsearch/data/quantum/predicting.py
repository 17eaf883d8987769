"""Quantum states to predict, of an archive or a generator."""

from __future__ import annotations

from qcsearch.data.labels import check_lengths, told_labels
from qcsearch.data.quantum.generators import generated, is_generated
from qcsearch.data.quantum.reading import check_states
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.data.sources.arrays import read_npz
from qcsearch.data.sources.locate import find_file
from qcsearch.data.sources.samples import Samples
from qcsearch.errors import DataError

__all__ = ["load_states"]


def load_states(source: str, quantum: QuantumSamples) -> Samples:
    """Load samples that are quantum states, with the labels that the source holds.

    Args:
        source: path of an `.npz` file, whose test part is taken if it has one, or the name of a generator.
        quantum: what they must be.

    Raises:
        DataError: if they are anything else.
    """
    if is_generated(source):
        made = generated(source)
        if made.quantum is None or made.quantum.to_json() != quantum.to_json():
            got = "others" if made.quantum is None else made.quantum.sentence
            raise DataError(f"The model's samples are {quantum.sentence}. Those of '{source}' are {got}.")
        return Samples(made.X, made.labels(made.y).tolist())
    path = find_file(source)
    if path is None or path.suffix.lower() != ".npz":
        raise DataError(
            f"The model's samples are {quantum.sentence}; they must be in an .npz file. Got '{source}'."
        )
    parts = read_npz(path, labelled=False)
    part = parts.to_predict
    X = check_states(part.X, quantum, part.what)
    if part.y is None:
        return Samples(X, notices=parts.notices)
    labels = told_labels(part.y)
    check_lengths(X, labels, part.what, part.target)
    return Samples(X, labels, parts.notices)
