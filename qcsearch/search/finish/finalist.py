"""A finalist of a search, and each of its trainings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from statistics import fmean

from qcsearch.candidate.training import TrainingOptions
from qcsearch.search.run.scores import Selection
from qcsearch.search.trial.folds import FoldFit
from qcsearch.search.trial.record import TrialRecord
from qcsearch.training.expectations import Floats
from qcsearch.training.parameters import Parameters
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["Finalist", "Refitted"]


@dataclass(frozen=True, eq=False)
class Refitted:
    """One training of a finalist.

    Attributes:
        parameters: of circuit and head.
        validation_score: under noise; of a training on both parts the mean of its candidate's others.
        seed_index: 0 for the trial's own training, 1, 2, … for those of the refit.
        validation_loss: of the same weights.
        cut: why it was stopped early, a sentence; empty if it ran to its end.
        folds: of small data, the trainings on the folds of one repeat, which the scores are of; then `parameters` are
            those of the first.
        logits: of small data, those of each sample of training and validation part, by the training that had not seen
            it, `(n_samples, n_classes)`.
        losses: validation loss after so many steps, `(steps, loss)` in their order; none of the trial's own training.
    """

    parameters: Parameters
    validation_score: float
    seed_index: int
    validation_loss: float = math.inf
    cut: str = ""
    folds: tuple[FoldFit, ...] = ()
    logits: Floats | None = None
    losses: tuple[tuple[int, float], ...] = ()


@dataclass(eq=False)
class Finalist:
    """A candidate that may win.

    Attributes:
        record: its trial.
        transpiled: the candidate on its device, with the steps of the refit.
        fits: its trainings, that of the trial first.
        whole: of the winner, a training on the training and validation parts together; None if there was no time.
        whole_steps: how many steps that had; None if as many as its candidate says.
        selection: of the winner, how it was chosen; None of the others.
        notices: of the winner, which trainings are missing and why, a sentence each.
    """

    record: TrialRecord
    transpiled: TranspiledCandidate
    fits: list[Refitted] = field(default_factory=list)
    whole: Refitted | None = None
    whole_steps: int | None = None
    selection: Selection | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of its trial's candidate."""
        assert self.record.candidate is not None
        return self.record.candidate.digest

    @property
    def best(self) -> Refitted:
        """The training with the best validation; of equals that with the least loss, then the first.

        One that was stopped early is taken only if there is no other, and none on another split than the trials'.
        """
        on_split = (fit for fit in self.fits if not fit.folds)
        return max(on_split, key=lambda fit: (not fit.cut, fit.validation_score, -fit.validation_loss))

    @property
    def chosen(self) -> Refitted:
        """The training to hand over: on all that is not test if there is one, else the one with the best validation."""
        return self.whole or self.best

    @property
    def refits(self) -> list[Refitted]:
        """The trainings to judge it by: those of the refit, or the trial's own if there are none."""
        return [fit for fit in self.fits if fit.seed_index > 0] or self.fits

    @property
    def least_loss_steps(self) -> int | None:
        """After how many steps the validation loss of the refits is least, on their mean; None if it is not known."""
        curves = [fit.losses for fit in self.refits]
        together = [(steps[0][0], fmean(loss for _, loss in steps)) for steps in zip(*curves, strict=False)]
        return min(together, key=lambda point: point[1])[0] if together else None

    def last_options(self, options: TrainingOptions) -> TrainingOptions:
        """The options of a training on the training and validation parts together, in place of others."""
        return options if self.whole_steps is None else replace(options, steps=self.whole_steps)

    @property
    def cut(self) -> str:
        """Why the training that it is judged by was stopped early; empty if it was not."""
        return next((fit.cut for fit in self.refits if fit.cut), "")

    @property
    def mean(self) -> float:
        """Mean validation score over `refits`: what finalists are compared by."""
        return fmean(fit.validation_score for fit in self.refits)

    @property
    def mean_loss(self) -> float:
        """Mean validation loss over `refits`."""
        return fmean(fit.validation_loss for fit in self.refits)
