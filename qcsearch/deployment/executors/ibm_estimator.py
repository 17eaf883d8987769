"""`ibm:<backend>` behind the new `Estimator` of qiskit-ibm-runtime: expectation values, mitigated if wanted.

The client turns observables into circuits, shots into randomised runs and results into values on this machine, so
a job is one of the same kind as the Sampler's: submitted once, journalled, and its result stored as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from qiskit_ibm_runtime.decoders.executor_estimator.decoder import ClientSideEstimatorDecoder
from qiskit_ibm_runtime.executor_estimator import Estimator
from qiskit_ibm_runtime.executor_estimator.prepare import prepare
from qiskit_ibm_runtime.options_models import EstimatorOptions

from qcsearch.deployment.cost.cost import JOB_SECONDS
from qcsearch.deployment.executors.checks import check_job
from qcsearch.deployment.executors.ibm import IbmExecutor
from qcsearch.deployment.measurement import MOST_MITIGATED, least_error
from qcsearch.deployment.values import Cost, Estimates, Pub
from qcsearch.devices.transpile.duration import circuit_duration

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_ibm_runtime import RuntimeJobV2
    from qiskit_ibm_runtime.quantum_program import QuantumProgram

__all__ = ["IbmEstimator"]

_MITIGATES = (
    "nothing is mitigated",
    "readout is mitigated",
    "readout is mitigated, noise extrapolated to zero",
)


class IbmEstimator(IbmExecutor):
    """A processor of IBM's cloud that gives expectation values; everything else is as for `IbmExecutor`."""

    _decoder = ClientSideEstimatorDecoder

    @property
    def mitigated(self) -> bool:
        """Whether the resilience level takes errors out."""
        return self._options.level > 0

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the numbers should know."""
        level = self._options.level
        said = f"Expectation values are the Estimator's at resilience level {level}: {_MITIGATES[level]}."
        return (*super().notices, said)

    def estimate(self, pubs: Sequence[Pub], shots: int) -> list[Estimates]:
        """Run one job; see `Estimating`.

        Raises:
            CeilingError: if it would cost more than is left of the budget.
        """
        pubs = self._ready(pubs)
        check_job(pubs, shots, self.target, measured=False)
        if not pubs:
            return []
        work = self._work(pubs, shots)
        result = self._result(pubs, shots, work.seconds, work.executions)
        came = max(1, round(shots * result.share))
        return [_estimates(one.data, pub, came) for one, pub in zip(result.found, pubs, strict=True)]

    def work(self, pubs: Sequence[Pub], shots: int) -> Cost:
        """What `estimate` asks of the processor: the client's own preparation of the job, counted."""
        return self._work(self._ready(pubs), shots)

    def _work(self, pubs: Sequence[Pub], shots: int) -> Cost:
        program = self._program(pubs, shots)
        target, delay = self.target, self.rep_delay
        circuits = sum(item.size() for item in program.items)
        lasting = sum(
            item.size() * (delay + circuit_duration(item.circuit, target)) for item in program.items
        )
        return Cost(1, circuits, circuits * program.shots, JOB_SECONDS + program.shots * lasting)

    def _program(self, pubs: Sequence[Pub], shots: int) -> QuantumProgram:
        options = EstimatorOptions(**self._options.estimator("", 1.0, shots))
        backend = self._cloud.backend
        return self._cloud.call(lambda: prepare(_blocs(pubs), options, backend=backend))[0]

    def _submit(self, pubs: Sequence[Pub], shots: int, tag: str, limit: int) -> RuntimeJobV2:
        options = self._options.estimator(tag, limit, shots)
        return Estimator(self._mode(), options=options).run(_blocs(pubs))


def _blocs(pubs: Sequence[Pub]) -> list[tuple[object, list[list[SparsePauliOp]], object]]:
    """All observables, down, with all sets of parameters, across."""
    return [(pub.circuit, [[x] for x in pub.observables], pub.parameters) for pub in pubs]


def _estimates(data: object, pub: Pub, shots: int | None = None) -> Estimates:
    """Values and errors `(n_sets, n_observables)`; an extrapolation that failed may be anything.

    What it may be is ±Σ|coefficients|, the largest value that the observable can have.
    """
    values, errors = (np.asarray(getattr(data, name), dtype=np.float64).T for name in ("evs", "stds"))
    largest = np.array([np.abs(observable.coeffs).sum() for observable in pub.observables])
    found = np.isfinite(values) & (np.abs(values) <= MOST_MITIGATED * largest)
    known = found & np.isfinite(errors)
    least = largest * (0.0 if shots is None else least_error(shots))
    return Estimates(
        np.where(found, values, 0.0), np.where(known, np.maximum(errors, least), largest), shots=shots
    )
