"""The leaderboard: every number with its split, classical rows and the ablation beside the candidates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from qcsearch.canonical import Json
from qcsearch.data.split import split
from qcsearch.errors import CandidateError, RunError
from qcsearch.registry import Registry
from qcsearch.search.classical import MAJORITY, NAMES, majority_accuracy
from qcsearch.search.history import History
from qcsearch.search.pareto import pareto_front
from qcsearch.search.record import Costs, TrialRecord
from qcsearch.search.result import ABLATION, OTHER_DAY, SnapshotScore
from qcsearch.search.run_folder import RunFolder
from qcsearch.typed import read

__all__ = ["Leaderboard", "Row", "explain", "families", "leaderboard", "notices", "rank", "records"]

VALIDATION, TEST = "validation", "test"


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard.

    Attributes:
        name: `trial 12`, `winner`, `winner, deployed`, `winner without PQC`, `logistic regression`, …
        kind: `trial`, `winner`, `deployed`, `snapshot`, `ablation` or `classical`; of a tuning also `origin`, the
            winner of the search it began with, and `untuned`, that winner on the new device.
        accuracy: under the device's noise, of a `snapshot` and an `origin` under that which the name says;
            classical models have none.
        accuracy_noiseless: of the same weights without noise, if it was measured.
        split: which part of the data both are from: `validation` or `test`.
        trial: the trial's number, if it is one.
        spread: standard deviation of `accuracy` over seeds, if there were several.
        n_qubits: of the circuit.
        n_weights: trainable angles.
        two_qubit_gates: of the mapped circuit.
        costs: of the circuit as it was built and as it was mapped, of trials and the winner.
        pareto: whether it is a trial that no other beats in accuracy, two-qubit gates and processor time together.
        encoding: its name.
        ansatz: its name.
        outcome: `kept`, `reused`, `infeasible`, `pruned` or `failed` of a trial.
        accuracy_deployed: measured on a backend, with the weights and on the samples of the row's other two.
        shot_error: its standard deviation from the finite number of shots.
        backend: where it was measured, and what that is: `ibm:ibm_torino (hardware)`.
        n_samples: how many samples the three are of, where it may not be the whole split.
        note: why there is no number, or why it is not to be compared with the others; empty if there is nothing to say.
    """

    name: str
    kind: str
    accuracy: float | None
    accuracy_noiseless: float | None = None
    split: str = VALIDATION
    trial: int | None = None
    spread: float | None = None
    n_qubits: int | None = None
    n_weights: int | None = None
    two_qubit_gates: int | None = None
    costs: Costs | None = None
    pareto: bool = False
    encoding: str | None = None
    ansatz: str | None = None
    outcome: str | None = None
    accuracy_deployed: float | None = None
    shot_error: float | None = None
    backend: str | None = None
    n_samples: int | None = None
    note: str = ""


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
    from qcsearch.training.heads import HEADS

    said = dict.fromkeys(history.notices)
    tried: dict[tuple[Registry[Any], str], None] = {}
    for record in history.records:
        if (one := record.candidate) is not None:
            parts = ((ENCODINGS, one.encoding), (ANSATZE, one.ansatz), (HEADS, one.head))
            tried |= {(registry, choice.name): None for registry, choice in parts}
    for registry, name in tried:
        try:
            registry.get(name)
        except CandidateError as error:
            said[f"{error.message} What needs it is left out."] = None
    return list(said)


def families(ranked: Iterable[TrialRecord]) -> list[TrialRecord]:
    """The best of each family: of a trial and those that refine its circuit step by step.

    They hardly differ from one to the next, and the more of them there are, the more the best of them owes to luck with
    the validation part.
    """
    found: dict[int, TrialRecord] = {}
    for record in ranked:
        found.setdefault(record.trial if record.family is None else record.family, record)
    return list(found.values())


def rank(found: list[TrialRecord]) -> list[TrialRecord]:
    """The kept ones, best first (`TrialRecord.merit`), of equals the first; behind them those that were cut short."""
    trained = [record for record in found if record.outcome.kind in ("kept", "cut")]
    return sorted(trained, key=_place, reverse=True)


def _place(record: TrialRecord) -> tuple[object, ...]:
    return record.outcome.kind == "kept", record.merit, -record.trial


