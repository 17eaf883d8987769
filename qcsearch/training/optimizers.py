"""Optimizers: one step from a gradient, with a state of plain arrays that a checkpoint can hold."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from scipy.optimize import line_search

from qcsearch.errors import CandidateError
from qcsearch.registry import Registry
from qcsearch.training.expectations import Floats

__all__ = ["OPTIMIZERS", "Adam", "Lbfgs", "Objective", "Optimizer", "Sgd", "State"]

State: TypeAlias = dict[str, Floats]

Objective: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the loss and its gradient."""


class Optimizer(Protocol):
    """A rule that moves parameters against a gradient.

    A step is a pure function: what it remembers is in the state it returns.
    """

    @property
    def exact(self) -> bool:
        """True if the rule needs the exact gradient of the whole training split, not of a batch."""
        ...

    def initial(self, n_parameters: int) -> State:
        """The state before the first step."""
        ...

    def step(
        self, theta: Floats, gradient: Floats, state: State, rate: Floats, objective: Objective
    ) -> tuple[Floats, State]:
        """Return the parameters after one step, and the state.

        Args:
            theta: parameters `(n_parameters,)`.
            gradient: of the loss at `theta`.
            state: what the last step returned, or `initial`'s answer.
            rate: step size of each parameter.
            objective: loss and gradient elsewhere, for rules that search along a line.
        """
        ...


OPTIMIZERS: Registry[Optimizer] = Registry(
    "qcsearch.optimizers", CandidateError, needs=("exact", "initial", "step")
)


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980), and AMSGrad (Reddi et al. 2018) with `amsgrad=True`.

    Attributes:
        beta1: memory of the gradient's mean.
        beta2: memory of its square.
        epsilon: keeps the division finite.
        amsgrad: divide by the largest second moment seen, not the present one.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    amsgrad: bool = False
    exact: bool = False

    def initial(self, n_parameters: int) -> State:
        """See `Optimizer`."""
        names = ["mean", "square"] + ["largest"] * self.amsgrad
        return {"count": np.zeros(1)} | {name: np.zeros(n_parameters) for name in names}

    def step(
        self, theta: Floats, gradient: Floats, state: State, rate: Floats, objective: Objective
    ) -> tuple[Floats, State]:
        """See `Optimizer`."""
        count = state["count"] + 1
        mean = self.beta1 * state["mean"] + (1 - self.beta1) * gradient
        square = self.beta2 * state["square"] + (1 - self.beta2) * gradient**2
        after = {"count": count, "mean": mean, "square": square}
        if self.amsgrad:
            after["largest"] = np.maximum(state["largest"], square)
        second = after["largest" if self.amsgrad else "square"] / (1 - self.beta2**count)
        move = mean / (1 - self.beta1**count) / (np.sqrt(second) + self.epsilon)
        return theta - rate * move, after


@OPTIMIZERS.register("adam")
def _adam() -> Optimizer:
    return Adam()


@OPTIMIZERS.register("amsgrad")
def _amsgrad() -> Optimizer:
    return Adam(amsgrad=True)


@OPTIMIZERS.register("sgd")
@dataclass(frozen=True)
class Sgd:
    """Stochastic gradient descent with heavy-ball momentum: `v ← momentum·v + g`, `θ ← θ − rate·v`."""

    momentum: float = 0.9
    exact: bool = False

    def initial(self, n_parameters: int) -> State:
        """See `Optimizer`."""
        return {"velocity": np.zeros(n_parameters)}

    def step(
        self, theta: Floats, gradient: Floats, state: State, rate: Floats, objective: Objective
    ) -> tuple[Floats, State]:
        """See `Optimizer`."""
        velocity = self.momentum * state["velocity"] + gradient
        return theta - rate * velocity, {"velocity": velocity}


@OPTIMIZERS.register("lbfgs")
@dataclass(frozen=True)
class Lbfgs:
    """Limited-memory BFGS: two-loop recursion, and SciPy's line search for the strong Wolfe conditions.

    Nocedal and Wright, Numerical Optimization, Algorithm 7.4.

    `rate` is ignored. Where the line search finds nothing lower the parameters come back unchanged.

    Attributes:
        memory: pairs of step and change of gradient that are kept.
    """

    memory: int = 10
    exact: bool = True

    def initial(self, n_parameters: int) -> State:
        """See `Optimizer`."""
        return {"steps": np.zeros((0, n_parameters)), "changes": np.zeros((0, n_parameters))}

    def step(
        self, theta: Floats, gradient: Floats, state: State, rate: Floats, objective: Objective
    ) -> tuple[Floats, State]:
        """See `Optimizer`."""
        direction = -_inverse_hessian_times(gradient, state["steps"], state["changes"])
        seen = _Remembered(objective)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a line search that finds nothing is an answer, not a warning
            alpha = line_search(seen.value, seen.gradient, theta, direction, gfk=gradient, maxiter=20)[0]
        if alpha is None:
            return theta, self.initial(len(theta))
        after = theta + alpha * direction
        step, change = after - theta, seen.gradient(after) - gradient
        # A pair without clear curvature would make the inverse Hessian indefinite: it is not remembered.
        if step @ change <= 1e-12 * (change @ change):
            return after, state
        return after, {
            "steps": np.vstack([state["steps"], step])[-self.memory :],
            "changes": np.vstack([state["changes"], change])[-self.memory :],
        }


def _inverse_hessian_times(gradient: Floats, steps: Floats, changes: Floats) -> Floats:
    """The two-loop recursion; with no memory yet, the gradient scaled to at most unit length."""
    if len(steps) == 0:
        return gradient / max(1.0, float(np.linalg.norm(gradient)))
    q, pairs = gradient.copy(), list(zip(steps, changes, strict=True))
    alphas = []
    for s, y in reversed(pairs):
        alphas.append((s @ q) / (s @ y))
        q -= alphas[-1] * y
    s, y = pairs[-1]
    q *= (s @ y) / (y @ y)
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        q += (alpha - (y @ q) / (s @ y)) * s
    return q


class _Remembered:
    """Value and gradient come from one call; SciPy asks for them apart."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._at: bytes | None = None
        self._answer: tuple[float, Floats] = (0.0, np.zeros(0))

    def _ask(self, theta: Floats) -> tuple[float, Floats]:
        if theta.tobytes() != self._at:  # bytes, since a line search asks for the very same numbers again
            self._at, self._answer = theta.tobytes(), self._objective(theta)
        return self._answer

    def value(self, theta: Floats) -> float:
        return self._ask(theta)[0]

    def gradient(self, theta: Floats) -> Floats:
        return self._ask(theta)[1]
