"""`aer`: Aer with shots, under the snapshot that the model was made for. A simulation, and called one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from qiskit.exceptions import QiskitError
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2

from qcsearch.circuits.start_states import MIXED, PURE
from qcsearch.deployment.executors.base import JobSeeds, active_qubits, aer_threads, joined_bits
from qcsearch.deployment.executors.folding import runnable
from qcsearch.deployment.executors.starting import bits_from_states, cut
from qcsearch.deployment.values import Kind, Pub
from qcsearch.devices.noise import noise_model
from qcsearch.devices.transpile.target import region_target
from qcsearch.errors import BackendError

if TYPE_CHECKING:
    from qiskit.primitives import BitArray
    from qiskit.transpiler import Target

    from qcsearch.devices.device import Device

__all__ = ["AerExecutor"]


class AerExecutor:
    """Aer under the noise of a device's snapshot, each circuit cut down to the qubits it uses.

    Args:
        device: the calibration facts.
        seed: seed of the shots.
    """

    name = "aer"
    kind: Kind = "simulated"
    starts = (PURE, MIXED)

    def __init__(self, device: Device, seed: int = 0) -> None:
        self._device = device
        self._seeds = JobSeeds(seed)
        self._target: Target | None = None

    @property
    def target(self) -> Target:
        """All qubits of the device."""
        if self._target is None:
            self._target = region_target(self._device)
        return self._target

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job; see `Executor`."""
        pubs = runnable(pubs, shots, self.target)
        seeds = np.random.SeedSequence(self._seeds.next(pubs)).generate_state(max(1, len(pubs)))
        return [self._run(pub, shots, int(seed) >> 1) for pub, seed in zip(pubs, seeds, strict=False)]

    def _run(self, pub: Pub, shots: int, seed: int) -> BitArray:
        qubits = tuple(sorted(active_qubits(pub.circuit))) if pub.states is None else pub.states.qubits
        simulator = AerSimulator(
            noise_model=noise_model(self._device, qubits), max_parallel_threads=aer_threads(len(qubits))
        )
        if pub.states is not None:
            return bits_from_states(simulator, pub, shots, seed)
        bloc = (cut(pub.circuit, qubits), np.asarray(pub.parameters, dtype=np.float64), shots)
        try:
            found = SamplerV2.from_backend(simulator, seed=seed).run([bloc]).result()
        except QiskitError as error:
            raise BackendError(f"The job on aer failed: {error}.") from error
        return joined_bits(found[0].data, len(pub.parameters))
