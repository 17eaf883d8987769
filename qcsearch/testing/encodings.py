"""Conformance kit for encodings: subclass `EncodingConformance`, name an encoding, and run pytest."""

from __future__ import annotations

import math
from itertools import chain
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit.quantum_info import Statevector

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.candidate.gate import Gate, GateList, Topology, count_weights
from qcsearch.candidate.preprocessing import Preprocessing
from qcsearch.circuits.encodings import Encoding
from qcsearch.circuits.gates import check_gates
from qcsearch.circuits.lowering import derive_features, lower, make_encoding
from qcsearch.circuits.quantum_circuit import to_circuit
from qcsearch.errors import CandidateError
from qcsearch.storage import canonical
from qcsearch.testing.topologies import TOPOLOGIES

__all__ = ["EncodingConformance"]

ANGLE_RANGES = ((-math.pi / 2, math.pi / 2), (0.0, math.pi))


@pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)
class EncodingConformance:
    """The contract of an encoding, tried on regions of every shape.

    An encoding may refuse a number of features, or a region, by a `CandidateError` of `n_derived`. What
    does not apply to an encoding is taken out with a word why: `test_every_derived_feature_is_used = None`.

    Example:
        ```python
        class TestMine(EncodingConformance):
            encoding = Choice("mine", {"axis": "rx"})   # or "mine"
        ```

    Attributes:
        encoding: the registered name, or the name with settings.
        feature_counts: numbers of features to try; at least one of them must fit on each region.
    """

    encoding: ClassVar[str | Choice]
    feature_counts: ClassVar[tuple[int, ...]] = (1, 2, 3, 4, 7)

    def test_it_takes_some_number_of_features_and_refuses_others_as_a_candidate_error(
        self, topology: Topology
    ) -> None:
        """`n_derived` answers a positive int or raises `CandidateError`."""
        assert self._fitting(topology), "none of the feature_counts fits on this region"

    def test_there_are_one_to_n_layers_blocks(self, topology: Topology) -> None:
        """`layers` never answers more blocks than asked, and at least one."""
        for n_features in self._fitting(topology):
            for n_layers in (1, 2, 5):
                blocks = self._make(topology).layers(n_features, topology, n_layers)
                assert 1 <= len(blocks) <= n_layers

    def test_gates_are_known_and_stay_on_the_region_and_its_features(self, topology: Topology) -> None:
        """Names of `GATES`, qubits of the region, features below `n_derived`."""
        for n_features in self._fitting(topology):
            for n_layers in (1, 5):
                n_derived = self._make(topology).n_derived(n_features, topology)
                check_gates(self._gates(n_features, topology, n_layers), topology.n_qubits, n_derived)

    def test_every_derived_feature_is_used(self, topology: Topology) -> None:
        """What `derive` computes rotates some gate, however few the layers."""
        for n_features in self._fitting(topology):
            for n_layers in (1, 2, 5):
                gates = self._gates(n_features, topology, n_layers)
                used = {g.angle.feature for g in gates if g.angle is not None} - {None}
                assert used == set(range(self._make(topology).n_derived(n_features, topology)))

    def test_weights_are_numbered_from_0_without_gaps(self, topology: Topology) -> None:
        """Over all blocks together."""
        for n_features in self._fitting(topology):
            for n_layers in (1, 5):
                gates = self._gates(n_features, topology, n_layers)
                used = {g.angle.weight for g in gates if g.angle is not None} - {None}
                assert used == set(range(count_weights(gates)))

    def test_derived_features_are_a_finite_table_of_the_promised_width(self, topology: Topology) -> None:
        """Also for zeros, for the ends of the range, for no samples; and `X` is left as it was."""
        for n_features in self._fitting(topology):
            X = self._samples(n_features)
            kept = X.copy()
            derived = self._derive(X, topology)
            assert derived.shape == (len(X), self._make(topology).n_derived(n_features, topology))
            assert np.isfinite(derived).all()
            assert np.array_equal(X, kept)
            assert self._derive(X[:0], topology).shape == (0, derived.shape[1])

    def test_a_sample_is_derived_alone_as_in_the_batch(self, topology: Topology) -> None:
        """A sample's angles depend on no other sample."""
        for n_features in self._fitting(topology):
            X = self._samples(n_features)
            rows = [self._derive(row[None, :], topology)[0] for row in X]
            np.testing.assert_allclose(self._derive(X, topology), rows, rtol=1e-12, atol=1e-12)

    def test_the_same_settings_give_the_same_gates_and_angles(self, topology: Topology) -> None:
        """Nothing is drawn at random, and nothing is remembered from call to call."""
        for n_features in self._fitting(topology):
            X = self._samples(n_features)
            assert np.array_equal(self._derive(X, topology), self._derive(X, topology))
            one = self._make(topology)
            first = one.layers(n_features, topology, 3)
            one.layers(n_features, topology, 2)
            assert one.layers(n_features, topology, 3) == first
            assert self._make(topology).layers(n_features, topology, 3) == first

    def test_settings_survive_json(self, topology: Topology) -> None:
        """A candidate that was stored lowers to the same gates."""
        stored = canonical.loads(canonical.dumps(self._candidate(topology).to_json()))
        again = make_encoding(Candidate.from_json(stored))
        for n_features in self._fitting(topology):
            assert again.layers(n_features, topology, 3) == self._make(topology).layers(
                n_features, topology, 3
            )

    def test_it_builds_to_a_quantum_circuit(self, topology: Topology) -> None:
        """With one parameter a derived feature and one a weight."""
        for n_features in self._fitting(topology):
            gates = self._gates(n_features, topology, 3)
            n_derived = self._make(topology).n_derived(n_features, topology)
            gate_list = GateList(topology.n_qubits, n_derived, count_weights(gates), tuple(gates))
            circuit, features, weights = to_circuit(gate_list)
            assert (len(features), len(weights)) == (n_derived, gate_list.n_weights)
            assert len(circuit.data) == len(gates)

    @pytest.mark.parametrize("angle_range", ANGLE_RANGES)
    def test_different_samples_become_different_states(
        self, topology: Topology, angle_range: tuple[float, float]
    ) -> None:
        """Lowered with no ansatz, all weights at 1: not every sample may end in the same state."""
        fitting = self._fitting(topology)
        for n_features in {fitting[0], fitting[-1]}:
            candidate = self._candidate(topology, angle_range)
            gate_list = lower(candidate, topology, n_features)
            derived = derive_features(candidate, topology, self._samples(n_features, angle_range))
            circuit, features, weights = to_circuit(gate_list)
            circuit = circuit.assign_parameters(dict.fromkeys(weights, 1.0))
            states = np.array(
                [
                    Statevector(circuit.assign_parameters(dict(zip(features, x, strict=True)))).data
                    for x in derived
                ]
            )
            assert np.abs(states.conj() @ states.T).min() < 0.999

    def _candidate(self, topology: Topology, angle_range: tuple[float, float] = ANGLE_RANGES[0]) -> Candidate:
        return Candidate(
            encoding=Choice(self.encoding) if isinstance(self.encoding, str) else self.encoding,
            ansatz=Choice("gates"),
            qubits=tuple(range(topology.n_qubits)),
            observables=("Z0",),
            preprocessing=Preprocessing(angle_range=angle_range),
        )

    def _make(self, topology: Topology) -> Encoding:
        return make_encoding(self._candidate(topology))

    def _gates(self, n_features: int, topology: Topology, n_layers: int) -> list[Gate]:
        return list(chain.from_iterable(self._make(topology).layers(n_features, topology, n_layers)))

    def _derive(self, X: NDArray[np.float64], topology: Topology) -> NDArray[np.float64]:
        return self._make(topology).derive(X, topology)

    def _fitting(self, topology: Topology) -> list[int]:
        fitting = []
        for n_features in self.feature_counts:
            try:
                n_derived = self._make(topology).n_derived(n_features, topology)
            except CandidateError:
                continue
            assert isinstance(n_derived, int)
            assert n_derived >= 1
            fitting.append(n_features)
        return fitting

    def _samples(
        self, n_features: int, angle_range: tuple[float, float] = ANGLE_RANGES[0]
    ) -> NDArray[np.float64]:
        low, high = angle_range
        drawn = np.random.default_rng(n_features).uniform(low, high, (4, n_features))
        return np.vstack([drawn, np.full(n_features, low), np.full(n_features, high), np.zeros(n_features)])
