"""The checks that need the registries; ranges are checked when options are made."""

from __future__ import annotations

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.training import TrainingOptions
from qcsearch.circuits.ansatze import ANSATZE
from qcsearch.circuits.input_layers import make_input_layer
from qcsearch.circuits.lowering import make_encoding
from qcsearch.circuits.observables import parse
from qcsearch.data.preprocessing.pipeline import check_reduction
from qcsearch.data.targets import Target
from qcsearch.errors import CandidateError
from qcsearch.training.heads import FittedHead, make_head, n_head_parameters
from qcsearch.training.losses import DEFAULT_LOSSES, LOSSES, loss_task
from qcsearch.training.optimizers import OPTIMIZERS

__all__ = ["check_candidate", "check_options", "check_target", "check_weighted"]


def check_candidate(candidate: Candidate) -> None:
    """Check that each part of a candidate is known and takes its settings, whatever the data and the device.

    Raises:
        CandidateError: one sentence for the first that is wrong.
    """
    check_reduction(candidate.preprocessing.reduction)
    make_input_layer(candidate)
    make_encoding(candidate)
    ANSATZE.create(candidate.ansatz.name, candidate.ansatz.settings)
    make_head(candidate)
    for label in candidate.observables:
        parse(label, candidate.n_qubits)
    check_options(candidate.training)


def check_weighted(candidate: Candidate) -> None:
    """Check that samples may count differently in the training of a candidate.

    Raises:
        CandidateError: if its head is fitted without weights.
    """
    head = make_head(candidate)
    if isinstance(head, FittedHead) and not getattr(head, "weighs", False):
        raise CandidateError(
            f"Where samples have weights a head must take them. Got the head '{candidate.head.name}', which does not.",
            fix="leave the weights out, or take the head 'svc', 'kernel_ridge', 'linear' or 'mlp'.",
        )


def check_options(options: TrainingOptions) -> None:
    """Check that optimizer and loss are known and suit the gradient.

    Raises:
        CandidateError: one sentence for the first that is wrong.
    """
    LOSSES.get(options.loss)
    exact = OPTIMIZERS.create(options.optimizer).exact
    if exact and options.gradient not in ("adjoint", "parameter_shift"):
        raise CandidateError(
            f"The optimizer '{options.optimizer}' needs exact gradients. Got gradient '{options.gradient}'.",
            fix="take the gradient 'adjoint', or the optimizer 'adam'.",
        )


def check_target(candidate: Candidate, target: Target) -> None:
    """Check that head and loss of a candidate are for the target.

    Raises:
        CandidateError: one sentence for the first that is not.
    """
    n_head_parameters(candidate, target)
    loss = candidate.training.loss
    if loss_task(loss) != target.task:
        raise CandidateError(
            f"The loss '{loss}' is for {loss_task(loss)}, and the labels are for {target.task}.",
            fix=f"take the loss '{DEFAULT_LOSSES[target.task]}'.",
        )
