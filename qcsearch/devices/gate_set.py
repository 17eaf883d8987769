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
    return bool(singles) and _translates(singles, frozenset(), both=True)


@lru_cache(maxsize=256)
def entangles(singles: frozenset[str], pairs: frozenset[str], both: bool) -> bool:
    """Whether these gates make a `cx`.

    Args:
        singles: one-qubit gates.
        pairs: two-qubit gates.
        both: whether these run in both directions of a coupling, or in one.
    """
    if rotates(singles) and _ENTANGLE & pairs:
        return True
    return _translates(singles, pairs, both)


def _translates(singles: frozenset[str], pairs: frozenset[str], both: bool) -> bool:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.exceptions import QiskitError
    from qiskit.transpiler import Target, generate_preset_pass_manager

    known = get_standard_gate_name_mapping()
    target, circuit = Target(num_qubits=2), QuantumCircuit(2)
    for name in sorted(singles):
        target.add_instruction(known[name], {(0,): None, (1,): None})
    for name in sorted(pairs):
        target.add_instruction(known[name], {(0, 1): None, (1, 0): None} if both else {(0, 1): None})
    for number, turn in enumerate((circuit.rx, circuit.ry, circuit.rz)):
        turn(Parameter(f"a{number}"), 0)
    circuit.h(0)
    circuit.ry(0.3, 1)
    if pairs:
        circuit.cx(0, 1)
        circuit.rx(0.4, 0)
        circuit.cx(1, 0)
    try:
        generate_preset_pass_manager(1, target=target, initial_layout=[0, 1], seed_transpiler=0).run(circuit)
    except QiskitError:
        return False
    return True
