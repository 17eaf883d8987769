"""From a candidate to its gate list, and from a gate list to Qiskit's `QuantumCircuit`."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qcsearch.circuits import checks, observables
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.candidate import Candidate, Choice
from qcsearch.circuits.encodings import ENCODINGS, Encoding
from qcsearch.circuits.encodings.base import RangedEncoding, TrainedEncoding
from qcsearch.circuits.gate import Angle, Gate, GateList, Topology, count_weights
from qcsearch.errors import CandidateError, DataError
from qcsearch.limits import MAX_GATES, MAX_OBSERVABLES, MAX_PARAMETER, MAX_QUBITS
from qcsearch.spelling import meant

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter, ParameterExpression

__all__ = [
    "GATES",
    "GateSpec",
    "check_gates",
    "derive_features",
    "initial_weights",
    "lower",
    "make_encoding",
    "to_circuit",
    "with_layers",
    "without_pqc",
]


@dataclass(frozen=True, slots=True)
class GateSpec:
    """What a gate name stands for.

    Attributes:
        n_qubits: how many qubits it acts on.
        has_angle: whether it takes one angle.
        qiskit_name: its class in `qiskit.circuit.library`.
    """

    n_qubits: int
    has_angle: bool
    qiskit_name: str


_FIXED_1 = {"id": "I", "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "sdg": "Sdg", "t": "T", "tdg": "Tdg"}
_FIXED_1 |= {"sx": "SX", "sxdg": "SXdg"}
_ANGLE_1 = {"rx": "RX", "ry": "RY", "rz": "RZ", "p": "Phase"}
_FIXED_2 = {"cx": "CX", "cy": "CY", "cz": "CZ", "ch": "CH", "ecr": "ECR", "swap": "Swap", "iswap": "iSwap"}
_ANGLE_2 = {"rxx": "RXX", "ryy": "RYY", "rzz": "RZZ", "rzx": "RZX"}
_ANGLE_2 |= {"crx": "CRX", "cry": "CRY", "crz": "CRZ", "cp": "CPhase"}

GATES: dict[str, GateSpec] = {
    name: GateSpec(n_qubits, has_angle, f"{cls}Gate")
    for n_qubits, has_angle, family in (
        (1, False, _FIXED_1),
        (1, True, _ANGLE_1),
        (2, False, _FIXED_2),
        (2, True, _ANGLE_2),
    )
    for name, cls in family.items()
}
"""Every gate a gate list may hold, by Qiskit's name."""


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
        CandidateError: if qubits or observables are not there or stand twice, an encoding, ansatz, gate or
        setting
            is unknown, the features do not fit on the qubits, or no gate depends on a feature.
    """
    _check_places(candidate, topology)
    checks.integer("a candidate", "n_features", n_features, 1, MAX_GATES)
    encoding = make_encoding(candidate)
    ansatz = ANSATZE.create(candidate.ansatz.name, candidate.ansatz.settings)
    checks.n_gates(candidate.ansatz.name, topology.n_qubits * _n_layers(candidate.ansatz))
    ansatz_layers = ansatz.layers(topology)
    n_derived = encoding.n_derived(n_features, topology)
    checks.n_gates(candidate.encoding.name, n_derived)
    blocks = encoding.layers(n_features, topology, max(1, len(ansatz_layers)))
    offset = count_weights(chain.from_iterable(blocks))
    turns = zip_longest(blocks, ([g.shifted(offset) for g in layer] for layer in ansatz_layers), fillvalue=())
    gates = [gate for block, layer in turns for gate in (*block, *layer)]
    checks.n_gates(f"{candidate.encoding.name} with {candidate.ansatz.name}", len(gates))
    check_gates(gates, topology.n_qubits, n_derived)
    if not any(gate.angle is not None and gate.angle.feature is not None for gate in gates):
        raise CandidateError(
            "A circuit must hold at least one gate whose angle depends on a feature. Got none."
        )
    return GateList(topology.n_qubits, n_derived, *_densely(gates))


def with_layers(ansatz: Choice, n_layers: int) -> Choice:
    """The ansatz with this number of layers, if it takes one and its alternative does not fix it."""
    takes = "n_layers" in inspect.signature(ANSATZE.get(ansatz.name)).parameters
    if not takes or "n_layers" in ansatz.settings:
        return ansatz
    return Choice(ansatz.name, {**ansatz.settings, "n_layers": n_layers})


def check_gates(gates: Iterable[Gate], n_qubits: int, n_features: int) -> None:
    """Check that each gate is one of `GATES`, on qubits and with a feature that are there.

    Raises:
        CandidateError: naming the first gate that is not.
    """
    for gate in gates:
        spec = GATES.get(gate.name)
        if spec is None:
            raise CandidateError(
                f"{checks.short(gate.name)} is not one of the gates. Known: {', '.join(GATES)}.",
                meant(gate.name, GATES),
            )
        inside = all(0 <= q < n_qubits for q in gate.qubits)
        if len(gate.qubits) != spec.n_qubits or len(set(gate.qubits)) != spec.n_qubits or not inside:
            places = "one qubit" if spec.n_qubits == 1 else "two different qubits"
            raise CandidateError(
                f"The gate '{gate.name}' must act on {places} in [0, {n_qubits - 1}]. Got {gate.qubits}."
            )
        _check_angle(gate, spec.has_angle, n_features)


def to_circuit(gate_list: GateList) -> tuple[QuantumCircuit, list[Parameter], list[Parameter]]:
    """Build the `QuantumCircuit`, its features `x[0] …` and its weights `w[0] …`.

    Both lists are whole and in order, also where the circuit does not use a feature.
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector, library

    features = list(ParameterVector("x", gate_list.n_features))
    weights = list(ParameterVector("w", gate_list.n_weights))
    circuit = QuantumCircuit(gate_list.n_qubits)
    for gate in gate_list.gates:
        cls = getattr(library, GATES[gate.name].qiskit_name)
        operation = cls() if gate.angle is None else cls(_expression(gate.angle, features, weights))
        circuit.append(operation, gate.qubits, copy=False)
    return circuit, features, weights


