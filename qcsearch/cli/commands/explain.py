"""`qcsearch explain`: one trial in detail; of a run, time by stage and the quality of the predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.common import Json, Run, Verbose, examples
from qcsearch.cli.output import display, emit, facts, say, table, tell_lines, terminal_width
from qcsearch.errors import QCSearchError
from qcsearch.wording import metric, microseconds, percent, score, seconds

if TYPE_CHECKING:
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.candidate.choice import Choice
    from qcsearch.data.targets import Target
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.search.study.correlation import Correlation
    from qcsearch.search.trial.record import Costs, TrialRecord
    from qcsearch.search.trial.times import StageTime
    from qcsearch.storage.canonical import Json as Value


_LONGEST = 3


@examples(
    "qcsearch explain runs/digits 12",
    "qcsearch explain runs/digits 12 --json",
    "qcsearch explain runs/digits                 (time by stage; quality of the predictors)",
)
def explain(
    run: Run,
    trial: Annotated[
        int | None, typer.Argument(metavar="[TRIAL]", help="Number of a finished trial.")
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show one trial: its outcome and the reason, its candidate, its costs, its circuit.

    Without a trial: how much time each stage took over all trials of the run, and how well each
    training-free predictor ranks the trained candidates.
    """
    from qcsearch.search.finish.leaderboard import explain as find
    from qcsearch.search.run.folder import RunFolder

    folder = RunFolder.open(run)
    if trial is None:
        _explain_run(folder, json)
        return
    record = find(folder, trial)
    if json:
        emit(record.to_json())
        return
    shots = folder.config.settings.shots
    display(facts(f"Trial {trial}: {record.outcome.label}", _outcome(record, shots)))
    if record.candidate is not None:
        display(facts("\nCandidate", _candidate(record, folder.dataset.target)))
    if record.costs is not None:
        display(facts("\nCosts of the circuit", _costs(record.costs, record.candidate)))
    if record.constraints:
        rows = [
            (k, f"{100 * v:+.0f} %", "broken" if v > 0 else "kept") for k, v in record.constraints.items()
        ]
        display(table("\nConstraints", ("constraint", "beyond its limit", ""), rows, right=(1,)))
    if record.predictors:
        display(facts("\nPredictors", record.predictors))
    if record.candidate is not None:
        tell_lines(_drawing(folder, record.candidate, terminal_width()))


def _explain_run(folder: RunFolder, json: bool) -> None:
    from dataclasses import asdict

    from qcsearch.search.finish.leaderboard import notices
    from qcsearch.search.study.correlation import correlations
    from qcsearch.search.trial.features import Features
    from qcsearch.search.trial.objective import Objective
    from qcsearch.search.trial.times import stage_times

    history, config = folder.history(), folder.config
    found = list(history.records)
    times = stage_times(found)
    if times and not json:
        _show_times(times, len(found))
    kept = sum(record.outcome.kind == "kept" for record in found)
    say(f"Computing the predictors of {kept} trained candidates ...")
    try:
        features, settings = Features.of(folder.dataset, config.settings), config.settings
        objective = Objective.of(features, folder.space, folder.device, settings.seed, shots=settings.shots)
        rows = correlations(objective, found)
    except QCSearchError as error:  # such as a plug-in that is gone
        say(f"Note: The predictors cannot be computed: {error.message}")
        rows = []
    for notice in notices(history):
        say(f"Note: {notice}")
    if json:
        emit(
            {
                "run": str(folder.path),
                "times": [asdict(time) for time in times],
                "correlations": [asdict(row) for row in rows],
            }
        )
        return
    title = f"Spearman's rank correlation with the validation score under noise, {kept} trained candidates"
    columns = ("predictor", "correlation", "95 % interval", "candidates", "ms each")
    display(table(title, columns, map(_worth, rows), right=(1, 3, 4)))


def _show_times(times: list[StageTime], n_trials: int) -> None:
    from qcsearch.search.trial.times import STAGES

    rows = [
        (time.stage, percent(time.share), f"{1000 * time.seconds / n_trials:.1f}", STAGES[time.stage])
        for time in times
    ]
    title = f"Where the time of {n_trials} trials went"
    display(table(title, ("stage", "share", "ms a trial", ""), rows, right=(1, 2)))


def _worth(row: Correlation) -> tuple[object, ...]:
    """The sign is turned so that a positive correlation is a useful one."""
    milliseconds = f"{1000 * row.seconds:.1f}"
    if row.rho is None or row.low is None or row.high is None:
        return row.predictor, None, None, row.n, milliseconds
    return row.predictor, f"{row.rho:+.2f}", f"{row.low:+.2f} … {row.high:+.2f}", row.n, milliseconds


