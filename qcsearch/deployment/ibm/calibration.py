"""The calibration of a processor while jobs are sent to it: whether they still fit, and how far it has drifted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from qiskit.exceptions import QiskitError
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit_ibm_runtime.utils.validations import validate_isa_circuits, validate_rzz_pubs

from qcsearch.deployment.diagnostics.drift import Change, changes
from qcsearch.deployment.executors.base import active_qubits
from qcsearch.deployment.executors.checks import check_job
from qcsearch.deployment.ibm.connection.cloud import Cloud
from qcsearch.deployment.values import Pub
from qcsearch.devices.calibration.backends import device_from_backend
from qcsearch.devices.device import Device
from qcsearch.errors import BackendError, DeviceError, DriftError, RecalibratedError

if TYPE_CHECKING:
    from qiskit.transpiler import Target

__all__ = ["LiveCalibration"]


class LiveCalibration:
    """The calibration of now, asked for before each job.

    Args:
        cloud: the backend.
        snapshot: the calibration that the model was made for; without one nothing is compared.
        max_drift: largest change of an error since the snapshot with which a job is let through, in [0, 1]; None
            lets it through with any.

    Attributes:
        latest: the calibration when it was last looked at; None before.
    """

    def __init__(self, cloud: Cloud, snapshot: Device | None, max_drift: float | None) -> None:
        self.latest: Device | None = None
        self._cloud, self._snapshot, self._max_drift = cloud, snapshot, max_drift
        self._compared: object = None
        self._changes: list[Change] = []

    @cached_property
    def _made_for(self) -> object:
        """Time of the calibration that the circuits were made for: that of the first look."""
        return self._cloud.calibrated_at()

    @property
    def target(self) -> Target:
        """All qubits of the processor, with its calibration."""
        backend = self._cloud.backend
        found = self._cloud.call(lambda: backend.target)
        _ = self._made_for
        return found

    @property
    def notice(self) -> str | None:
        """How far the calibration is from the snapshot, if it has been compared and is not the same."""
        if not self._changes or self._changes[0].size == 0:
            return None
        return f"Largest change since the snapshot of {self._snapshot_name}: {self._changes[0]}."

    def compare_with(self, snapshot: Device) -> None:
        """From now on the calibration is compared with this snapshot."""
        self._snapshot, self._compared = snapshot, None

    def refresh(self) -> Device:
        """Look at the calibration of now.

        Raises:
            RecalibratedError: if it cannot be used.
        """
        self._cloud.call(self._cloud.backend.refresh)
        return self._look()

    def check(self, pubs: Sequence[Pub], shots: int) -> None:
        """Refuse a job that does not fit the calibration of now.

        Raises:
            BackendError: if the processor cannot run it, and never could.
            RecalibratedError: if the processor could run it under the calibration that its circuits were made for.
            DriftError: if an error has changed by more than `max_drift` since the snapshot.
        """
        name, backend = f"ibm:{self._cloud.name}", self._cloud.backend
        self._cloud.call(backend.refresh)
        calibrated = self._cloud.calibrated_at()
        try:
            self._validate(pubs, shots)
        except (QiskitError, ValueError, BackendError) as error:
            if self._made_for == calibrated:
                raise BackendError(f"{name} cannot run the circuits: {error}") from error
            raise RecalibratedError(
                f"The circuits must fit the calibration of {name}. It changed while the deployment ran, and "
                f"now they do not: {error}",
                fix="search again on a new snapshot, or wait for the next calibration and run the same command.",
            ) from error
        if calibrated != self._compared:
            self._compare(frozenset().union(*(active_qubits(pub.circuit) for pub in pubs)))
        self._compared = calibrated

    def _validate(self, pubs: Sequence[Pub], shots: int) -> None:
        """What the service checks after it has billed, and the new primitives not at all."""
        backend = self._cloud.backend
        target = self._cloud.call(lambda: backend.target)
        check_job(pubs, shots, target, measured=not any(pub.observables for pub in pubs))
        validate_isa_circuits([pub.circuit for pub in pubs], target)
        validate_rzz_pubs([SamplerPub.coerce((pub.circuit, pub.parameters), shots) for pub in pubs])
        for pub in pubs:
            backend.check_faulty(pub.circuit)

    def _compare(self, qubits: frozenset[int]) -> None:
        """Look how far the calibration is from the snapshot."""
        if self._snapshot is None:
            return
        self._changes = changes(self._snapshot, self._look(), qubits)
        limit = self._max_drift
        if limit is not None and self._changes[0].size > limit:
            raise DriftError(
                f"No error may have changed by more than {100 * limit:g} points since the snapshot of "
                f"{self._snapshot_name}. {self._changes[0]}.",
                fix="search again on a new snapshot, allow more with --max-drift, or --remap the model.",
            )

    def _look(self) -> Device:
        backend = self._cloud.backend
        try:
            self.latest = self._cloud.call(lambda: device_from_backend(backend))
        except DeviceError as error:
            raise RecalibratedError(
                f"The calibration of ibm:{self._cloud.name} must be usable. {error}"
            ) from error
        return self.latest

    @property
    def _snapshot_name(self) -> str:
        snapshot = self._snapshot
        if snapshot is None:
            return ""
        return f"{snapshot.name} of {snapshot.calibrated_at[:10] or 'an unknown day'}"
