"""The leaderboard: every number with its split, baselines beside the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qcsearch.errors import CandidateError, RunError
from qcsearch.registry import Registry
from qcsearch.search.finish.added import added
from qcsearch.search.finish.reference_rows import majority_rows, tuning_rows
from qcsearch.search.finish.rows import (
    FOLDS,
    TEST,
    VALIDATION,
    Row,
    final_rows,
    shots_column,
)
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.history import History
from qcsearch.search.run.result import SearchResult
from qcsearch.search.trial.pareto import pareto_front
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.record import Costs, TrialRecord
from qcsearch.storage.canonical import Json
from qcsearch.training.judging.residuals import errors_text
from qcsearch.wording import cell, interval, metric, points, probability, score

__all__ = [
    "Leaderboard",
    "explain",
    "leaderboard",
    "leaderboard_of",
    "notices",
    "records",
]


def records(run: RunFolder) -> list[TrialRecord]:
    """The records of all finished trials, by number; those that cannot be read are left out.

    Raises:
        RunError: if the journal cannot be read.
    """
    return list(run.history().records)


def notices(history: History) -> list[str]:
    """What a person should know of a run's records: what could not be read, and what in them is not installed."""
    from qcsearch.circuits.ansatze import ANSATZE
    from qcsearch.circuits.encodings import ENCODINGS
    from qcsearch.circuits.input_layers import INPUT_LAYERS
    from qcsearch.training.heads import HEADS

    said = dict.fromkeys(history.notices)
    tried: dict[tuple[Registry[Any], str], None] = {}
    for record in history.records:
        if (one := record.candidate) is not None:
            parts = (
                *((INPUT_LAYERS, one.input_layer), (ENCODINGS, one.encoding)),
                *((ANSATZE, one.ansatz), (HEADS, one.head)),
            )
            tried |= {(registry, choice.name): None for registry, choice in parts}
    for registry, name in tried:
        try:
            registry.get(name)
        except CandidateError as error:
            said[f"{error.message} What needs it is left out."] = None
    return list(said)


class Leaderboard(tuple[Row, ...]):
    """Rows; printed as a table."""

    __slots__ = ()

    @property
    def chosen(self) -> str:
        """What the winner was chosen by, in a sentence; empty before the evaluation."""
        return next((row.chosen for row in self if row.chosen), "")

    @property
    def added(self) -> str:
        """What entanglement, search and training each added, in a sentence; empty if that was not measured."""
        return added(self)

    @property
    def calibration(self) -> str:
        """How well calibrated the winner's probabilities are, in a sentence; empty before the evaluation."""
        return next((row.calibration.sentence for row in self if row.calibration is not None), "")

    @property
    def thresholds(self) -> str:
        """By which thresholds the winner decides, in a sentence; empty if none were asked for."""
        return next((row.thresholds.sentence for row in self if row.thresholds is not None), "")

    def __str__(self) -> str:
        """One line a row, every number with its split; a column for the backend if there was one; what was added."""
        width = max(30, *(len(row.name) for row in self)) + 2
        backend = next((f"  on {row.backend}" for row in self if row.backend), "")
        heads = (
            f"{'noisy':>9}{shots_column(self):>14}{'noiseless':>11}{'95 % interval':>15}{'winner −':>10}{'p':>9}"
            f"{'qubits':>8}{'parameters':>12}{'2q gates':>10}{'front':>7}{backend}"
        )
        lines = [f"{'':{width}}{'split':12}{heads}"]
        for row in self:
            numbers = (row.n_qubits, row.parameters and row.parameters.total, row.two_qubit_gates)
            cells = "".join(f"{cell(x):>{w}}" for x, w in zip(numbers, (8, 12, 10), strict=True))
            trial = row.kind == "trial"
            noisy, noiseless = (
                (row.score, row.score_noiseless) if trial else (row.accuracy, row.accuracy_noiseless)
            )
            accuracies = f"{cell(noisy):>9}{cell(row.accuracy_at_shots):>14}{cell(noiseless):>11}"
            found = row.difference
            compared = ("", "") if found is None else (points(found.value, row.measure), probability(found.p))
            errors = f"{interval(row.interval, row.measure):>15}{compared[0]:>10}{compared[1]:>9}"
            deployed = f"  {cell(row.accuracy_deployed)}" if backend else ""
            front = f"{'●' if row.pareto else '':>7}"
            lines.append(
                f"{row.name:{width}}{row.split:12}{accuracies}{errors}{cells}{front}{deployed}".rstrip()
            )
            if row.split == TEST and row.metric != row.measure and row.score is not None:
                said = f"{score(row.score, row.metric)} ({interval(row.score_interval, row.metric)})"
                lines.append(f"  {metric(row.metric)} {said}")
            if row.absolute_errors:
                lines.append(f"  mean absolute error {errors_text(row.absolute_errors)}")
            if row.note:
                lines.append(f"  {row.note}")
        return "\n".join(
            [*lines, *filter(None, [self.chosen, self.added, self.calibration, self.thresholds])]
        )


