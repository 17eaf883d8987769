"""A head alone, trained to its end on what a circuit with given weights says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.training.expectations import Floats
from qcsearch.training.heads import FittedHead, Head
from qcsearch.training.losses import LOSSES

__all__ = ["converged_head"]

_STEPS = 2_000


def converged_head(
    head: Head,
    values: Floats,
    y: NDArray[Any],
    n_outputs: int,
    *,
    loss: str,
    start: Floats,
    penalty: float = 0.0,
    weight: Floats | None = None,
) -> Floats:
    """Parameters of a head where its loss is least: by L-BFGS on all samples, until nothing lower is found.

    A head that is fitted in one go is fitted; the other arguments play no part then.

    Args:
        head: the function.
        values: expectation values `(n_samples, n_observables)`, as the head is to be given them.
        y: what is to be learnt, class numbers `(n_samples,)` or others.
        n_outputs: of the head: classes, or numbers.
        loss: its name, as in `TrainingOptions.loss`.
        start: parameters to start from, `(n_head,)`.
        penalty: of half the sum of squared parameters, added to the loss, over the mean variance of the values, ≥ 0.
            Noise shrinks the values, and a head that undoes this has parameters as much larger: on values of a
            thousandth it must cost no more.
        weight: how much each sample counts, `(n_samples,)`; None if all count alike.
    """
    if isinstance(head, FittedHead):
        return head.fit(values, y, n_outputs) if weight is None else head.fit(values, y, n_outputs, weight)
    if not len(start):
        return start
    of, targets = LOSSES.create(loss), head.targets(n_outputs)
    penalty *= float(np.mean(np.var(values, axis=0)))

    def objective(parameters: Floats) -> tuple[float, Floats]:
        logits = head.logits(values, parameters, n_outputs)
        value, dlogits = of(logits, y, targets) if weight is None else of(logits, y, targets, weight)
        gradient = head.backward(values, parameters, dlogits)[1]
        return value + penalty / 2 * float(parameters @ parameters), gradient + penalty * parameters

    from scipy.optimize import minimize

    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _STEPS, "ftol": 1e-14, "gtol": 1e-7},
    )
    return np.asarray(found.x, dtype=np.float64)