def _outcome(record: TrialRecord, shots: int | None) -> dict[str, object]:
    from qcsearch.search.trial.times import stage_times

    shown: dict[str, object] = {"why": record.outcome.text or "–"}
    if record.trained:
        name = f"validation {metric(record.metric)}"
        if shots is not None:
            shown[f"{name}, noisy, {shots:,} shots"] = score(record.validation_score, record.metric)
        shown[f"{name}, noisy"] = score(record.validation_score_noisy, record.metric)
        shown[f"{name}, noiseless"] = score(record.validation_score_noiseless, record.metric)
    if record.steps:
        stopped = "" if record.outcome.kind in ("pruned", "cut") else f" {record.stopped}"
        shown["training"] = f"{record.steps} steps.{stopped}"
    shown["time"] = f"{seconds(record.seconds, 2)}, worker {record.worker or 'main'}"
    if times := stage_times([record]):
        parts = sorted(times, key=lambda time: -time.seconds)[:_LONGEST]
        shown["most of it"] = ", ".join(f"{time.stage} {percent(time.share)}" for time in parts)
    return shown


def _candidate(record: TrialRecord, target: Target) -> dict[str, object]:
    candidate = record.candidate
    assert candidate is not None
    pre, training = candidate.preprocessing, candidate.training
    low, high = pre.angle_range
    batch = "whole split" if training.batch_size is None else training.batch_size
    return {
        "preprocessing": f"{_choice(pre.reduction)}, {pre.scaling}, angles in [{low:.3g}, {high:.3g}] rad",
        **({"input layer": _choice(candidate.input_layer)} if candidate.dressed else {}),
        "encoding": _choice(candidate.encoding),
        "ansatz": _choice(candidate.ansatz),
        "physical qubits": ", ".join(map(str, candidate.qubits)),
        "observables": ", ".join(candidate.observables),
        "head": _head(record, candidate, target),
        "training": f"{training.optimizer}, rate {training.learning_rate:.3g}, {training.steps} steps, "
        f"batch {batch}, {training.loss}, {'noisy' if training.noise else 'noiseless'}",
        "digest": candidate.digest,
    }


def _head(record: TrialRecord, candidate: Candidate, target: Target) -> str:
    """With its settings, and what was fitted if it is one of those."""
    from qcsearch.training.heads import in_words

    if record.outcome.kind == "infeasible":
        return _choice(candidate.head)  # it may be the head that cannot be
    fitted = in_words(candidate, len(record.parameters.head), target).removeprefix(candidate.head.name)
    return _choice(candidate.head) + fitted


def _costs(costs: Costs, candidate: Candidate | None) -> dict[str, object]:
    from qcsearch.circuits.observables import n_bases

    assert candidate is not None
    circuits = n_bases(candidate.observables, candidate.n_qubits)
    return {
        "trained parameters": costs.parameters,
        "mapping": costs.mapping,
        "duration": f"{microseconds(costs.duration)}, {percent(costs.duration_over_t2)} of the shortest T2",
        "estimated success probability": percent(costs.estimated_success_probability),
        "QPU time a prediction": f"{costs.qpu_seconds:.3g} s for {circuits} circuits of {costs.shots:,} shots "
        "(estimate)",
    }


def _choice(choice: Choice) -> str:
    settings = ", ".join(_setting(key, value) for key, value in choice.settings.items())
    return f"{choice.name}({settings})" if settings else choice.name


def _setting(key: str, value: Value) -> str:
    from qcsearch.circuits.describe import counted_parts

    return counted_parts(key, value) or f"{key}={value}"


def _drawing(folder: RunFolder, candidate: Candidate, width: int) -> str:
    """The logical circuit as text; empty for a candidate that no circuit can be made of."""
    from qcsearch.circuits.lowering import lower
    from qcsearch.circuits.quantum_circuit import to_circuit
    from qcsearch.devices.selection.regions import topology
    from qcsearch.search.trial.features import Features

    try:
        n_features = Features(folder.dataset, folder.config.settings.seed).n_components(
            candidate.preprocessing
        )
        circuit, _, _ = to_circuit(lower(candidate, topology(folder.device, candidate.qubits), n_features))
    except QCSearchError:
        return ""
    return f"\n{circuit.draw('text', fold=max(60, width - 2), idle_wires=True)}"
