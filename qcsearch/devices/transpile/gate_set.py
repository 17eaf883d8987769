"""Whether the gates of a device can say what a circuit asks for."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["entangles", "rotates"]

_ROTATE = ({"rz", "sx"}, {"u3"}, {"u"})
_ENTANGLE = {"cx", "cz", "ecr"}


@lru_cache(maxsize=256)
def rotates(singles: frozenset[str]) -> bool:
    """Whether these one-qubit gates, by Qiskit's names, make every rotation of a qubit, as Qiskit translates it."""
    if any(known <= singles for known in _ROTATE):
        return True
    return bool(singles) and _translates(singles, frozenset(), frozenset())


@lru_cache(maxsize=256)
def entangles(singles: frozenset[str], there: frozenset[str], back: frozenset[str]) -> bool:
    """Whether these gates make a `cx` of a coupling.

    Args:
        singles: one-qubit gates of both qubits.
        there: two-qubit gates in one direction.
        back: those in the other.
    """
    if rotates(singles) and _ENTANGLE & (there | back):
        return True
    return _translates(singles, there, back)


def _translates(singles: frozenset[str], there: frozenset[str], back: frozenset[str]) -> bool:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.exceptions import QiskitError
    from qiskit.transpiler import Target, generate_preset_pass_manager

    known = get_standard_gate_name_mapping()
    target, circuit = Target(num_qubits=2), QuantumCircuit(2)
    for name in sorted(singles):
        target.add_instruction(known[name], {(0,): None, (1,): None})
    for name in sorted(there | back):
        places = {pair: None for pair, names in (((0, 1), there), ((1, 0), back)) if name in names}
        target.add_instruction(known[name], places)
    for number, rotate in enumerate((circuit.rx, circuit.ry, circuit.rz)):
        rotate(Parameter(f"a{number}"), 0)
    circuit.h(0)
    circuit.ry(0.3, 1)
    if there or back:
        circuit.cx(0, 1)
        circuit.rx(0.4, 0)
        circuit.cx(1, 0)
    try:
        generate_preset_pass_manager(1, target=target, initial_layout=[0, 1], seed_transpiler=0).run(circuit)
    except QiskitError:
        return False
    return True