class Leaderboard(tuple[Row, ...]):
    """Rows; printed as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        """One line a row, every number with its split; a column for the backend if there was one."""
        width = max(30, *(len(row.name) for row in self)) + 2
        backend = next((f"  on {row.backend}" for row in self if row.backend), "")
        heads = (
            f"{'noisy':>9}{'noiseless':>11}{'qubits':>8}{'weights':>9}{'2q gates':>10}{'front':>7}{backend}"
        )
        lines = [f"{'':{width}}{'split':12}{heads}"]
        for row in self:
            numbers = (row.n_qubits, row.n_weights, row.two_qubit_gates)
            cells = "".join(f"{_shown(x):>{w}}" for x, w in zip(numbers, (8, 9, 10), strict=True))
            accuracies = f"{_shown(row.accuracy):>9}{_shown(row.accuracy_noiseless):>11}"
            deployed = f"  {_shown(row.accuracy_deployed)}" if backend else ""
            front = f"{'●' if row.pareto else '':>7}"
            lines.append(f"{row.name:{width}}{row.split:12}{accuracies}{cells}{front}{deployed}".rstrip())
            if row.note:
                lines.append(f"  {row.note}")
        return "\n".join(lines)


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
    ranked = rank(list((history or run.history()).records))
    front = {record.trial for record in pareto_front(ranked)}
    shown = [record for record in ranked if record.trial in front or not pareto]
    trials = (_trial_row(record, record.trial in front) for record in shown[:top])
    costs: dict[int | None, Costs | None] = {record.trial: record.costs for record in ranked}
    final = _final_rows(run.result(), run.deployment()) or (_majority_rows(run) if ranked else [])
    final = [replace(row, costs=costs.get(row.trial)) if row.kind == "winner" else row for row in final]
    return Leaderboard((*final, *_tuning_rows(run), *trials))


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


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _trial_row(record: TrialRecord, pareto: bool) -> Row:
    candidate, cost = record.candidate, record.costs
    return Row(
        name=f"trial {record.trial}",
        kind="trial",
        accuracy=record.validation_accuracy,
        accuracy_noiseless=record.validation_accuracy_noiseless,
        trial=record.trial,
        n_qubits=None if candidate is None else candidate.n_qubits,
        n_weights=None if cost is None else cost.n_weights,
        two_qubit_gates=None if cost is None else cost.two_qubit_gates,
        costs=cost,
        pareto=pareto,
        encoding=None if candidate is None else candidate.encoding.name,
        ansatz=None if candidate is None else candidate.ansatz.name,
        outcome=record.outcome.kind,
        note=record.outcome.text if record.outcome.kind == "cut" else "",
    )


def _final_rows(result: Json | None, deployment: Json | None) -> list[Row]:
    if result is None:
        return []
    best = result["best"]
    winner = Row(
        name=f"winner (trial {best['trial']})",
        kind="winner",
        accuracy=best["test_accuracy_noisy"],
        accuracy_noiseless=best["test_accuracy_noiseless"],
        split=TEST,
        trial=best["trial"],
        spread=result["spread"]["test_accuracy_noisy"],
        n_qubits=best["n_qubits"],
        n_weights=best["n_weights"],
        two_qubit_gates=best["two_qubit_gates"],
        note=result.get("failure", ""),
    )
    held_out = result["snapshot"]
    snapshots = []
    if held_out is not None:
        name, score = SnapshotScore(**held_out).label, held_out["test_accuracy_noisy"]
        snapshots = [Row(f"winner on {name}", "snapshot", score, split=TEST, trial=best["trial"])]
    missing = result.get("missing", {})
    ablation = Row(ABLATION, "ablation", result["without_pqc"], split=TEST, note=missing.get(ABLATION, ""))
    if held_out is None and OTHER_DAY in missing:
        snapshots = [Row(OTHER_DAY, "snapshot", None, split=TEST, note=missing[OTHER_DAY])]
    classical = [
        Row(name, "classical", None, accuracy, split=TEST) for name, accuracy in result["classical"].items()
    ]
    classical += [
        Row(name, "classical", None, split=TEST, note=missing[name]) for name in NAMES if name in missing
    ]
    return [
        winner,
        *([] if deployment is None else [_deployed_row(winner, deployment)]),
        *snapshots,
        *([] if result["without_pqc"] is None and ABLATION not in missing else [ablation]),
        *classical,
    ]


@dataclass(frozen=True)
class _Score:
    accuracy: float
    n_samples: int
    sampling_error: float
    shot_error: float | None


@dataclass(frozen=True)
class _Deployed:
    """What the board shows of a deployment, which is a later stage's."""

    backend: str
    kind: str
    noisy: _Score
    noiseless: _Score
    deployed: _Score


def _deployed_row(winner: Row, deployment: Json) -> Row:
    """The winner with the weights that its deployment kept: all accuracies on the samples that were measured."""
    parts = {name: deployment.get(name) for name in ("backend", "kind", "noisy", "noiseless", "deployed")}
    found = read(_Deployed, parts, "a deployment")
    return replace(
        winner,
        name="winner, deployed",
        kind="deployed",
        accuracy=found.noisy.accuracy,
        accuracy_noiseless=found.noiseless.accuracy,
        spread=None,
        note="",
        accuracy_deployed=found.deployed.accuracy,
        shot_error=found.deployed.shot_error,
        backend=f"{found.backend} ({found.kind})",
        n_samples=found.deployed.n_samples,
    )


def _majority_rows(run: RunFolder) -> list[Row]:
    """What the trials of a run that is not evaluated yet have to be better than."""
    parts = split(run.dataset, run.config.seed)
    return [Row(MAJORITY, "classical", None, majority_accuracy(parts.train.y, parts.validation.y))]


def _tuning_rows(run: RunFolder) -> list[Row]:
    """Of a tuning: the winner it began with, where it was searched and where it is tuned, with the weights it had."""
    origin, result = run.config.origin, run.result()
    if origin is None or not run.config.tuned or result is None:
        return []
    name = f"trial {origin.trial} of {origin.run}"
    untuned = result["untuned"] or {"test_accuracy_noisy": None}
    found = (
        (f"{name} on {origin.device}", "origin", origin.test_accuracy_noisy),
        (f"{name} on {run.config.device}, untuned", "untuned", untuned["test_accuracy_noisy"]),
        (f"{name} without PQC on {origin.device}", "ablation", origin.without_pqc),
    )
    return [Row(label, kind, score, split=TEST) for label, kind, score in found if score is not None]