def initial_weights(gate_list: GateList, init_scale: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw start weights, `(n_weights,)`: uniform in ±π × `init_scale`, but for those that multiply a feature.

    Of these, one alone starts at 1, the plain feature; n whose turns follow one another about one axis make a weighted
    sum and start normal with standard deviation 1/√n, so that the sum is about as wide as a feature (LeCun et al.,
    *Efficient BackProp*, 1998).
    """
    weights = rng.uniform(-math.pi * init_scale, math.pi * init_scale, gate_list.n_weights)
    for run in _sums(gate_list.gates):
        weights[run] = 1.0 if len(run) == 1 else rng.normal(scale=1 / math.sqrt(len(run)), size=len(run))
    return weights


def derive_features(candidate: Candidate, topology: Topology, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the circuit's features `x` are for the preprocessed samples `X`.

    Args:
        candidate: the candidate that was lowered.
        topology: the one it was lowered for.
        X: preprocessed features, `(n_samples, n_features)`, in radians.

    Returns:
        `(n_samples, n_derived)`.

    Raises:
        CandidateError: for a bad encoding, features that do not fit, or angles that overflow.
        DataError: if `X` is not a table of finite numbers.
    """
    table = np.asarray(X, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise DataError(
            f"Preprocessed features must be a finite table (samples, features). Got shape {table.shape}."
        )
    encoding = make_encoding(candidate)
    wanted = (len(table), encoding.n_derived(table.shape[1], topology))
    derived = np.ascontiguousarray(encoding.derive(table, topology), dtype=np.float64)
    if derived.shape != wanted or not np.isfinite(derived).all():
        raise CandidateError(
            f"The encoding '{candidate.encoding.name}' must derive a finite table of shape {wanted}. "
            f"Got {'numbers that are not finite' if derived.shape == wanted else derived.shape}."
        )
    return derived


def without_pqc(candidate: Candidate) -> Candidate:
    """Return the ablation: the same candidate with its trained gates taken out.

    The ansatz becomes an empty list of gates, and an encoding that trains its input scale does not. A
    gate-by-gate candidate keeps its data gates; if they hold weights, it encodes by plain angles instead.
    """
    made = make_encoding(candidate)
    encoding = made.untrained() if isinstance(made, TrainedEncoding) else candidate.encoding
    kept = []
    if candidate.ansatz.name == "gates":
        parsed = map(Gate.from_json, candidate.ansatz.settings.get("gates", ()))
        data = [g for g in parsed if g.angle is not None and g.angle.feature is not None]
        if any(gate.angle is not None and gate.angle.weight is not None for gate in data):
            encoding = Choice("angle")
        else:
            kept = [gate.to_json() for gate in data]
    return replace(candidate, encoding=encoding, ansatz=Choice("gates", {"gates": kept}))


def _sums(gates: Iterable[Gate]) -> list[list[int]]:
    """Weights that multiply features, those of turns in a row about one axis together."""
    sums: list[list[int]] = []
    open_sums: dict[int, tuple[str, list[int]]] = {}
    for gate in gates:
        angle = gate.angle
        if angle is None or angle.weight is None or angle.feature is None or len(gate.qubits) > 1:
            for qubit in gate.qubits:
                open_sums.pop(qubit, None)
            if angle is not None and angle.weight is not None and angle.feature is not None:
                sums.append([angle.weight])
            continue
        name, run = open_sums.get(gate.qubits[0], ("", []))
        if name != gate.name:
            run = []
            sums.append(run)
            open_sums[gate.qubits[0]] = gate.name, run
        run.append(angle.weight)
    return sums


def _n_layers(ansatz: Choice) -> int:
    """How many layers it was asked for, so that they are counted before they are made."""
    asked = ansatz.settings.get("n_layers", 1)
    return asked if isinstance(asked, int) else 1


def _check_places(candidate: Candidate, topology: Topology) -> None:
    qubits = candidate.qubits
    if not qubits or len(set(qubits)) != len(qubits) or min(qubits) < 0:
        raise CandidateError(
            f"The qubits of a candidate must be different physical qubits ≥ 0. Got {qubits}."
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


def _check_angle(gate: Gate, wanted: bool, n_features: int) -> None:
    angle = gate.angle
    if (angle is not None) != wanted:
        raise CandidateError(
            f"The gate '{gate.name}' takes {'one angle' if wanted else 'no angle'}. Got {angle}."
        )
    if angle is None:
        return
    if not (abs(angle.constant) <= MAX_PARAMETER and abs(angle.scale) <= MAX_PARAMETER):  # False for NaN too
        raise CandidateError(
            f"The angle of the gate '{gate.name}' must be of finite numbers up to {MAX_PARAMETER:g}. Got {angle}."
        )
    if angle.feature is not None and not 0 <= angle.feature < n_features:
        raise CandidateError(
            f"The gate '{gate.name}' must take a feature in [0, {n_features - 1}]. Got {angle.feature}."
        )
    if angle.weight is not None and angle.weight < 0:
        raise CandidateError(f"The gate '{gate.name}' must take a weight ≥ 0. Got {angle.weight}.")


def _densely(gates: list[Gate]) -> tuple[int, tuple[Gate, ...]]:
    used = {g.angle.weight for g in gates if g.angle is not None and g.angle.weight is not None}
    number = {old: new for new, old in enumerate(sorted(used))}

    def renumbered(gate: Gate) -> Gate:
        if gate.angle is None or gate.angle.weight is None:
            return gate
        return replace(gate, angle=replace(gate.angle, weight=number[gate.angle.weight]))

    return len(number), tuple(map(renumbered, gates))


def _expression(
    angle: Angle, features: list[Parameter], weights: list[Parameter]
) -> float | Parameter | ParameterExpression:
    factors = [] if angle.feature is None else [features[angle.feature]]
    factors += [] if angle.weight is None else [weights[angle.weight]]
    if not factors:
        return angle.constant
    product = factors[0] if len(factors) == 1 else factors[0] * factors[1]
    scaled = product if angle.scale == 1.0 else angle.scale * product
    return scaled if angle.constant == 0.0 else angle.constant + scaled
