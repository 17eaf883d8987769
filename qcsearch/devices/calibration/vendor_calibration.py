"""Calibration that a vendor keeps beside its `Target`, where they fill what the `Target` leaves open.

| where | who | what |
|---|---|---|
| `backend.properties()` | IBM | T1, T2, both readout probabilities, time of calibration |
| `backend.metrics` | IQM's machines | both readout probabilities; the rest is in their `Target` |
| `backend.error_profile` | IQM's fakes | T1, T2, durations |
| the Aer noise model that it simulates | IQM's fakes, AQT's offline simulators, any `AerSimulator` | all errors |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit_aer.noise import NoiseModel, QuantumError

    from qcsearch.devices.aer_internals import ModelErrors

__all__ = ["VendorCalibration"]

_NS = 1e-9
_READOUT = ("prob_meas1_prep0", "prob_meas0_prep1")
_IQM_NAMES = {"r": "prx"}


class VendorCalibration:
    """What is known of a backend besides its `Target`.

    Args:
        backend: of any vendor.

    Attributes:
        properties: of IBM's kind, None if there are none.
        coupled: the directed pairs of its coupling map, None if any pair is as good.
    """

    def __init__(self, backend: BackendV2) -> None:
        self._backend: Any = backend
        self.properties = _asked(getattr(backend, "properties", None))
        self.coupled = _coupled(backend)
        self._model = _noise_model(backend)
        self._profile: Any = getattr(backend, "error_profile", None)
        self._errors: dict[int, float] = {}

    def qubit(self, q: int) -> Mapping[str, Any]:
        """Calibration of one qubit: `T1` and `T2` in seconds, `prob_meas1_prep0`, `prob_meas0_prep1`."""
        if self.properties is not None:
            try:
                return {name: pair[0] for name, pair in self.properties.qubit_property(q).items()}
            except Exception:  # a provider's own class: the target still speaks
                pass
        return {**self._metered(q), **self._times(q)}

    def readout(self, q: int) -> Mapping[str, float]:
        """`prob_meas1_prep0` and `prob_meas0_prep1` of the noise model; it may have no readout errors at all."""
        if self._model is None:
            return {}
        model = _errors_of(self._model)
        error = model.local_readout.get((q,), model.default_readout)
        p10, p01 = (0.0, 0.0) if error is None else (error.probabilities[0][1], error.probabilities[1][0])
        return dict(zip(_READOUT, map(float, (p10, p01)), strict=True))

    def error(self, name: str, qubits: tuple[int, ...]) -> float | None:
        """Average infidelity of a gate, None if nothing is known of it.

        A gate that a simulated noise model runs, and has no error for anywhere, is free of errors there.
        """
        if self._model is None or name not in self._model.basis_gates:
            return None
        model = _errors_of(self._model)
        local = model.local.get(name, {})
        error = local.get(qubits, model.default.get(name))
        if error is None:
            return None if local else 0.0
        return self._infidelity(error)

    def duration(self, name: str) -> float | None:
        """Seconds of a gate, None if nothing is known of it."""
        if self._profile is None:
            return None
        known = {**self._profile.single_qubit_gate_durations, **self._profile.two_qubit_gate_durations}
        found = known.get(_IQM_NAMES.get(name, name))
        return None if found is None else float(found) * _NS

    def _infidelity(self, error: QuantumError) -> float:
        from qiskit.quantum_info import average_gate_fidelity

        if id(error) not in self._errors:
            self._errors[id(error)] = max(0.0, 1.0 - float(average_gate_fidelity(error)))
        return self._errors[id(error)]

    def _metered(self, q: int) -> dict[str, float]:
        """Readout errors among IQM's quality metrics."""
        read = getattr(getattr(self._backend, "metrics", None), "get_measure_errors", None)
        if read is None:
            return {}
        locus = (self._backend.index_to_qubit_name(q),)
        gate = self._backend.architecture.gates["measure"]
        found = read("measure", gate.get_default_implementation(locus), locus)
        return {} if found is None else dict(zip(_READOUT, found, strict=True))

    def _times(self, q: int) -> dict[str, float]:
        """T1 and T2 of IQM's profile, which has them in nanoseconds."""
        if self._profile is None:
            return {}
        name = self._backend.index_to_qubit_name(q)
        return {"T1": self._profile.t1s[name] * _NS, "T2": self._profile.t2s[name] * _NS}


def _asked(read: Any) -> Any:
    try:
        return read() if callable(read) else None
    except Exception:  # a provider's own method: without it the target alone speaks
        return None


def _coupled(backend: BackendV2) -> frozenset[tuple[int, int]] | None:
    """The coupling map of a simulator, which gives its gates for no qubits in particular."""
    try:
        pairs = getattr(backend, "coupling_map", None)
        return None if pairs is None else frozenset((int(a), int(b)) for a, b in pairs)
    except Exception:  # a provider's own property: the target still speaks
        return None


def _noise_model(backend: BackendV2) -> NoiseModel | None:
    """The Aer noise model that a backend simulates, if it does."""
    simulator = getattr(backend, "simulator", None)
    for holder in (backend, getattr(backend, "options", None), getattr(simulator, "options", None)):
        found = getattr(holder, "noise_model", None)
        if found is not None and _is_noise_model(found):
            return found
    return None


def _is_noise_model(found: Any) -> bool:
    from qiskit_aer.noise import NoiseModel

    return isinstance(found, NoiseModel)


def _errors_of(model: NoiseModel) -> ModelErrors:
    from qcsearch.devices.aer_internals import errors_of

    return errors_of(model)
