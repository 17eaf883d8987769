"""What cannot be interrupted is refused before it begins, if it would take too much of the search's time."""

from __future__ import annotations

from qcsearch.candidate.gate import GateList
from qcsearch.search.budget import SETUP
from qcsearch.search.trial.constraints import Infeasible

__all__ = ["check_length", "check_seconds"]

_LENGTH_MARGIN = 1.5
_GATE_SECONDS = 2e-4
"""Of each gate, about: to build it, to map it, and to compile the three programs of a trial."""


def check_seconds(limit: float | None, seconds: float, what: str) -> None:
    """Refuse what takes longer than the limit; None is no limit.

    Raises:
        Infeasible: if it does.
    """
    if limit is not None and seconds > limit:
        reason = (
            f"{what.capitalize()} takes about {seconds:.2g} s, of which this search can give {limit:.2g}."
        )
        violation = (seconds - limit) / limit
        raise Infeasible(reason, SETUP, violation, {SETUP: violation})


def check_length(gate_list: GateList, max_two_qubit_gates: int | None, setup_seconds: float | None) -> None:
    """Refuse what is far too long before it is mapped, which for some long circuits takes minutes.

    Mapping may cancel some two-qubit gates, and translates one into up to three: so there is a margin.

    Args:
        gate_list: of a candidate.
        max_two_qubit_gates: limit of the mapped circuit.
        setup_seconds: what building it may take.

    Raises:
        Infeasible: if it is.
    """
    gates, limit = gate_list.gates, max_two_qubit_gates
    check_seconds(setup_seconds, _GATE_SECONDS * len(gates), f"building a circuit of {len(gates):,} gates")
    if limit is None:
        return
    pairs = sum(len(gate.qubits) == 2 for gate in gates)
    if pairs > _LENGTH_MARGIN * limit:
        violation = (pairs - limit) / max(limit, 1)
        reason = f"{pairs} two-qubit gates before mapping are above the limit {limit}."
        raise Infeasible(reason, "two_qubit_gates", violation, {"two_qubit_gates": violation})
