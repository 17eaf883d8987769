"""`qcsearch board`: the leaderboard of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.common import Json, Run, Verbose, examples
from qcsearch.cli.output import display, emit, say, table, tell
from qcsearch.wording import interval, is_share, percent, points, probability, score
from qcsearch.wording import metric as words

if TYPE_CHECKING:
    from qcsearch.search.finish.leaderboard import Leaderboard
    from qcsearch.search.finish.rows import Row
    from qcsearch.training.judging.recalls import Recall

_TOP = 10
_MARK = "●"
_BASELINES = ("circuit", "classical")


@examples(
    "qcsearch board runs/digits",
    "qcsearch board runs/digits --top 30 --json",
    "qcsearch board runs/digits --pareto",
)
def board(
    run: Run,
    top: Annotated[
        int | None,
        typer.Option(
            "--top", metavar="N", min=1, help="Trials shown at most. Default: 10, of the front all."
        ),
    ] = None,
    pareto: Annotated[bool, typer.Option("--pareto", help="Of the trials only the Pareto front.")] = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the leaderboard of a run: the winner beside its baselines, then the best trials.

    Trials of the Pareto front are marked: no other trial is at least as good in validation score,
    two-qubit gates, trained parameters and QPU seconds a prediction, and better in one of them.

    Parameters are all numbers that were trained: weights of the circuit, of a trained feature map (they
    multiply features) and of the classical layers, head and input layer; below the tables they stand apart.

    Every accuracy on the test split has its 95 % interval, and every baseline the difference to the winner
    on the same samples, with its interval and the p of McNemar's test. Noisy is under the device's noise, at
    infinitely many shots; beside it stands what to expect of finitely many, which is simulated as well. Intervals
    and differences are of the shots that the search was for. A search with another metric than accuracy has its
    scores beside, on the test split with an interval and a difference by bootstrap.

    Every number says which split of the data it is from. A trial that ran out of time is marked as cut
    short, ranks behind those that finished training, and is never on the front. A deployed winner has a
    row with the weights that its deployment kept: measured on the backend beside simulated, on the same
    samples. The run may still be running.
    """
    from qcsearch.search.finish.leaderboard import leaderboard, notices
    from qcsearch.search.run.folder import RunFolder

    folder = RunFolder.open(run)
    history = folder.history()
    most = top if pareto else top or _TOP
    rows = leaderboard(folder, top=most, pareto=pareto, history=history)
    if json:
        emit({"run": run, "rows": [asdict(row) for row in rows], "added": rows.added or None})
    else:
        show(rows, len(history.records), folder.config.device, pareto=pareto)
    for notice in notices(history):
        say(f"Note: {notice}")


def show(rows: Leaderboard, n_trials: int, device: str, *, pareto: bool = False) -> None:
    """Print both tables.

    Args:
        rows: of the leaderboard.
        n_trials: of the run, in all.
        device: its name.
        pareto: whether the trials are those of the Pareto front alone.
    """
    from qcsearch.search.finish.rows import FOLDS, TEST, shots_column

    final = [row for row in rows if row.split == TEST]
    trials = [row for row in rows if row.kind == "trial"]
    majority = next((row for row in rows if row.kind == "classical" and row.split != TEST), None)
    if final:
        _show_final(final, device)
        for sentence in (rows.chosen, rows.added, rows.calibration, rows.thresholds):
            if sentence:
                tell(sentence)
    costs = ["qubits", "parameters", "2q gates", "QPU s"]
    for_shots = any(row.for_shots for row in trials)
    at_shots = [shots_column(trials)] if for_shots else []
    columns = ["trial", "noisy", *at_shots, "noiseless", *costs, "encoding", "ansatz"]
    which = "the Pareto front" if pareto else "the best"
    mark = "" if pareto else f"; {_MARK} Pareto front"
    metric = rows[0].metric if rows else "accuracy"
    by = f", chosen by that at {at_shots[0]}" if for_shots else ""
    judged = "over all folds" if any(row.split == FOLDS for row in trials) else "on the validation split"
    title = f"{_title(metric)} {judged}, {which} of {n_trials} trials; noisy: {device}{by}{mark}"
    numbers = range(len(columns) - 2)
    display(table(title, columns, (_trial(row, bool(mark)) for row in trials), right=numbers))
    if not trials:
        tell("No trial has finished training yet.")
        return
    if majority is not None:
        tell(f"The {majority.name} alone: {score(majority.score, metric)} on the validation split.")
    best = final[0] if final else trials[0]
    if best.costs is not None:
        tell(f"Circuit of the {best.name}: {best.costs.mapping}")
        tell(f"Trained parameters of the {best.name}: {best.parameters or best.costs.parameters}.")


