"""The section of the report that speaks of the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.html import Markup, table, tag
from qcsearch.reporting.sections import percent

if TYPE_CHECKING:
    from qcsearch.deployment.deployment import Deployment

__all__ = ["deployment"]


def deployment(facts: RunFacts) -> Markup | None:
    """The three kinds of score on the same samples, and what the last steps on the backend brought."""
    found = facts.deployment
    if found is None:
        return None
    scores = (found.noiseless, found.noisy, found.deployed)
    rows = [
        ("accuracy", *(percent(score.accuracy) for score in scores)),
        ("± finite number of samples", *(percent(score.sampling_error) for score in scores)),
        ("± shots", *(percent(score.shot_error) for score in scores)),
    ]
    columns = ("", "noiseless, exact", "noisy, exact", f"measured on {found.backend}")
    return tag(
        "section",
        tag("h2", "Deployment", id="deployment"),
        tag("p", _tuning_sentence(found)),
        table(columns, rows, right=(1, 2, 3), row_classes=("winner",)),
        tag(
            "p",
            f"Same weights, same {found.deployed.n_samples} samples of the test split in all three columns. "
            f"Kind of backend: {found.kind}. It ran {found.usage.circuits:,} circuits with "
            f"{found.usage.shots:,} shots in {found.usage.jobs} jobs, {found.seconds:.0f} s.",
            class_="note",
        ),
        [tag("p", sentence) for sentence in _verdicts(found)],
        [tag("p", notice, class_="note") for notice in found.notices],
    )


def _verdicts(found: Deployment) -> list[str]:
    """Where the model went, what the measurements say of the snapshot and the readout, and what was billed."""
    sentences = [
        verdict.sentence for verdict in (found.move, found.truth, found.canaries) if verdict is not None
    ]
    if found.qpu_seconds:
        sentences.append(f"{found.qpu_seconds:,.1f} QPU seconds were billed.")
    return sentences


def _tuning_sentence(found: Deployment) -> str:
    tuning = found.tuning
    if tuning.after is None:
        return f"No training steps were taken on {found.backend}."
    least = min(tuning.shots, default=found.shots)
    shots = f"{found.shots:,}" if least == found.shots else f"{least:,} to {found.shots:,}"
    kept = "the new weights are kept" if tuning.kept == "after" else "the weights from before are kept"
    return (
        f"{len(tuning.losses)} steps ({tuning.method}) of {shots} shots on {found.backend}. "
        f"Validation samples measured there: {percent(tuning.before.accuracy)} right before, "
        f"{percent(tuning.after.accuracy)} after "
        f"(gain {100 * tuning.gain:+.1f} ± {100 * tuning.gain_error:.1f} points); {kept}."
    )
