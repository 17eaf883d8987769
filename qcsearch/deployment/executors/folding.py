"""Angles of `rzz` folded into [0, π/2], all that IBM's fractional gate runs for; by the client's own helpers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.transpiler import PassManager
from qiskit_ibm_runtime import EstimatorV2, SamplerV2
from qiskit_ibm_runtime.transpiler.passes.basis.fold_rzz_angle import (
    FoldRzzAngle,
    convert_to_rzz_valid_pub,
)

from qcsearch.deployment.executors.base import Pub
from qcsearch.devices.device import ANGLE_BOUNDS

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["folded", "has_bounded"]


def has_bounded(circuit: QuantumCircuit) -> bool:
    """Whether a circuit holds a gate that runs for some angles only."""
    return not ANGLE_BOUNDS.keys().isdisjoint(circuit.count_ops())


def folded(pubs: Sequence[Pub]) -> list[Pub]:
    """The same circuits with every `rzz` within its angles, by one-qubit gates around it.

    A fold depends on the value of an angle, so parameters are added, with values for each set. The gates that
    are added are π turns about x and z.
    """
    return [_folded(pub) if has_bounded(pub.circuit) else pub for pub in pubs]


def _folded(pub: Pub) -> Pub:
    circuit = PassManager([FoldRzzAngle()]).run(pub.circuit)  # angles that are numbers
    if pub.observables:
        bloc = (circuit, [[observable] for observable in pub.observables], pub.parameters)
        valid = convert_to_rzz_valid_pub(_primitive(EstimatorV2), bloc)
    else:
        valid = convert_to_rzz_valid_pub(_primitive(SamplerV2), (circuit, pub.parameters))
    table = valid.parameter_values.as_array(valid.circuit.parameters)
    return Pub(valid.circuit, np.asarray(table, dtype=np.float64), pub.observables)


def _primitive(kind: type[Any]) -> Any:
    """What tells the helper which kind of bloc it is given; it looks at nothing but the type."""
    return object.__new__(kind)
