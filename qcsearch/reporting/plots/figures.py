"""Which figures a run has, drawn once: `plots/` takes them in real colours, the report in its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qcsearch import wording
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.plots import plots
from qcsearch.reporting.plots.palette import Palette
from qcsearch.reporting.plots.reliability import reliability
from qcsearch.reporting.plots.residuals import predicted, residuals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RunFigure", "run_figures", "trial_points"]


@dataclass(frozen=True)
class RunFigure:
    """One figure of a run.

    Attributes:
        name: file name without its ending.
        label: what it shows, in one sentence.
        draw: makes it in the colours it is given.
    """

    name: str
    label: str
    draw: Callable[[Palette], Figure]


def run_figures(facts: RunFacts) -> dict[str, RunFigure]:
    """The figures that the facts suffice for, by name."""
    points, metric = trial_points(facts), wording.metric(facts.metric)
    winner = None if facts.winner is None else facts.winner.trial
    reached = f"validation {metric} ({facts.chosen_by})"
    found = []
    if any(point.score is not None for point in points):
        found.append(
            RunFigure(
                "progress", f"Validation {metric} of each trial", lambda p: plots.progress(points, p, reached)
            )
        )
        found.append(
            RunFigure(
                "pareto",
                f"{metric[:1].upper()}{metric[1:]} against two-qubit gates and QPU seconds",
                lambda p: plots.pareto(points, winner, p, reached),
            )
        )
    panels = _panels(facts)
    if panels:
        found.append(RunFigure("learning", "Learning by step", lambda p: plots.learning(panels, p)))
    if facts.importance:
        found.append(
            RunFigure(
                "importance", "Importance of each parameter", lambda p: plots.importance(facts.importance, p)
            )
        )
    if facts.confusion:
        found.append(
            RunFigure(
                "confusion",
                "Confusion matrix on the test split",
                lambda p: plots.confusion(facts.confusion, facts.dataset.target.names, p),
            )
        )
    if (calibrated := facts.calibration) is not None:
        found.append(
            RunFigure(
                "reliability",
                "Accuracy against confidence on the test split",
                lambda p: reliability(calibrated, p),
            )
        )
    if facts.residuals:
        found.append(
            RunFigure(
                "predicted",
                "Predicted against true values on the test split",
                lambda p: predicted(facts.residuals, p),
            )
        )
        found.append(
            RunFigure(
                "residuals",
                "Residuals against predicted values on the test split",
                lambda p: residuals(facts.residuals, p),
            )
        )
    return {figure.name: figure for figure in found}


def _panels(facts: RunFacts) -> list[plots.LearningPanel]:
    """Score in the search, and loss of the last steps on the backend."""
    found: list[plots.LearningPanel] = []
    if facts.curves:
        found.append((f"validation {wording.metric(facts.metric)} ({facts.chosen_by})", "step", facts.curves))
    losses = () if facts.deployment is None else facts.deployment.tuning.losses
    if losses and facts.deployment is not None:
        curve = plots.Curve("loss", range(1, len(losses) + 1), losses, main=True)
        found.append((f"loss on {facts.deployment.backend}", "step on the backend", (curve,)))
    return found


def trial_points(facts: RunFacts) -> list[plots.TrialPoint]:
    """The trials as the figures need them; a reused result is the trial it repeats and is left out."""
    front = set(facts.pareto)
    return [
        plots.TrialPoint(
            record.trial,
            _score(record.validation_score, record.history),
            None if record.costs is None else record.costs.two_qubit_gates,
            record.outcome.label,
            None if record.costs is None else record.costs.qpu_seconds,
            None if record.costs is None else record.costs.parameters.total,
            record.trial in front,
        )
        for record in facts.records
        if record.outcome.kind != "reused"
    ]


def _score(final: float | None, history: tuple[tuple[int, float], ...]) -> float | None:
    """The score of a trial; for one that was stopped early, the best it had reached."""
    return final if final is not None else max((value for _, value in history), default=None)
