"""Calibration facts out of a Qiskit `BackendV2`, whoever made it.

Everything is read from the backend's `Target`. Two things a `Target` cannot say come from `backend.properties()`
where the provider has it: the two readout probabilities apart, and the time of calibration.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qcsearch.canonical import Json
from qcsearch.devices.device import DEAD, Device
from qcsearch.devices.snapshot import FORMAT
from qcsearch.devices.validation import validate
from qcsearch.errors import DeviceError

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["from_backend"]


def from_backend(backend: BackendV2) -> Device:
    """Read and validate the calibration facts of a backend.

    A number that cannot be true (NaN, negative, an error above 1) is treated as not measured, so that one bad
    qubit does not cost the whole device; a notice says which.

    Args:
        backend: a `BackendV2` with a `Target` over numbered qubits.

    Returns:
        The device, with `notices`.

    Raises:
        DeviceError: if it is no `BackendV2`, has no numbered qubits, no gate that Qiskit knows, or reports no
            gate error or no readout error at all: its noise model would silently be ideal.
    """
    target = getattr(backend, "target", None)
    if target is None or not hasattr(target, "operation_names"):
        raise DeviceError(
            f"A backend must be a Qiskit BackendV2 with a Target. Got {type(backend).__name__}."
        )
    name = str(getattr(backend, "name", None) or type(backend).__name__)
    if not target.num_qubits:
        raise DeviceError(f"The backend {name} must have a fixed number of qubits: a simulator is no device.")
    properties = _properties(backend)
    reader = _Reader(name, target, properties)
    raw = {
        "format": FORMAT,
        "name": name,
        "provider": _provider(backend),
        "calibrated_at": _time(properties),
        "dt": reader.measured(target.dt, "dt", low=1e-15, high=1e-3),
        "qubits": [reader.qubit(q) for q in range(target.num_qubits)],
        "gates": (gates := reader.gates()),
        "basis_gates": sorted({gate["name"] for gate in gates}),
        "coupling_map": sorted({tuple(gate["qubits"]) for gate in gates if len(gate["qubits"]) == 2}),
    }
    _check_errors(name, raw)
    return validate({**raw, "notices": reader.notices()})


def _check_errors(name: str, raw: dict[str, Json]) -> None:
    """Refuse a target whose noise model would silently be ideal."""
    fix = "write the provider's error figures into a snapshot file and give that (noise_models/README.md)."
    if not raw["gates"]:
        raise DeviceError(
            f"The backend {name} must have gates that Qiskit knows on its own qubits. It has none."
        )
    pairs = [gate for gate in raw["gates"] if len(gate["qubits"]) == 2]
    if all(gate["error"] is None for gate in pairs or raw["gates"]):
        kind = "two-qubit gate" if pairs else "gate"
        raise DeviceError(
            f"The backend {name} must report the error of a {kind}, or it would look ideal.", fix
        )
    if all(qubit["p10"] == qubit["p01"] == DEAD for qubit in raw["qubits"]):
        raise DeviceError(f"The backend {name} must report a readout error below {DEAD} on some qubit.", fix)


class _Reader:
    """Reads numbers out of one target, and remembers what it could not believe."""

    def __init__(self, name: str, target: Target, properties: Any) -> None:
        self._name = name
        self._target = target
        self._properties = properties
        self._unbelieved: list[str] = []
        self._blind: list[int] = []
        self._unknown: set[str] = set()

    def notices(self) -> list[str]:
        """What was left out while reading."""
        found = [
            f"The backend gives a number that cannot be true, taken as not measured: {what}."
            for what in self._unbelieved
        ]
        if self._blind:
            found.append(f"The backend gives no readout error for qubit {', '.join(map(str, self._blind))}.")
        if self._unknown:
            found.append(
                f"Left out, because Qiskit does not know it: gate {', '.join(sorted(self._unknown))}."
            )
        return found

    def measured(self, value: Any, what: str, low: float = 0.0, high: float = math.inf) -> float | None:
        """`value` as a finite float in `[low, high]`, else None."""
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if low <= number <= high and number < math.inf:
            return number
        self._unbelieved.append(f"{what} = {value!r}")
        return None

    def qubit(self, q: int) -> dict[str, Json]:
        """The JSON entry of one qubit."""
        facts = self._facts(q)
        measure = _properties_of(self._target, "measure", (q,))
        mean = self.measured(getattr(measure, "error", None), f"readout error of qubit {q}", 0, 1)
        p10 = self._readout(facts, measure, "prob_meas1_prep0", q, mean)
        p01 = self._readout(facts, measure, "prob_meas0_prep1", q, mean)
        if p10 is None or p01 is None:
            self._blind.append(q)
        duration = self.measured(getattr(measure, "duration", None), f"readout duration of qubit {q}")
        return {
            "t1": self.measured(facts.get("T1"), f"T1 of qubit {q}", low=1e-12),
            "t2": self.measured(facts.get("T2"), f"T2 of qubit {q}", low=1e-12),
            # An unknown readout is one that tells nothing: no region will hold the qubit.
            "p10": DEAD if p10 is None else p10,
            "p01": DEAD if p01 is None else p01,
            "readout_duration": duration,
        }

    def _readout(
        self, facts: Mapping[str, Any], measure: Any, name: str, q: int, mean: float | None
    ) -> float | None:
        value = facts.get(name, getattr(measure, name, None))
        found = self.measured(value, f"{name} of qubit {q}", 0, 1)
        return mean if found is None else found

    def _facts(self, q: int) -> dict[str, Any]:
        """Named figures of one qubit: of the provider's properties, else of the target."""
        if self._properties is not None:
            try:
                return {name: pair[0] for name, pair in self._properties.qubit_property(q).items()}
            except Exception:  # a provider's own class: whatever it raises, the target still speaks
                pass
        known = self._target.qubit_properties
        found = known[q] if known is not None and q < len(known) else None
        return {"T1": getattr(found, "t1", None), "T2": getattr(found, "t2", None)}

    def gates(self) -> list[dict[str, Json]]:
        """The JSON entries of all one- and two-qubit gates."""
        from qiskit.circuit import Gate
        from qiskit.circuit.library import get_standard_gate_name_mapping

        known = get_standard_gate_name_mapping()
        entries = []
        for name in sorted(self._target.operation_names):
            operation = self._target.operation_from_name(name)
            if not isinstance(operation, Gate):
                continue
            if name not in known or known[name].num_qubits != operation.num_qubits:
                self._unknown.add(name)
            elif operation.num_qubits in (1, 2):
                entries += [self._gate(name, qubits) for qubits in self._places(name, operation.num_qubits)]
        return entries

    def _places(self, name: str, n_qubits: int) -> Iterable[tuple[int, ...]]:
        """Where a gate runs; one given for no qubits in particular runs on all of them."""
        places = self._target[name]
        if places is not None and None not in places:
            return sorted(places)
        everyone = range(self._target.num_qubits)
        if n_qubits == 1:
            return [(q,) for q in everyone]
        return [(a, b) for a in everyone for b in everyone if a != b]

    def _gate(self, name: str, qubits: tuple[int, ...]) -> dict[str, Json]:
        found = _properties_of(self._target, name, qubits)
        where = f"of {name} on {list(qubits)}"
        return {
            "name": name,
            "qubits": list(qubits),
            "error": self.measured(getattr(found, "error", None), f"error {where}", 0, 1),
            "duration": self.measured(getattr(found, "duration", None), f"duration {where}"),
        }


def _properties_of(target: Target, name: str, qubits: tuple[int, ...]) -> Any:
    places = target[name] if name in target else None
    if places is None:
        return None
    return places.get(qubits, places.get(None))


def _properties(backend: BackendV2) -> Any:
    read = getattr(backend, "properties", None)
    if not callable(read):
        return None
    try:
        return read()
    except Exception:  # a provider's own method: without it the target alone speaks
        return None


def _provider(backend: BackendV2) -> str:
    module = type(backend).__module__
    if module.startswith("qiskit_ibm_runtime.fake_provider"):
        return "fake"
    return {"qiskit_ibm_runtime": "ibm"}.get(module.partition(".")[0], module.partition(".")[0])


def _time(properties: Any) -> str:
    time = getattr(properties, "last_update_date", None)
    if not isinstance(time, datetime):
        return ""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return time.astimezone(UTC).isoformat(timespec="seconds")
