"""What Aer (0.17–0.18) keeps in private attributes: the errors of a noise model, its passes, the error in a circuit.

Every read and write of a private attribute of Aer's objects is in this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qiskit.circuit import Instruction
from qiskit_aer.noise import NoiseModel
from qiskit_aer.noise.passes import LocalNoisePass

__all__ = [
    "ModelErrors",
    "acts_on",
    "add_noise_pass",
    "error_in",
    "errors_of",
    "is_asked_gate_by_gate",
    "pass_error",
]

_Qubits = tuple[int, ...]


@dataclass(frozen=True)
class ModelErrors:
    """The errors that a noise model holds; Aer's own containers, not to be changed.

    Attributes:
        local: by the label of a gate the errors on given qubits; they go before those on all qubits.
        default: by the label of a gate the error on whatever qubits.
        local_readout: readout errors of given qubits.
        default_readout: that of every other qubit, or None.
        passes: transpiler passes that add noise to a circuit, in the order in which they are run.
    """

    local: Mapping[str, Mapping[_Qubits, Any]] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)
    local_readout: Mapping[_Qubits, Any] = field(default_factory=dict)
    default_readout: Any = None
    passes: tuple[Any, ...] = ()


def errors_of(model: NoiseModel | None) -> ModelErrors:
    """The errors of a noise model; of None, none."""
    if model is None:
        return ModelErrors()
    return ModelErrors(
        local=model._local_quantum_errors,
        default=model._default_quantum_errors,
        local_readout=model._local_readout_errors,
        default_readout=model._default_readout_error,
        passes=tuple(model._custom_noise_passes),
    )


def add_noise_pass(model: NoiseModel, noise_pass: Any) -> None:
    """Have a noise model run a transpiler pass on every circuit that is simulated with it."""
    model._custom_noise_passes.append(noise_pass)


def is_asked_gate_by_gate(noise_pass: Any) -> bool:
    """Whether a pass only puts an error behind operations of given types: then no circuit is needed to ask it."""
    return isinstance(noise_pass, LocalNoisePass) and bool(noise_pass._ops) and noise_pass._method == "append"


def acts_on(noise_pass: Any, operation: Instruction) -> bool:
    """Whether such a pass has a say on an operation."""
    return isinstance(operation, noise_pass._ops)


def pass_error(noise_pass: Any, operation: Instruction, qubits: _Qubits) -> Any:
    """The error that such a pass puts behind an operation it acts on, or None."""
    return noise_pass._func(operation, list(qubits))


def error_in(operation: Instruction) -> Any:
    """The error of a `quantum_channel` instruction, which noise passes put into circuits."""
    return operation._quantum_error