def leaderboard(
    run: RunFolder, *, top: int | None = None, pareto: bool = False, history: History | None = None
) -> Leaderboard:
    """The rows: final evaluation first if there is one, then the trials, best first.

    Args:
        run: the run folder.
        top: how many trials at most; None for all that were trained and not pruned.
        pareto: of the trials only those of the Pareto front.
        history: of the run, if it was read already.
    """
    records, result = (history or run.history()).records, run.result()
    if result is None:
        majority = majority_rows(run) if rank(records) else []
        return _assembled(majority, records, top, pareto, run.config.settings.shots)
    final = [*final_rows(result, run.deployment()), *tuning_rows(result, run.config)]
    return _assembled(final, records, top, pareto, result.best.shots)


def leaderboard_of(
    result: SearchResult, *, top: int | None = None, deployment: Json | None = None
) -> Leaderboard:
    """The same of a search that has just ended, from what it holds in memory.

    Args:
        result: of the search.
        top: how many trials at most; None for all that were trained and not pruned.
        deployment: of its winner, if there is one.
    """
    return _assembled(final_rows(result, deployment), result.records, top, False, result.best.shots)


def _assembled(
    final: Sequence[Row], records: Sequence[TrialRecord], top: int | None, pareto: bool, shots: int | None
) -> Leaderboard:
    ranked = rank(records)
    front = {record.trial for record in pareto_front(ranked)}
    shown = [record for record in ranked if record.trial in front or not pareto]
    trials = (_trial_row(record, record.trial in front, shots) for record in shown[:top])
    costs: dict[int | None, Costs | None] = {record.trial: record.costs for record in ranked}
    final = [replace(row, costs=costs.get(row.trial)) if row.kind == "winner" else row for row in final]
    return Leaderboard((*final, *trials))


def _trial_row(record: TrialRecord, pareto: bool, shots: int | None) -> Row:
    """A trial.

    Args:
        record: of it.
        pareto: whether it is on the front.
        shots: that the search is for.
    """
    candidate, cost, accurate = record.candidate, record.costs, record.metric == "accuracy"
    return Row(
        name=f"trial {record.trial}",
        kind="trial",
        accuracy=record.validation_score_noisy if accurate else None,
        accuracy_noiseless=record.validation_score_noiseless if accurate else None,
        accuracy_at_shots=record.validation_score if accurate and shots is not None else None,
        shots=shots,
        for_shots=shots is not None,
        metric=record.metric,
        score=record.validation_score,
        score_noisy=record.validation_score_noisy,
        score_noiseless=record.validation_score_noiseless,
        trial=record.trial,
        n_qubits=None if candidate is None else candidate.n_qubits,
        parameters=None if cost is None else cost.parameters,
        two_qubit_gates=None if cost is None else cost.two_qubit_gates,
        costs=cost,
        pareto=pareto,
        split=FOLDS if record.predicted else VALIDATION,
        encoding=None if candidate is None else candidate.encoding.name,
        ansatz=None if candidate is None else candidate.ansatz.name,
        outcome=record.outcome.kind,
        note=record.outcome.text if record.outcome.kind == "cut" else "",
    )


def explain(run: RunFolder, trial: int) -> TrialRecord:
    """Everything that is known of one trial.

    Raises:
        RunError: if there is no finished trial of that number.
    """
    found = {record.trial: record for record in records(run)}
    if trial not in found:
        span = f"they are {min(found)} to {max(found)}" if found else "there is none"
        raise RunError(f"The run in '{run.path}' has no finished trial {trial}; {span}.")
    return found[trial]
