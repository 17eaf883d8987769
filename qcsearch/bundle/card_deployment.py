"""What a model card says of a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qcsearch.escape import for_card
from qcsearch.training.judging.residuals import AbsoluteError
from qcsearch.training.statistics import Interval
from qcsearch.wording import metric

if TYPE_CHECKING:
    from qcsearch.data.targets import Target
    from qcsearch.deployment.deployment import Deployment

__all__ = ["deployment_words", "ends", "errors_table"]

_KINDS = {
    "simulated": "a simulation",
    "fake-backend": "a recorded backend, simulated: not hardware",
    "hardware": "a quantum processor",
}


def ends(interval: Interval) -> str:
    """An interval as a cell of the card."""
    return f"{interval[0]:.4f} to {interval[1]:.4f}"


def errors_table(errors: Sequence[AbsoluteError]) -> list[str]:
    """Lines of a table of how far off each number is, in the units of the data."""
    lines = [f"| {for_card(one.name)} | {one.value:.4g} | {ends(one.interval)} |" for one in errors]
    return ["| number | mean absolute error | 95 % interval |", "|---|---|---|", *lines]


def deployment_words(deployment: Deployment | None, target: Target) -> str:
    """The three scores side by side, and of numbers how far off those are that were measured."""
    if deployment is None:
        return "The model was not deployed when this card was written: every number above is a simulation."
    found = deployment.deployed
    shots = "" if found.shot_error is None else f" (shots alone ± {found.shot_error:.4f})"
    rows = {
        "noiseless (simulated)": deployment.noiseless,
        "noisy (simulated)": deployment.noisy,
        f"deployed ({deployment.kind})": found,
    }
    lines = [
        f"| {name} | {score.accuracy:.4f} | {ends(score.interval(target.has_accuracy))} | {score.n_samples} |"
        for name, score in rows.items()
    ]
    tuning, errors = deployment.tuning, deployment.absolute_errors
    note = f"How far off it is there ({deployment.kind}), in the units of the data:"
    return "\n".join(
        [
            f"Backend `{deployment.backend}`: {_KINDS[deployment.kind]}. {deployment.shots} shots{shots}. "
            f"Weights kept: those {tuning.kept} the {len(tuning.losses)} training steps on the backend.",
            "",
            f"| on the test part | {metric(target.score_name)} | 95 % interval | samples |",
            "|---|---|---|---|",
            *lines,
            *(["", note, "", *errors_table(errors)] if errors else []),
        ]
    )
