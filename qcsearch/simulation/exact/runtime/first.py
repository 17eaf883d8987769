"""The state before the middle section, the same for every sample: |0…0⟩ through the prefix, and the way back."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from qcsearch.simulation.exact.kernels.jit import Floats
from qcsearch.simulation.exact.planning.plan import Plan
from qcsearch.simulation.exact.runtime.workspace import aligned, as_aligned

__all__ = ["FirstState"]


class FirstState:
    """The prefix of one light cone at work.

    Args:
        plan: of the cone.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._kept: Floats | None = None

    def of(self, values: Floats) -> Floats:
        """The state, all lanes alike; `values` are those that all samples share, see `tape`."""
        prefix = self._plan.prefix
        if prefix.trained:
            return prefix.run(self._ground, prefix.states(), values, keep=False)
        if self._kept is None:
            self._kept = as_aligned(prefix.run(self._ground, prefix.states(), values, keep=False))
        return self._kept

    def back(self, cotangent: Floats, values: Floats, d_values: Floats) -> None:
        """The cotangent of the state, summed over samples by lane, back through the prefix; added to `d_values`."""
        prefix, lanes = self._plan.prefix, self._plan.layout.lanes
        states, end = prefix.states(), np.zeros_like(cotangent)
        end[::lanes] = cotangent.reshape(-1, lanes).sum(axis=1)
        prefix.run(self._ground, states, values, keep=True)
        prefix.back(end, states, values, d_values)

    @cached_property
    def _ground(self) -> Floats:
        """|0…0⟩: 1 on every string of I and Z."""
        layout = self._plan.layout
        state = aligned(layout.size, layout.dtype)
        state.fill(0)
        state[self._plan.ground[:, None] + np.arange(layout.lanes)] = 1
        return state
