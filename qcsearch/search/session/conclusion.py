"""The end of a session: the best are trained again, the winner is tested once, compared, and saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qcsearch.candidate.candidate import Candidate
from qcsearch.errors import NoFeasibleCandidateError, QCSearchError
from qcsearch.search.events import Evaluated
from qcsearch.search.run.result import SearchResult
from qcsearch.search.session.session import Session
from qcsearch.search.trial.record import TrialRecord

if TYPE_CHECKING:
    from qcsearch.search.finish.baselines.fitting import Fitting
    from qcsearch.search.finish.schedule import Deadlines
    from qcsearch.training.parameters import Parameters

__all__ = ["conclude"]


def conclude(session: Session, records: list[TrialRecord], ended: str, fitting: Fitting) -> SearchResult:
    """Find, test and save the winner.

    Args:
        session: whose trials are over.
        records: of all trials.
        ended: why no further trial was started.
        fitting: the process of the classical baselines.

    Returns:
        The result, with model and records in memory.

    Raises:
        NoFeasibleCandidateError: if nothing was kept.
    """
    from qcsearch.bundle.write import write_bundle
    from qcsearch.search.finish.comparisons import compared, missing_at_first
    from qcsearch.search.finish.evaluate import evaluate
    from qcsearch.search.finish.evaluated import EvaluatedWinner
    from qcsearch.search.finish.refit import refit
    from qcsearch.search.trial.pareto import pareto_front
    from qcsearch.search.trial.ranking import rank

    ranked = rank(records)
    if not ranked:
        raise _none_kept(records)
    refit_end = session.clock.deadline(session.settings.budget.refit_seconds)
    before = _before(session, records)
    warm = None if before is None else {before[0].digest: before[1]}
    winner, *_ = refit(
        session.objective,
        ranked,
        deadline=refit_end,
        emit=session.emit,
        threads=session.settings.workers,
        warm=warm,
    )
    found = evaluate(session.objective, winner)
    write_bundle(found.model, session.folder.model, overwrite=True)
    tested = EvaluatedWinner(
        session.objective,
        winner,
        found.test,
        found.predicted,
        found.predicted_at_shots,
        found.model.temperature,
        found.model.target,
    )
    result = SearchResult(
        run=session.folder.path,
        n_trials=len(records),
        seconds=session.clock.seconds,
        best=found.best,
        seeds=found.seeds,
        spread=found.spread,
        baselines=(tested.majority(),),
        calibration=found.calibration,
        thresholds=found.thresholds,
        confusion=found.confusion,
        recalls=found.recalls,
        residuals=found.residuals,
        pareto=tuple(record.trial for record in pareto_front(ranked)),
        ended=ended,
        cut=found.cut,
        failure=found.failure,
        missing=missing_at_first(
            session.settings.baselines, tuned=before is not None, task=session.objective.features.target.task
        ),
        notices=(*session.objective.features.split.notices, *found.notices),
    )
    session.folder.write_result(result)
    for whole in compared(tested, result, fitting, deadlines=_deadlines(session), before=before):
        result = replace(whole, seconds=session.clock.seconds)
        session.folder.write_result(result)
    best = found.best
    shots = (
        best.shots if best.metric == "accuracy" else None
    )  # other metrics are of infinitely many on the test part
    reached = best.test_score if shots is None else best.test_at_shots.accuracy
    session.emit(Evaluated(best.trial, reached, session.clock.seconds, best.metric, shots))
    return result.with_found(found.model, records)


def _deadlines(session: Session) -> Deadlines:
    from qcsearch.search.finish.schedule import Deadlines

    budget = session.settings.budget
    return Deadlines(*map(session.clock.deadline, (budget.training_seconds, budget.max_seconds)))


def _before(session: Session, records: list[TrialRecord]) -> tuple[Candidate, Parameters] | None:
    """Of a tuning: the model it starts from, on the qubits to which its trial moved it."""
    if session.untuned is None or session.untuned.candidate is None:
        return None
    old = session.untuned.candidate
    found = (record.candidate for record in records if record.candidate is not None)
    moved = next((one for one in found if replace(one, qubits=old.qubits) == old), old)
    return moved, session.untuned.start


def _none_kept(records: list[TrialRecord]) -> QCSearchError:
    """The error of a search that has nothing to show."""
    broken: dict[str, int] = {}
    for record in records:
        if record.outcome.constraint is not None:
            broken[record.outcome.constraint] = broken.get(record.outcome.constraint, 0) + 1
    failed = [record for record in records if record.outcome.kind == "failed"]
    first = f"the first with {failed[0].outcome.text.rstrip('.')}." if failed else ""
    if failed and not broken:
        return QCSearchError(
            f"All {len(failed)} trials failed; {first}",
            fix="qcsearch explain shows each of them.",
        )
    if not broken:
        return NoFeasibleCandidateError(
            "No trial ended within the seconds of the search.", fix="give it more seconds."
        )
    counts = ", ".join(f"{name} {n}" for name, n in sorted(broken.items(), key=lambda item: -item[1]))
    also = f" {len(failed)} failed; {first}" if failed else ""
    return NoFeasibleCandidateError(
        f"None of {len(records)} candidates kept all constraints; rejected by: {counts}.{also}",
        fix="loosen these constraints of the search space, or give the search more seconds.",
    )
