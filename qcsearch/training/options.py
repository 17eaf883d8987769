"""The check on training options that needs the registries; ranges are checked when options are made."""

from __future__ import annotations

from qcsearch.circuits.candidate import TrainingOptions
from qcsearch.errors import CandidateError
from qcsearch.training.losses import LOSSES
from qcsearch.training.optimisers import OPTIMISERS

__all__ = ["check_options"]


def check_options(options: TrainingOptions) -> None:
    """Check that optimiser and loss are known and suit the gradient.

    Raises:
        CandidateError: one sentence for the first that is wrong.
    """
    LOSSES.get(options.loss)
    exact = OPTIMISERS.create(options.optimizer).exact
    if exact and options.gradient not in ("adjoint", "parameter_shift"):
        raise CandidateError(
            f"The optimizer '{options.optimizer}' needs exact gradients. Got gradient '{options.gradient}'.",
            fix="take the gradient 'adjoint', or the optimizer 'adam'.",
        )
