"""`local:<fake>`: a recorded backend behind the primitives of qiskit-ibm-runtime, in their local mode.

The circuits are those that a processor would get: on all its qubits, in its gates, checked as the cloud
would check them, submitted through `executor_sampler.Sampler`. The noise is that of the recorded backend's
own `run`, built by the same functions of Aer from the same calibration, with P(0|1) and P(1|0) apart. It is
built for the qubits in use only: the others are idle and unmeasured, so the counts are the same, bit for
bit, while a job on 133 qubits takes half a second in place of twelve.

A circuit that starts from states is one that no processor would get: it is checked all the same, without its start,
and runs under that noise outside of the primitives.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qiskit.circuit import Delay
from qiskit.exceptions import QiskitError
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from qiskit_aer.noise.device import basic_device_gate_errors, basic_device_readout_errors
from qiskit_aer.noise.passes import RelaxationNoisePass
from qiskit_ibm_runtime.exceptions import IBMError
from qiskit_ibm_runtime.executor_sampler import Sampler
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits, validate_rzz_pubs

from qcsearch.circuits.start_states import MIXED, PURE
from qcsearch.deployment.executors.base import JobSeeds, active_qubits, aer_threads, joined_bits
from qcsearch.deployment.executors.folding import runnable
from qcsearch.deployment.executors.starting import bits_from_states
from qcsearch.deployment.values import Kind, Pub
from qcsearch.devices.aer_internals import add_noise_pass
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.calibration.providers import fake_backend
from qcsearch.devices.device import Device
from qcsearch.errors import BackendError, DeviceError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.primitives import BitArray
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["LocalExecutor"]

_REFUSALS = (IBMError, QiskitError, ValueError, RuntimeError)


class LocalExecutor:
    """A recorded backend behind the new `Sampler` of qiskit-ibm-runtime.

    Args:
        backend: the recorded backend, with `properties()`, as the fakes have them.
        seed: seed of the shots.
    """

    kind: Kind = "fake-backend"
    starts = (PURE, MIXED)

    def __init__(self, backend: BackendV2, seed: int = 0) -> None:
        self._backend = backend
        self._seeds = JobSeeds(seed)
        self._checked: dict[int, QuantumCircuit] = {}  # kept, so that an id names one circuit only
        self._simulators: dict[frozenset[int] | tuple[int, ...], AerSimulator] = {}

    @classmethod
    def open(cls, argument: str, seed: int) -> LocalExecutor:
        """Open the recorded backend of that name.

        Raises:
            BackendError: if there is none.
        """
        try:
            return cls(fake_backend(argument), seed)
        except DeviceError as error:
            fix = error.fix or "`qcsearch devices list` shows the names."
            raise BackendError(f"There is no recorded backend '{argument}' for 'local:'.", fix) from error

    @property
    def name(self) -> str:
        """The spec that opens it again."""
        return f"local:{self._backend.name}"

    @property
    def target(self) -> Target:
        """All qubits of the recorded backend."""
        return self._backend.target

    @property
    def latest(self) -> Device:
        """The recorded calibration."""
        return self.calibration()

    def calibration(self) -> Device:
        """The recorded calibration."""
        return device_from_backend(self._backend)

    def run(self, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
        """Run one job; see `Executor`."""
        pubs = runnable(pubs, shots, self.target)
        if not pubs:
            return []
        seed, started = self._seeds.next(pubs), [pub.states is not None for pub in pubs]
        blocs = [SamplerPub.coerce((pub.circuit, pub.parameters), shots) for pub in pubs]
        sampled = [bloc for bloc, apart in zip(blocs, started, strict=True) if not apart]
        active = frozenset().union(*(active_qubits(bloc.circuit) for bloc in sampled))
        try:
            self._validate(blocs)
            found = iter(self._sampler(active, seed).run(sampled).result() if sampled else ())
        except _REFUSALS as error:
            raise BackendError(f"The job on {self.name} failed: {type(error).__name__} {error}.") from error
        return [
            self._from_states(pub, shots, seed + i)
            if pub.states is not None
            else joined_bits(next(found).data, len(pub.parameters))
            for i, pub in enumerate(pubs)
        ]

    def _from_states(self, pub: Pub, shots: int, seed: int) -> BitArray:
        assert pub.states is not None
        qubits = pub.states.qubits
        if qubits not in self._simulators:
            noise = recorded_noise(self._backend, qubits, qubits)
            self._simulators[qubits] = AerSimulator(
                noise_model=noise, max_parallel_threads=aer_threads(len(qubits))
            )
        return bits_from_states(self._simulators[qubits], pub, shots, seed)

    def _validate(self, blocs: Sequence[SamplerPub]) -> None:
        """What the cloud checks after submission and the new primitives do not check before it."""
        validate_rzz_pubs(list(blocs))
        for circuit in (bloc.circuit for bloc in blocs):
            if self._checked.get(id(circuit)) is not circuit:
                validate_isa_circuits([circuit], self.target)
                self._backend.check_faulty(circuit)
                self._checked[id(circuit)] = circuit

    def _sampler(self, active: frozenset[int], seed: int) -> Sampler:
        if active not in self._simulators:
            noise = recorded_noise(self._backend, active)
            self._simulators[active] = AerSimulator.from_backend(
                self._backend, noise_model=noise, max_parallel_threads=aer_threads(len(active))
            )
        simulator = {"seed_simulator": seed, "angle_decimals": 12}
        return Sampler(mode=self._simulators[active], options={"simulator": simulator})


def recorded_noise(
    backend: BackendV2, qubits: Iterable[int], order: Sequence[int] | None = None
) -> NoiseModel:
    """The noise of a recorded backend's own `run`, on some of its qubits.

    Args:
        backend: the recorded backend, with `properties()`.
        qubits: physical qubits.
        order: qubit `i` of the model is `order[i]`, which holds all of `qubits`; None keys it on the physical numbers.

    Returns:
        Gate error, thermal relaxation in gates and delays, and readout with P(0|1) and P(1|0) apart.
    """
    active, order = set(qubits), range(backend.num_qubits) if order is None else order
    place = {q: i for i, q in enumerate(order)}
    properties = copy.copy(backend.properties())
    properties.gates = [gate for gate in properties.gates if active.issuperset(gate.qubits)]
    model = NoiseModel(basis_gates=backend.configuration().basis_gates)
    for places, error in basic_device_readout_errors(properties):
        if active.issuperset(places):
            model.add_readout_error(error, [place[q] for q in places])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="qiskit_aer.noise.device.models")  # T2 above 2·T1 is cut
        for name, places, error in basic_device_gate_errors(properties):
            model.add_quantum_error(error, name, [place[q] for q in places])
    add_noise_pass(model, _delays(backend, properties, active, order))
    return model


def _delays(
    backend: BackendV2, properties: Any, active: set[int], order: Sequence[int]
) -> RelaxationNoisePass:
    """Aer's own pass for delays; idle qubits never relax, whatever they are."""

    def seconds(q: int, name: str) -> float:
        facts = properties.qubit_property(q) if q in active else {}
        return float(facts[name][0]) if name in facts else math.inf

    t1s = [seconds(q, "T1") for q in order]
    return RelaxationNoisePass(
        t1s=t1s,
        t2s=[min(seconds(q, "T2"), 2 * t1) for q, t1 in zip(order, t1s, strict=True)],
        dt=backend.dt,
        op_types=Delay,
    )
