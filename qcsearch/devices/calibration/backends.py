"""Calibration facts out of a Qiskit `BackendV2`, whoever made it.

Everything is read from the backend's `Target`. What it leaves open comes from where the vendor keeps it
besides, see `vendor_calibration`: the two readout probabilities apart, the time of calibration, or all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

from qcsearch.devices.calibration.rules import RUNS_NOTHING
from qcsearch.devices.calibration.validation import device_from_json
from qcsearch.devices.calibration.vendor_calibration import VendorCalibration
from qcsearch.devices.device import DEAD, FORMAT, Device
from qcsearch.errors import DeviceError
from qcsearch.storage.canonical import Json

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["device_from_backend"]


def device_from_backend(backend: BackendV2) -> Device:
    """Read and validate the calibration facts of a backend.

    A number that cannot be true (NaN, negative, an error above 1) is taken as not measured, so that one bad
    qubit does not cost the whole device; a notice says which.

    Args:
        backend: a `BackendV2` with a `Target` over numbered qubits.

    Returns:
        The device, with its `notices`.

    Raises:
        DeviceError: if it is no `BackendV2`, has no numbered qubits or no gate that Qiskit knows, or reports
            no gate error or no readout error at all: its noise model would silently be ideal.
    """
    target = getattr(backend, "target", None)
    if target is None or not hasattr(target, "operation_names"):
        raise DeviceError(
            f"A backend must be a Qiskit BackendV2 with a Target. Got {type(backend).__name__}."
        )
    name = str(getattr(backend, "name", None) or type(backend).__name__)
    if not target.num_qubits:
        raise DeviceError(f"The backend {name} must have a fixed number of qubits. It has none.")
    vendor = VendorCalibration(backend)
    reader = _Reader(target, vendor)
    gates = reader.gates()
    raw = {
        "format": FORMAT,
        "name": name,
        "provider": _provider(backend),
        "calibrated_at": _time(vendor.properties),
        "dt": reader.measured(target.dt, "dt", low=1e-15, high=1e-3),
        "basis_gates": sorted({gate["name"] for gate in gates}),
        "coupling_map": sorted({tuple(gate["qubits"]) for gate in gates if len(gate["qubits"]) == 2}),
        "qubits": [reader.qubit(q) for q in range(target.num_qubits)],
        "gates": gates,
    }
    _check_not_ideal(name, raw)
    device = device_from_json({**raw, "notices": reader.notices()})
    RUNS_NOTHING.note(device)
    return device


def _check_not_ideal(name: str, raw: dict[str, Json]) -> None:
    """Refuse a target whose noise model would silently be ideal."""
    fix = "write the provider's own calibration into a snapshot file, as noise_models/README.md shows."
    if not raw["gates"]:
        raise DeviceError(f"The backend {name} must have gates that Qiskit knows. It has none.")
    kind = "two-qubit gate" if raw["coupling_map"] else "gate"
    counted = [gate for gate in raw["gates"] if len(gate["qubits"]) == 2] or raw["gates"]
    if all(gate["error"] is None for gate in counted):
        raise DeviceError(f"The backend {name} must report the error of a {kind}. It reports none.", fix)
    if all(qubit["p10"] == qubit["p01"] == DEAD for qubit in raw["qubits"]):
        raise DeviceError(
            f"The backend {name} must report readout errors. It reports none below {DEAD}.", fix
        )


class _Reader:
    """Reads numbers out of one target, and remembers what it could not believe."""

    def __init__(self, target: Target, vendor: VendorCalibration) -> None:
        self._target = target
        self._vendor = vendor
        self._unbelieved: list[str] = []
        self._blind: list[str] = []
        self._symmetric = False
        self._unknown: set[str] = set()
        self._partial: set[str] = set()

    def notices(self) -> list[str]:
        """What was left out while reading, a sentence each."""
        found = [f"A number that cannot be true is taken as not measured: {x}." for x in self._unbelieved]
        if self._blind:
            found.append(
                f"Readout error is unknown, and counted as {DEAD}, on qubit {', '.join(self._blind)}."
            )
        if self._symmetric:
            found.append("P(0|1) and P(1|0) are not reported apart, so readout is taken as symmetric.")
        if self._partial:
            found.append(
                f"Left out, because it runs for some angles only: {', '.join(sorted(self._partial))}."
            )
        if self._unknown:
            found.append(
                f"Left out, because Qiskit does not know the gate: {', '.join(sorted(self._unknown))}."
            )
        return found

    def measured(self, value: Any, what: str, low: float = 0.0, high: float = 1e9) -> float | None:
        """`value` as a float in `[low, high]`, else None."""
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if low <= number <= high:
            return number
        self._unbelieved.append(f"{what} = {value!r}"[:200])
        return None

    def qubit(self, q: int) -> dict[str, Json]:
        """The JSON entry of one qubit."""
        facts = self._facts(q)
        measure = _at(self._target, "measure", (q,))
        mean = self.measured(getattr(measure, "error", None), f"readout error of qubit {q}", high=1)
        p10 = self._readout("prob_meas1_prep0", q, facts, measure, mean)
        p01 = self._readout("prob_meas0_prep1", q, facts, measure, mean)
        if p10 is None or p01 is None:
            self._blind.append(str(q))
        duration = getattr(measure, "duration", None)
        return {
            "t1": self.measured(facts.get("T1"), f"T1 of qubit {q}", low=1e-12),
            "t2": self.measured(facts.get("T2"), f"T2 of qubit {q}", low=1e-12),
            # An unknown readout counts as one that tells nothing: no region will hold the qubit.
            "p10": DEAD if p10 is None or p01 is None else p10,
            "p01": DEAD if p10 is None or p01 is None else p01,
            "readout_duration": self.measured(duration, f"readout duration of qubit {q}"),
        }

    def _readout(
        self, name: str, q: int, facts: Mapping[str, Any], measure: Any, mean: float | None
    ) -> float | None:
        value = facts.get(name, getattr(measure, name, None))
        if value is None and mean is None:
            value = self._vendor.readout(q).get(name)
        found = self.measured(value, f"{name} of qubit {q}", high=1)
        if found is None and mean is not None:
            self._symmetric = True
            return mean
        return found

    def _facts(self, q: int) -> dict[str, Any]:
        """Named facts of one qubit: the target's, and those that the provider has besides."""
        known = self._target.qubit_properties
        found = known[q] if known is not None and q < len(known) else None
        times = {"T1": getattr(found, "t1", None), "T2": getattr(found, "t2", None)}
        return {**times, **self._vendor.qubit(q)}

    def gates(self) -> list[dict[str, Json]]:
        """The JSON entries of all one- and two-qubit gates."""
        from qiskit.circuit import Gate
        from qiskit.circuit.library import get_standard_gate_name_mapping

        from qcsearch.devices.transpile.angles import runs_freely

        known = get_standard_gate_name_mapping()
        entries = []
        for name in sorted(self._target.operation_names):
            operation = self._target.operation_from_name(name)
            if not isinstance(operation, Gate):
                continue
            if not runs_freely(self._target, name):
                self._partial.add(name)
            elif name not in known or known[name].num_qubits != operation.num_qubits:
                self._unknown.add(name)
            elif operation.num_qubits in (1, 2):
                entries += [self._gate(name, qubits) for qubits in self._places(name, operation.num_qubits)]
        return entries

    def _places(self, name: str, n_qubits: int) -> Iterable[tuple[int, ...]]:
        """Where a gate runs; one given for no qubits in particular, and without calibration, on no pair of qubits."""
        places = self._target[name]
        if places is not None and None not in places:
            return sorted(places)
        anywhere = list(permutations(range(self._target.num_qubits), n_qubits))
        if n_qubits == 2 and self._vendor.coupled is not None:
            anywhere = [pair for pair in anywhere if pair in self._vendor.coupled]
        known = n_qubits == 1 or any(self._vendor.error(name, pair) is not None for pair in anywhere)
        return anywhere if known else []

    def _gate(self, name: str, qubits: tuple[int, ...]) -> dict[str, Json]:
        found = _at(self._target, name, qubits)
        error, duration = (getattr(found, fact, None) for fact in ("error", "duration"))
        error = self._vendor.error(name, qubits) if error is None else error
        duration = self._vendor.duration(name) if duration is None else duration
        where = f"of {name} on qubits {list(qubits)}"
        return {
            "name": name,
            "qubits": list(qubits),
            "error": self.measured(error, f"error {where}", high=1),
            "duration": self.measured(duration, f"duration {where}"),
        }


def _at(target: Target, name: str, qubits: tuple[int, ...]) -> Any:
    """The properties of one instruction on given qubits, or None."""
    places = target.get(name, None)
    return None if places is None else places.get(qubits, places.get(None))


def _provider(backend: BackendV2) -> str:
    module = type(backend).__module__
    if module.startswith("qiskit_ibm_runtime.fake_provider"):
        return "fake"
    package = module.partition(".")[0]
    return "ibm" if package == "qiskit_ibm_runtime" else package


def _time(properties: Any) -> str:
    time = getattr(properties, "last_update_date", None)
    if not isinstance(time, datetime):
        return ""
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")
