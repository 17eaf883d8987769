"""The winner without two-qubit gates: what its entanglement adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qcsearch.candidate.gate import GateList
from qcsearch.circuits.lowering import renumbered
from qcsearch.circuits.start_states import GROUND
from qcsearch.errors import CandidateError, DeviceError
from qcsearch.search.finish.baselines.base import NONE, UNENTANGLED, TrainedCircuit, Unmeasured
from qcsearch.search.finish.baselines.training import train_alike
from qcsearch.training.transpiled import transpile_candidate

if TYPE_CHECKING:
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective

__all__ = ["Unentangled", "without_two_qubit_gates"]


@dataclass(frozen=True)
class Unentangled:
    """The winner's circuit without two-qubit gates but those that prepare a sample, trained as the winner was.

    All else is the winner's: preprocessing, data gates, one-qubit gates, qubits, observables, head, training, and the
    seed. The weights of deleted gates are gone with them. Bowles, Ahmed and Schuld (arXiv 2403.07059) ask the same.
    """

    name: str = UNENTANGLED

    def train(
        self,
        objective: Objective,
        winner: Finalist,
        deadline: float | None,
        trained: Mapping[str, TrainedCircuit] = NONE,
    ) -> TrainedCircuit:
        """See `Quantum`."""
        whole = winner.transpiled
        if not whole.mapped.two_qubit_gates:
            raise Unmeasured("The winner has no two-qubit gate.")
        gate_list = without_two_qubit_gates(whole.gate_list)
        reads = gate_list.start != GROUND or any(
            gate.angle is not None and gate.angle.feature is not None for gate in gate_list.gates
        )
        if not reads:
            raise Unmeasured("All gates of the winner that read a feature are two-qubit gates.")
        try:
            alone = transpile_candidate(whole.candidate, whole.device, whole.n_features, gate_list=gate_list)
        except (CandidateError, DeviceError) as error:
            raise Unmeasured(error.message) from error
        return train_alike(objective, winner, alone, deadline)


def without_two_qubit_gates(gate_list: GateList) -> GateList:
    """The same circuit of one-qubit gates alone, the weights that are left numbered in their order.

    The gates that prepare a sample stay: they are the data's.
    """
    first = gate_list.n_preparing
    gates = [gate for number, gate in enumerate(gate_list.gates) if number < first or len(gate.qubits) == 1]
    n_weights, kept = renumbered(gates)
    return replace(gate_list, n_weights=n_weights, gates=kept)
