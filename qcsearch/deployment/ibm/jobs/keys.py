"""Keys of requests: the same in every process that makes the same request."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qcsearch.storage import canonical
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qcsearch.deployment.values import Pub

__all__ = ["RequestKeys"]


class RequestKeys:
    """Keys of requests: from the deployment, the circuits and their parameters, and how often they came before.

    They do not depend on the requests in between, so a deployment that is resumed from a checkpoint finds the
    results of the requests that it makes again.

    Args:
        deployment: JSON values that tell deployments apart which would send the same circuits.

    Attributes:
        given: all that there were.
    """

    def __init__(self, deployment: Json) -> None:
        self._deployment = canonical.digest(deployment)
        self._seen: Counter[str] = Counter()
        self.given: set[str] = set()
        self._circuits: dict[int, tuple[QuantumCircuit, str]] = {}  # circuits kept, so that an id names one

    def next(self, pubs: Sequence[Pub], shots: int) -> str:
        """The key of the next request."""
        content = hashlib.sha256(f"{self._deployment} {shots}".encode())
        for pub in pubs:
            content.update(self._text(pub.circuit).encode())
            content.update(pub.rounded)
            for observable in pub.observables:
                content.update(repr(observable.to_sparse_list()).encode())
        digest = content.hexdigest()
        self._seen[digest] += 1
        key = f"{digest}-{self._seen[digest]}"
        self.given.add(key)
        return key

    def _text(self, circuit: QuantumCircuit) -> str:
        if id(circuit) not in self._circuits:
            self._circuits[id(circuit)] = (circuit, _text(circuit))
        return self._circuits[id(circuit)][1]


def _text(circuit: QuantumCircuit) -> str:
    """The circuit's instructions, the same in every process: names of parameters, not their identity."""
    return ";".join(
        f"{instruction.operation.name} {list(map(str, instruction.operation.params))} "
        f"{[circuit.find_bit(q).index for q in instruction.qubits]} "
        f"{[circuit.find_bit(c).index for c in instruction.clbits]}"
        for instruction in circuit.data
    )
