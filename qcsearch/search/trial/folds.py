"""Small data: a candidate trained on several folds, each time scored on the samples that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from qcsearch.search.trial.features import FoldFeatures
from qcsearch.search.trial.seeds import PRECISION
from qcsearch.training.bound_head import BoundHead
from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.loop.fit import Fit, Stop
from qcsearch.training.loop.trainer import TrainingControl
from qcsearch.training.parameters import Parameters
from qcsearch.training.predictions import Predictions
from qcsearch.training.scoring import logits
from qcsearch.training.shots.perturbation import ShotNoise
from qcsearch.training.single import fit_candidate
from qcsearch.training.transpiled import TranspiledCandidate

__all__ = ["FoldFit", "FoldScores", "clearly_behind", "fold_fit", "fold_loss", "joined", "train_fold"]

_LEVEL = 0.1
"""Of the test by which a trial ends early, the usual one of Optuna's `WilcoxonPruner`."""


@dataclass(frozen=True, eq=False)
class FoldFit:
    """One training on the training part of a fold.

    Attributes:
        fold: its data, with pipelines that are fitted on its own training part.
        transpiled: the candidate, for the features that vary in this fold.
        parameters: the last ones.
        logits: of the fold's validation part under noise, `(n_validation, n_classes)`.
        logits_noiseless: the same without noise.
        judged: the logits that it is judged by and their classes: `logits`, or at finitely many shots those of several
            measurements.
        loss: of the validation part.
        cut: whether a deadline stopped it.
    """

    fold: FoldFeatures
    transpiled: TranspiledCandidate
    parameters: Parameters
    logits: Floats
    logits_noiseless: Floats
    judged: tuple[Floats, Ints]
    loss: float
    cut: bool = False


def train_fold(
    transpiled: TranspiledCandidate,
    fold: FoldFeatures,
    words: Sequence[int],
    deadline: float | None,
    shots: int | None,
) -> FoldFit:
    """Train from drawn weights on one fold; nothing of the training is chosen by its validation part.

    Args:
        transpiled: the candidate, for the features that vary in this fold.
        fold: the data.
        words: of the seed sequence.
        deadline: in seconds of `time.monotonic`; None for no limit.
        shots: see `Objective`.
    """
    options = transpiled.candidate.training
    found = fit_candidate(
        transpiled,
        fold.features.prepare(transpiled.candidate.preprocessing).data,
        np.random.default_rng(words),
        options=replace(options, validate_every=max(1, options.steps), patience=None),
        control=TrainingControl(deadline, last=True),
        dtype=PRECISION,
        shots=shots,
    )
    return fold_fit(fold, transpiled, found, shots)


def fold_fit(fold: FoldFeatures, transpiled: TranspiledCandidate, found: Fit, shots: int | None) -> FoldFit:
    """What a training says of the validation part of its fold."""
    data = fold.features.prepare(transpiled.candidate.preprocessing).data
    part, parameters = data.validation, found.parameters
    said = partial(logits, transpiled, parameters, part.X, data.target)
    noisy = said()
    judged = (noisy, part.y)
    if shots is not None:
        values = transpiled.compile(True).values(transpiled.derive(part.X, parameters), parameters.weights)
        values, y = ShotNoise(shots).repeated(values, part.y)
        judged = BoundHead.of(transpiled.candidate, parameters.head, data.target).logits(values), y
    loss = math.inf if found.validation_loss is None else found.validation_loss
    cut = found.stopped == Stop.BUDGET
    return FoldFit(fold, transpiled, parameters, noisy, said(noise=False), judged, loss, cut)


def joined(fits: Sequence[FoldFit]) -> tuple[Ints, Floats]:
    """Rows of all validation parts, rising, and the logits `(n_rows, n_classes)` that they were given under noise."""
    rows = np.concatenate([fit.fold.rows for fit in fits])
    said = np.concatenate([fit.logits for fit in fits])
    order = np.argsort(rows)
    return rows[order], said[order]


@dataclass(frozen=True)
class FoldScores:
    """Scores of the validation parts of all folds together, in the metric of the data.

    Attributes:
        judged: what the candidate is judged by, at the shots that the search is for.
        noisy: under noise, at infinitely many shots.
        noiseless: without noise, at infinitely many.
    """

    judged: float
    noisy: float
    noiseless: float

    @classmethod
    def of(cls, fits: Sequence[FoldFit]) -> FoldScores:
        """The scores of these folds."""
        metric, target = fits[0].fold.features.metric, fits[0].fold.features.target
        y = np.concatenate([fit.fold.features.split.validation.y for fit in fits])
        said = (
            (
                np.concatenate([fit.judged[0] for fit in fits]),
                np.concatenate([fit.judged[1] for fit in fits]),
                _weights(fits, measured=True),
            ),
            (np.concatenate([fit.logits for fit in fits]), y, _weights(fits)),
            (np.concatenate([fit.logits_noiseless for fit in fits]), y, _weights(fits)),
        )
        return cls(
            *(
                metric(classes, Predictions.of_outputs(target, values), weight)
                for values, classes, weight in said
            )
        )


def _weights(fits: Sequence[FoldFit], measured: bool = False) -> Floats | None:
    """How much each sample counts, in their order; of several measurements of a fold those of each."""
    found = []
    for fit in fits:
        weight = fit.fold.features.split.validation.weight
        if weight is None:
            return None
        found.append(np.resize(weight, len(fit.judged[1]) if measured else len(weight)))
    return np.concatenate(found)


def fold_loss(fits: Sequence[FoldFit]) -> float:
    """Mean loss over the same samples."""
    sizes = [len(fit.fold.rows) for fit in fits]
    return float(np.average([fit.loss for fit in fits], weights=sizes))


def clearly_behind(merits: Floats, leader: Floats) -> float | None:
    """P of a one-sided test that a model is no worse, if it is below a tenth; else None.

    The idea of Optuna's `WilcoxonPruner`: compared in pairs, on the same samples, few folds are enough to see that a
    candidate will not win. Where answers are right or wrong it is the exact sign test, else Wilcoxon's of the signed
    ranks (Biometrics Bull. 1, 80 (1945)), of a model whose mean is lower too.

    Args:
        merits: how good each answer so far is, `(n_samples,)`, see `Target.merits`.
        leader: the same of the best trial, on the same samples.
    """
    from scipy.stats import binomtest, wilcoxon

    gains = merits - leader
    if gains.mean() >= 0:
        return None
    if np.isin(gains, (-1.0, 0.0, 1.0)).all():
        behind = int(np.sum(gains < 0))
        p = float(binomtest(behind, behind + int(np.sum(gains > 0)), alternative="greater").pvalue)
    else:
        p = float(wilcoxon(gains, alternative="less").pvalue)
    return p if p < _LEVEL else None
