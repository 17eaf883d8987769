"""Training of the study's variational models: Adam on batches, until the loss is flat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["trained"]

Floats = NDArray[np.floating]

BATCH = 32
INTERVAL = 200
"""Steps whose mean loss is compared with that of as many before them."""

_BETAS, _EPSILON = (0.9, 0.999), 1e-8


def trained(
    parameters: list[Floats],
    gradient: Callable[[list[Floats], NDArray[np.intp]], tuple[float, list[Floats]]],
    n_rows: int,
    rng: np.random.Generator,
    learning_rate: float,
    most_steps: int,
) -> list[Floats]:
    """Parameters after training as in the study (Bowles, Ahmed and Schuld, arXiv 2403.07059, section on training).

    A batch is drawn with repetition. It ends when the mean losses of the last two intervals differ by no more than half
    the standard error of the last one's, or with `most_steps`.

    Args:
        parameters: the start.
        gradient: loss, and its gradient by each array, of parameters and rows.
        n_rows: to draw from.
        rng: of the batches.
        learning_rate: of Adam (Kingma and Ba, arXiv 1412.6980).
        most_steps: at most.
    """
    parameters = list(parameters)
    first = [np.zeros_like(one) for one in parameters]
    second = [np.zeros_like(one) for one in parameters]
    losses: list[float] = []
    for step in range(1, most_steps + 1):
        loss, slopes = gradient(parameters, rng.integers(n_rows, size=BATCH))
        losses.append(loss)
        for n, slope in enumerate(slopes):
            first[n] = _BETAS[0] * first[n] + (1 - _BETAS[0]) * slope
            second[n] = _BETAS[1] * second[n] + (1 - _BETAS[1]) * slope**2
            mean, square = first[n] / (1 - _BETAS[0] ** step), second[n] / (1 - _BETAS[1] ** step)
            moved = parameters[n] - learning_rate * mean / (np.sqrt(square) + _EPSILON)
            parameters[n] = moved.astype(parameters[n].dtype, copy=False)
        if step > 2 * INTERVAL and _flat(losses):
            break
    return parameters


def _flat(losses: list[float]) -> bool:
    last, before = losses[-INTERVAL:], losses[-2 * INTERVAL : -INTERVAL]
    return bool(abs(np.mean(last) - np.mean(before)) <= np.std(last) / np.sqrt(INTERVAL) / 2)
