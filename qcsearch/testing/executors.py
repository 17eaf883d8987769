"""Conformance kit for executors: subclass `ExecutorConformance`, give it a fixture, and run pytest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CSdgGate, DCXGate, RYYGate, SXdgGate
from qiskit.transpiler import generate_preset_pass_manager

from qcsearch.deployment.executors.base import Executor
from qcsearch.deployment.values import Pub
from qcsearch.errors import BackendError

__all__ = ["ExecutorConformance", "Open"]

_RARE = (SXdgGate(), CSdgGate(), DCXGate(), RYYGate(0.1))
"""Gates that hardly any backend has all of."""

Open: TypeAlias = Callable[[int], Executor]
"""Opens a fresh executor with a seed."""


class ExecutorConformance:
    """The contract of an executor.

    Subclass it in a test module and define the fixture `open_executor`, which returns a function from a
    seed to an open executor. The tests run about ten small jobs of at most 2,000 shots.

    Example:
        ```python
        class TestMyExecutor(ExecutorConformance):
            @pytest.fixture
            def open_executor(self):
                return lambda seed: MyExecutor("name", seed)
        ```

    Attributes:
        qubit: a physical qubit that the tests may use.
        seeded: False for hardware, where one seed does not give the same bits twice.
        fidelity: at least this share of the shots of a prepared basis state must be read right; at most 0.9, for
            what is left to 1 has to cover the noise of 1,000 shots too.
    """

    qubit = 0
    seeded = True
    fidelity = 0.7

    @pytest.fixture
    def open_executor(self) -> Open:
        """Override: how to open a fresh executor."""
        raise NotImplementedError

    def test_it_says_what_it_is(self, open_executor: Open) -> None:
        """A name that opens it again, and one of the three kinds."""
        executor = open_executor(0)
        assert executor.name
        assert executor.kind in ("simulated", "fake-backend", "hardware")
        assert executor.target.num_qubits > self.qubit

    def test_a_prepared_one_is_read_as_one(self, open_executor: Open) -> None:
        """|1⟩ reads mostly 1, |0⟩ mostly 0."""
        executor = open_executor(0)
        for prepared in (0, 1):
            found = executor.run([self._rotation(executor, [[np.pi * prepared]])], 1000)[0]
            ones = found.to_bool_array(order="little")[0, :, 0].mean()
            assert abs(ones - prepared) < 1 - self.fidelity

    def test_bits_come_in_the_order_of_the_classical_bits(self, open_executor: Open) -> None:
        """The bit that was flipped is where it was measured to, not at the other end."""
        executor = open_executor(0)
        circuit = QuantumCircuit(executor.target.num_qubits, 3)
        circuit.x(self.qubit)
        circuit.measure(self.qubit, 2)
        pub = Pub(self._translate(circuit, executor), np.zeros((1, 0)))
        shares = executor.run([pub], 1000)[0].to_bool_array(order="little")[0].mean(axis=0)
        assert shares[2] > self.fidelity
        assert shares[0] == shares[1] == 0

    def test_sets_of_parameters_keep_their_order(self, open_executor: Open) -> None:
        """Each row of the table is the circuit it names."""
        executor = open_executor(0)
        angles = np.array([0.0, np.pi, np.pi / 2, np.pi, 0.0])
        found = executor.run([self._rotation(executor, angles[:, None])], 1000)[0]
        ones = found.to_bool_array(order="little")[:, :, 0].mean(axis=1)
        assert np.allclose(ones, (1 - np.cos(angles)) / 2, atol=1 - self.fidelity)

    def test_several_pubs_keep_their_order(self, open_executor: Open) -> None:
        """Each pub has its own circuit and its own number of sets."""
        executor = open_executor(0)
        low = self._rotation(executor, [[0.0]])
        high = self._rotation(executor, [[np.pi], [np.pi]])
        first, second = executor.run([low, high], 300)
        assert (first.shape, first.num_shots) == ((1,), 300)
        assert (second.shape, second.num_shots) == ((2,), 300)
        assert (
            first.to_bool_array().mean() < 1 - self.fidelity < self.fidelity < second.to_bool_array().mean()
        )

    def test_no_pubs_give_no_results(self, open_executor: Open) -> None:
        """An empty job is no error."""
        assert open_executor(0).run([], 100) == []

    def test_shots_are_independent(self, open_executor: Open) -> None:
        """Two halves of the shots differ, and so do two jobs."""
        executor = open_executor(0)
        pub = self._rotation(executor, [[np.pi / 2]])
        one, two = (executor.run([pub], 1000)[0].to_bool_array()[0, :, 0] for _ in range(2))
        assert not np.array_equal(one, two)
        assert not np.array_equal(one[::2], one[1::2])

    def test_one_seed_gives_the_same_bits(self, open_executor: Open) -> None:
        """The same jobs in the same order, from the same seed; another seed, other bits."""
        if not self.seeded:
            pytest.skip("This executor is not seeded.")
        found = []
        for seed in (1, 1, 2):
            executor = open_executor(seed)
            pub = self._rotation(executor, [[np.pi / 2]])
            found.append([executor.run([pub], 1000)[0].to_bool_array() for _ in range(2)])
        assert np.array_equal(found[0], found[1])
        assert not np.array_equal(found[0], found[2])

    def test_a_gate_that_the_backend_lacks_is_refused(self, open_executor: Open) -> None:
        """It would be submitted, and paid for, in vain."""
        executor = open_executor(0)
        gates = [gate for gate in _RARE if gate.name not in executor.target.operation_names]
        if not gates:
            pytest.skip("This backend runs every gate.")
        circuit = QuantumCircuit(executor.target.num_qubits, 1)
        circuit.append(gates[0], range(gates[0].num_qubits))
        circuit.measure(self.qubit, 0)
        with pytest.raises(BackendError):
            executor.run([Pub(circuit, np.zeros((1, 0)))], 100)

    @pytest.mark.parametrize("shots", [0, -1, 2_000_000, 1.5, True])
    def test_a_number_of_shots_that_cannot_be_is_refused(self, open_executor: Open, shots: int) -> None:
        """Before anything is submitted."""
        executor = open_executor(0)
        with pytest.raises(BackendError, match="shots"):
            executor.run([self._rotation(executor, [[0.0]])], shots)

    @pytest.mark.parametrize(
        "table", [np.zeros((1, 2)), np.zeros((0, 1)), np.zeros(1), np.full((1, 1), np.nan)]
    )
    def test_a_table_that_does_not_fit_the_circuit_is_refused(
        self, open_executor: Open, table: object
    ) -> None:
        """Wrong columns, no rows, NaN."""
        executor = open_executor(0)
        with pytest.raises(BackendError, match="parameters"):
            executor.run([self._rotation(executor, table)], 100)

    def _rotation(self, executor: Executor, angles: object) -> Pub:
        circuit = QuantumCircuit(executor.target.num_qubits, 1)
        circuit.ry(Parameter("t"), self.qubit)
        circuit.measure(self.qubit, 0)
        return Pub(self._translate(circuit, executor), np.asarray(angles, dtype=np.float64))

    def _translate(self, circuit: QuantumCircuit, executor: Executor) -> QuantumCircuit:
        layout = list(range(circuit.num_qubits))
        manager = generate_preset_pass_manager(
            optimization_level=1, target=executor.target, initial_layout=layout
        )
        return manager.run(circuit)
