"""Conformance kit for ansatze: subclass `AnsatzConformance`, name an ansatz, and run pytest."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit.quantum_info import Operator

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Gate, GateList, Topology, count_weights
from qcsearch.circuits.ansatze import ANSATZE, Ansatz
from qcsearch.circuits.gates import check_gates
from qcsearch.circuits.lowering import lower
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.storage import canonical
from qcsearch.testing.topologies import TOPOLOGIES

__all__ = ["AnsatzConformance"]


@pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)
class AnsatzConformance:
    """The contract of an ansatz, tried on regions of every shape.

    A region without couplings is no reason to fail: there the ansatz has no two-qubit gates, or no gates at
    all.

    Example:
        ```python
        class TestMine(AnsatzConformance):
            ansatz = Choice("mine", {"n_layers": 3})   # or "mine"
        ```

    Attributes:
        ansatz: the registered name, or the name with settings.
        native: two-qubit gates only on coupled pairs; False for an ansatz that leaves them to the mapping.
    """

    ansatz: ClassVar[str | Choice]
    native: ClassVar[bool] = True

    def test_gates_are_known_and_stay_on_the_region(self, topology: Topology) -> None:
        """Names of `GATES`, qubits of the region, and no features: those are the encoding's."""
        check_gates(self._gates(topology), topology.n_qubits, 0)

    def test_two_qubit_gates_are_on_coupled_pairs(self, topology: Topology) -> None:
        """In either direction; skipped by `native = False`."""
        pairs = {tuple(sorted(gate.qubits)) for gate in self._gates(topology) if len(gate.qubits) == 2}
        assert not self.native or pairs <= set(topology.edges)

    def test_weights_are_numbered_from_0_without_gaps(self, topology: Topology) -> None:
        """Over all layers together."""
        gates = self._gates(topology)
        used = {gate.angle.weight for gate in gates if gate.angle is not None} - {None}
        assert used == set(range(count_weights(gates)))

    def test_weights_turn_something(self, topology: Topology) -> None:
        """The circuit's unitary changes with a weight by more than a global phase; a dozen are tried."""
        gates = self._gates(topology)
        circuit, _, weights = to_circuit(GateList(topology.n_qubits, 0, count_weights(gates), tuple(gates)))
        values = np.random.default_rng(0).uniform(-1, 1, len(weights))

        def unitary(shift: NDArray[np.float64] | float) -> Operator:
            return Operator(circuit.assign_parameters(dict(zip(weights, values + shift, strict=True))))

        start = unitary(0.0)
        tried = range(0, len(weights), 1 + len(weights) // 12)
        still = [i for i in tried if unitary(np.eye(len(weights))[i]).equiv(start)]
        assert not still, f"weights without effect: {still}"

    def test_n_layers_is_the_number_of_layers(self, topology: Topology) -> None:
        """If there is such a setting."""
        ansatz = self._make()
        assert len(ansatz.layers(topology)) == getattr(ansatz, "n_layers", len(ansatz.layers(topology)))

    def test_the_same_settings_give_the_same_gates(self, topology: Topology) -> None:
        """Nothing is drawn at random, and nothing is remembered from call to call."""
        one = self._make()
        first = one.layers(topology)
        one.layers(TOPOLOGIES["pair"])
        assert one.layers(topology) == first
        assert self._make().layers(topology) == first

    def test_settings_survive_json(self, topology: Topology) -> None:
        """A candidate that was stored lowers to the same gates."""
        candidate = self._candidate(topology)
        again = Candidate.from_json(canonical.loads(canonical.dumps(candidate.to_json())))
        assert lower(again, topology, 2) == lower(candidate, topology, 2)

    def test_it_builds_to_a_quantum_circuit_behind_an_encoding(self, topology: Topology) -> None:
        """All its gates and weights are there, the encoding's weights first."""
        gates = self._gates(topology)
        gate_list = lower(self._candidate(topology), topology, 2)
        circuit, features, weights = to_circuit(gate_list)
        assert (len(features), len(weights)) == (2, count_weights(gates))
        assert [i.operation.name for i in circuit.data][-len(gates) or len(circuit.data) :] == [
            gate.name for gate in gates
        ]

    def _candidate(self, topology: Topology) -> Candidate:
        qubits = tuple(range(topology.n_qubits))
        return Candidate(Choice("angle"), self._choice(), qubits, ("Z0",))

    def _choice(self) -> Choice:
        return Choice(self.ansatz) if isinstance(self.ansatz, str) else self.ansatz

    def _make(self) -> Ansatz:
        choice = self._choice()
        return ANSATZE.create(choice.name, choice.settings)

    def _gates(self, topology: Topology) -> list[Gate]:
        return list(chain.from_iterable(self._make().layers(topology)))
