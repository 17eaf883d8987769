"""`ibm:<backend>` behind the new `Estimator` of qiskit-ibm-runtime: expectation values, mitigated if wanted.

The client turns observables into circuits, shots into randomised runs and results into values on this machine, so
a job is one of the same kind as the Sampler's: submitted once, journalled, and its result stored as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from qiskit_ibm_runtime.executor_estimator import Estimator
from qiskit_ibm_runtime.executor_estimator.prepare import prepare
from qiskit_ibm_runtime.options_models import EstimatorOptions

from qcsearch.deployment.cost import JOB_SECONDS, Cost, circuit_seconds
from qcsearch.deployment.executors.base import Pub, check_job
from qcsearch.deployment.executors.ibm import IbmExecutor
from qcsearch.deployment.measurement import Estimates

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_ibm_runtime import RuntimeJobV2

__all__ = ["IbmEstimator"]

_MITIGATES = (
    "nothing is mitigated",
    "readout is mitigated",
    "readout is mitigated, noise extrapolated to zero",
)


class IbmEstimator(IbmExecutor):
    """A processor of IBM's cloud that gives expectation values; everything else is as for `IbmExecutor`."""

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
        found = self._result(pubs, shots, work.seconds, work.executions)
        return [_estimates(result.data, pub) for result, pub in zip(found, pubs, strict=True)]

    def work(self, pubs: Sequence[Pub], shots: int) -> Cost:
        """What `estimate` asks of the processor: the client's own preparation of the job, counted."""
        return self._work(self._ready(pubs), shots)

    def _work(self, pubs: Sequence[Pub], shots: int) -> Cost:
        options = EstimatorOptions(**self._options.estimator("", 1.0, shots))
        program, _ = prepare(_blocs(pubs), options, backend=self._cloud.backend)
        target, delay = self.target, self.rep_delay
        circuits = sum(item.size() for item in program.items)
        lasting = sum(item.size() * (delay + circuit_seconds(item.circuit, target)) for item in program.items)
        return Cost(1, circuits, circuits * program.shots, JOB_SECONDS + program.shots * lasting)

    def _submit(self, pubs: Sequence[Pub], shots: int, tag: str) -> RuntimeJobV2:
        options = self._options.estimator(tag, self.budget.left, shots)
        return Estimator(self._mode(), options=options).run(_blocs(pubs))


def _blocs(pubs: Sequence[Pub]) -> list[tuple[object, list[list[SparsePauliOp]], object]]:
    """All observables, down, with all sets of parameters, across."""
    return [(pub.circuit, [[x] for x in pub.observables], pub.parameters) for pub in pubs]


def _estimates(data: object, pub: Pub) -> Estimates:
    """Values and errors `(n_sets, n_observables)`; an extrapolation that failed may be anything.

    What it may be is ±Σ|coefficients|, the largest value that the observable can have.
    """
    values, errors = (np.asarray(getattr(data, name), dtype=np.float64).T for name in ("evs", "stds"))
    largest = np.array([np.abs(observable.coeffs).sum() for observable in pub.observables])
    known = np.isfinite(values) & np.isfinite(errors)
    return Estimates(np.where(np.isfinite(values), values, 0.0), np.where(known, errors, largest))