def _show_final(rows: list[Row], device: str) -> None:
    """The test split; what was measured on a backend stands in columns of its own."""
    from qcsearch.search.finish.rows import shots_column

    measured = next((row for row in rows if row.kind == "deployed"), None)
    at_shots, for_shots = shots_column(rows), any(row.for_shots for row in rows)
    title = f"{_title(rows[0].measure)} on the test split, touched once; noisy: {device}, at infinitely many shots"
    if for_shots:
        title += f"; searched for {at_shots} a basis, which the intervals are of"
    columns = ["model", "noisy", "± seeds", at_shots, "noiseless"]
    if measured is not None:
        title += f"; deployed: {measured.backend}, {measured.n_samples} samples"
        columns += ["deployed", "± shots"]
    columns += ["95 % interval", "qubits", "parameters", "2q gates"]
    winners = [row for row in rows if row.kind not in (*_BASELINES, "missing")]
    cells = [_winner(row, measured is not None) for row in winners]
    display(table(title, columns, cells, right=range(1, len(columns))))
    _show_recalls(rows[0].recalls)
    baselines = [row for row in rows if row.kind in _BASELINES]
    columns = ["baseline", "noisy", at_shots, "classical", "95 % interval", "winner − baseline, 95 %", "p"]
    title = f"Baselines on the same {rows[0].n_samples:,} test samples, differences{_unit(rows[0].measure)}"
    title += f" at {at_shots}" if for_shots else ""
    display(table(title, columns, map(_baseline, baselines), right=range(1, len(columns))))
    if rows[0].metric != rows[0].measure:
        _show_scores([rows[0], *baselines])
    _show_errors([*winners, *baselines])
    for row in rows:
        if row.note:
            tell(f"{row.name}: {row.note}")


def _total(row: Row) -> int | None:
    return None if row.parameters is None else row.parameters.total


def _show_recalls(found: Sequence[Recall]) -> None:
    """How often the winner recognises each class."""
    if not found:
        return
    from qcsearch.training.judging.recalls import balanced_accuracy, unequal

    columns = ["class", "samples", "recall", "95 % interval", "precision"]
    cells = [
        (one.label, one.n_samples, percent(one.recall), interval(one.interval), percent(one.precision))
        for one in found
    ]
    display(table("The winner by class, on the same samples", columns, cells, right=range(1, len(columns))))
    if unequal(found):
        mean, ends = balanced_accuracy(found)
        tell(
            f"Balanced accuracy of the winner, the mean recall: {percent(mean)} (95 % interval {interval(ends)})."
        )


def _show_scores(rows: list[Row]) -> None:
    """The scores that the search was for, where that is not accuracy."""
    metric = rows[0].metric
    title = f"{_title(metric)} on the same test samples, which the search was for; differences{_unit(metric)}"
    columns = ["model", "score", "95 % interval", "winner − it, 95 %", "p"]
    display(table(title, columns, map(_scored, rows), right=range(1, len(columns))))


def _show_errors(rows: list[Row]) -> None:
    """Of numbers how far predictions are off, in their own units."""
    from qcsearch.training.judging.residuals import errors_text

    shown = [(row.name, errors_text(row.absolute_errors)) for row in rows if row.absolute_errors]
    if shown:
        title = "Mean absolute error on the same test samples, in the units of the data"
        display(table(title, ["model", "error (95 % interval)"], shown, right=range(1, 2)))


def _scored(row: Row) -> tuple[object, ...]:
    found, by = row.score_difference, ("", "")
    if found is not None:
        value, low, high = (points(x, row.metric) for x in (found.value, found.low, found.high))
        by = (f"{value} ({low} to {high})", probability(found.p))
    return (row.name, score(row.score, row.metric), interval(row.score_interval, row.metric), *by)


def _unit(metric: str) -> str:
    return " in points" if is_share(metric) else ""


def _title(metric: str) -> str:
    return words(metric)[:1].upper() + words(metric)[1:]


def _winner(row: Row, with_deployed: bool) -> tuple[object, ...]:
    return (
        row.name,
        score(row.accuracy, row.measure),
        score(row.spread, row.measure),
        score(row.accuracy_at_shots, row.measure),
        score(row.accuracy_noiseless, row.measure),
        *(
            (score(row.accuracy_deployed, row.measure), score(row.shot_error, row.measure))
            if with_deployed
            else ()
        ),
        interval(row.interval, row.measure),
        *(row.n_qubits, _total(row), row.two_qubit_gates),
    )


def _baseline(row: Row) -> tuple[object, ...]:
    """A classical model has no noise: its accuracy stands in a column of its own."""
    found = row.difference
    assert found is not None
    by = f"{points(found.value, row.measure)} ({points(found.low, row.measure)} to {points(found.high, row.measure)})"
    classical = score(row.accuracy_noiseless, row.measure)
    noisy = (score(row.accuracy, row.measure), score(row.accuracy_at_shots, row.measure))
    return (row.name, *noisy, classical, interval(row.interval, row.measure), by, probability(found.p))


def _trial(row: Row, marked: bool) -> tuple[object, ...]:
    at_shots = (score(row.score, row.metric),) if row.for_shots else ()
    reached = (score(row.score_noisy, row.metric), *at_shots, score(row.score_noiseless, row.metric))
    names = ((row.encoding or "").replace("_", " "), (row.ansatz or "").replace("_", " "))
    seconds = None if row.costs is None else f"{row.costs.qpu_seconds:.3g}"
    costs = (row.n_qubits, _total(row), row.two_qubit_gates, seconds)
    number = f"{_MARK} {row.trial}" if marked and row.pareto else row.trial
    if row.outcome == "cut":
        number = f"cut short {row.trial}"
    return (number, *reached, *costs, *names)
