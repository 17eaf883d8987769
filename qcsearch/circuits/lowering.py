"""From a candidate to its gate list, and what the features of that list are."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from qcsearch.candidate import checks
from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Gate, GateList, Topology, count_weights
from qcsearch.circuits import observables
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.encodings import ENCODINGS, Encoding
from qcsearch.circuits.encodings.base import PreparingEncoding, RangedEncoding
from qcsearch.circuits.gates import check_gates
from qcsearch.circuits.input_layers import MOST_PARAMETERS, make_input_layer
from qcsearch.circuits.start_states import GROUND
from qcsearch.errors import CandidateError
from qcsearch.storage.limits import MAX_GATES, MAX_OBSERVABLES, MAX_QUBITS

__all__ = ["derive_features", "lower", "make_encoding", "renumbered", "with_layers"]

UNTRAINED = np.zeros(0)
"""The parameters of no input layer."""


def make_encoding(candidate: Candidate) -> Encoding:
    """Build the candidate's encoding, told the angle range of its features if it wants to know.

    Raises:
        CandidateError: for an unknown encoding or settings it does not take.
    """
    encoding = ENCODINGS.create(candidate.encoding.name, candidate.encoding.settings)
    if isinstance(encoding, RangedEncoding):
        return encoding.for_angle_range(*candidate.preprocessing.angle_range)
    return encoding


def lower(candidate: Candidate, topology: Topology, n_features: int) -> GateList:
    """Write the candidate's circuit as one list of gates.

    The blocks of the encoding and the layers of the ansatz take turns, the encoding first; what is left of
    the longer one follows. Weights of the encoding are numbered first, then those of the ansatz; every
    number is used.

    Args:
        candidate: what to build.
        topology: the logical qubits of the candidate's region and their couplings.
        n_features: number of outputs of the preprocessing.

    Raises:
        CandidateError: if qubits or observables are not there or stand twice, an encoding, ansatz, gate or setting
            is unknown, the features do not fit on the qubits, no gate depends on a feature, or there is a trained
            input layer before an encoding that computes something else of its features.
    """
    _check_places(candidate, topology)
    encoding = make_encoding(candidate)
    start, n_preparing = _start(encoding)
    # The numbers of a state are as many as its qubits say, and read by no gate.
    checks.integer("a candidate", "n_features", n_features, 1, MAX_GATES if start == GROUND else None)
    n_features = _n_inputs(candidate, encoding, topology, n_features)
    ansatz = ANSATZE.create(candidate.ansatz.name, candidate.ansatz.settings)
    # Counted before they are made: a slip of the pen in `n_layers` must not fill the memory.
    checks.n_gates(candidate.ansatz.name, topology.n_qubits * _n_layers(candidate.ansatz))
    ansatz_layers = ansatz.layers(topology)
    n_derived = encoding.n_derived(n_features, topology)
    if start == GROUND:
        checks.n_gates(candidate.encoding.name, n_derived)
    blocks = encoding.layers(n_features, topology, max(1, len(ansatz_layers)))
    # The encoding's weights come first, whatever the ansatz, so that they keep their numbers when it changes.
    offset = count_weights(chain.from_iterable(blocks))
    turns = zip_longest(blocks, ([g.shifted(offset) for g in layer] for layer in ansatz_layers), fillvalue=())
    gates = [gate for block, layer in turns for gate in (*block, *layer)]
    checks.n_gates(f"{candidate.encoding.name} with {candidate.ansatz.name}", len(gates))
    check_gates(gates, topology.n_qubits, n_derived)
    if start == GROUND and not any(
        gate.angle is not None and gate.angle.feature is not None for gate in gates
    ):
        raise CandidateError(
            "A circuit must hold at least one gate whose angle depends on a feature. Got none."
        )
    n_weights, kept = renumbered(gates)
    return GateList(topology.n_qubits, n_derived, n_weights, kept, start, n_preparing)


def _n_inputs(candidate: Candidate, encoding: Encoding, topology: Topology, n_features: int) -> int:
    """Number of features that the encoding is given: outputs of the input layer, else those of the preprocessing.

    Raises:
        CandidateError: if the layer is unknown or too large, or is trained and the encoding computes something
            else of its features: the gradient goes from the angles back to the layer.
    """
    layer = make_input_layer(candidate)
    n_parameters = layer.n_parameters(n_features, topology.n_qubits)
    n_outputs = layer.n_outputs(n_features, topology.n_qubits)
    if n_parameters > MOST_PARAMETERS:
        raise CandidateError(
            f"The input layer '{candidate.input_layer.name}' may have at most {MOST_PARAMETERS:,} parameters. "
            f"Got {n_parameters:,}.",
            "reduce the features.",
        )
    if n_parameters and not _plain(encoding, topology, n_outputs):
        raise CandidateError(
            f"The input layer '{candidate.input_layer.name}' must have an encoding whose angles are its features. "
            f"Got '{candidate.encoding.name}'.",
            "take the encoding 'angle', 'dense_angle' or 'reuploading', or no input layer.",
        )
    return n_outputs


def derive_features(
    candidate: Candidate,
    topology: Topology,
    X: NDArray[np.float64],
    input_layer: NDArray[np.float64] = UNTRAINED,
) -> NDArray[np.float64]:
    """Return what the circuit's features `x` are for the preprocessed samples `X`.

    Args:
        candidate: the candidate that was lowered.
        topology: the one it was lowered for.
        X: preprocessed features, `(n_samples, n_features)`, in radians.
        input_layer: parameters of its input layer, none if it has none.

    Returns:
        `(n_samples, n_derived)`.

    Raises:
        CandidateError: for a bad encoding, features that do not fit, or angles that overflow.
    """
    encoding = make_encoding(candidate)
    X = make_input_layer(candidate).outputs(X, input_layer)
    wanted = (len(X), encoding.n_derived(X.shape[1], topology))
    derived = np.ascontiguousarray(encoding.derive(X, topology), dtype=np.float64)
    if derived.shape != wanted or not np.isfinite(derived).all():
        raise CandidateError(
            f"The encoding '{candidate.encoding.name}' must derive a finite table of shape {wanted}. "
            f"Got {'numbers that are not finite' if derived.shape == wanted else derived.shape}."
        )
    return derived


def with_layers(ansatz: Choice, n_layers: int) -> Choice:
    """The ansatz with this number of layers, if it takes one and its alternative does not fix it."""
    takes = "n_layers" in inspect.signature(ANSATZE.get(ansatz.name)).parameters
    if not takes or "n_layers" in ansatz.settings:
        return ansatz
    return Choice(ansatz.name, {**ansatz.settings, "n_layers": n_layers})


def renumbered(gates: Sequence[Gate]) -> tuple[int, tuple[Gate, ...]]:
    """The number of weights in `gates`, and the same gates with these numbered from 0, in their order, with no gap."""
    used = {g.angle.weight for g in gates if g.angle is not None and g.angle.weight is not None}
    number = {old: new for new, old in enumerate(sorted(used))}

    def dense(gate: Gate) -> Gate:
        if gate.angle is None or gate.angle.weight is None:
            return gate
        return replace(gate, angle=replace(gate.angle, weight=number[gate.angle.weight]))

    return len(number), tuple(map(dense, gates))


def _plain(encoding: Encoding, topology: Topology, n_features: int) -> bool:
    """Whether the features of the circuit are those that its encoding is given, and angles."""
    if isinstance(encoding, PreparingEncoding):
        return False
    sample = np.linspace(0.1, 0.2, n_features)[None]
    return np.array_equal(encoding.derive(sample, topology), sample)


def _start(encoding: Encoding) -> tuple[str, int]:
    """What the circuit starts from, and how many gates prepare a sample; see `PreparingEncoding`."""
    return (encoding.start, encoding.n_preparing) if isinstance(encoding, PreparingEncoding) else (GROUND, 0)


def _n_layers(ansatz: Choice) -> int:
    """How many layers it was asked for, so that they are counted before they are made."""
    asked = ansatz.settings.get("n_layers", 1)
    return asked if isinstance(asked, int) else 1


def _check_places(candidate: Candidate, topology: Topology) -> None:
    qubits = candidate.qubits
    if not qubits or len(set(qubits)) != len(qubits) or min(qubits) < 0:
        raise CandidateError(
            f"The qubits of a candidate must be different physical qubits ≥ 0. Got {checks.short(qubits)}."
        )
    if topology.n_qubits != len(qubits):
        raise CandidateError(
            f"The topology must have the candidate's {len(qubits)} qubits. Got {topology.n_qubits}."
        )
    if len(qubits) > MAX_QUBITS or len(candidate.observables) > MAX_OBSERVABLES:
        raise CandidateError(
            f"A candidate must have at most {MAX_QUBITS} qubits and {MAX_OBSERVABLES} observables. "
            f"Got {len(qubits)} and {len(candidate.observables)}."
        )
    if not candidate.observables:
        raise CandidateError("A candidate must measure at least one observable. Got none.")
    seen = set()
    for label in candidate.observables:
        factors = frozenset(observables.parse(label, len(qubits)).items())
        if factors in seen:
            raise CandidateError(f"The observable '{label}' stands twice in one candidate.")
        seen.add(factors)
