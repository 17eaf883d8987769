"""The leaderboard: every number with its split, classical rows and the ablation beside the candidates."""

from __future__ import annotations

from dataclasses import dataclass

from qcsearch.canonical import Json
from qcsearch.errors import RunError
from qcsearch.search.record import TrialRecord
from qcsearch.search.result import SnapshotScore
from qcsearch.search.run_folder import RunFolder
from qcsearch.search.study import SearchStudy

__all__ = ["Leaderboard", "Row", "explain", "leaderboard", "rank", "records"]

VALIDATION, TEST = "validation", "test"


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard.

    Attributes:
        name: `trial 12`, `winner`, `winner without PQC`, `logistic regression`, …
        kind: `trial`, `winner`, `snapshot`, `ablation` or `classical`.
        accuracy: under the device's noise, of a `snapshot` under that which the name says; classical models
            have none.
        accuracy_noiseless: of the same weights without noise, if it was measured.
        split: which part of the data both are from: `validation` or `test`.
        trial: the trial's number, if it is one.
        spread: standard deviation of `accuracy` over seeds, if there were several.
        n_qubits: of the circuit.
        n_weights: trainable angles.
        two_qubit_gates: of the mapped circuit.
        encoding: its name.
        ansatz: its name.
        outcome: `kept`, `reused`, `infeasible`, `pruned` or `failed` of a trial.
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
    encoding: str | None = None
    ansatz: str | None = None
    outcome: str | None = None


def records(run: RunFolder) -> list[TrialRecord]:
    """The records of all finished trials, by number.

    Raises:
        RunError: if the study cannot be read.
    """
    if not run.journal.is_file():
        return []
    try:
        return SearchStudy(run).records()
    except KeyError:
        return []


def rank(found: list[TrialRecord]) -> list[TrialRecord]:
    """The kept ones, best first: by validation accuracy under noise, then fewer two-qubit gates."""
    kept = [record for record in found if record.outcome.kind == "kept"]
    return sorted(kept, key=lambda r: (-(r.validation_accuracy or 0.0), _gates(r), r.trial))


class Leaderboard(tuple[Row, ...]):
    """Rows; printed as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        """One line a row, every number with its split."""
        width = max(30, *(len(row.name) for row in self)) + 2
        lines = [
            f"{'':{width}}{'split':12}{'noisy':>9}{'noiseless':>11}{'qubits':>8}{'weights':>9}{'2q gates':>10}"
        ]
        for row in self:
            numbers = (row.n_qubits, row.n_weights, row.two_qubit_gates)
            cells = "".join(f"{_shown(x):>{w}}" for x, w in zip(numbers, (8, 9, 10), strict=True))
            accuracies = f"{_shown(row.accuracy):>9}{_shown(row.accuracy_noiseless):>11}"
            lines.append(f"{row.name:{width}}{row.split:12}{accuracies}{cells}")
        return "\n".join(lines)


def leaderboard(run: RunFolder, *, top: int | None = None) -> Leaderboard:
    """The rows: final evaluation first if there is one, then the trials, best first.

    Args:
        run: the run folder.
        top: how many trials at most; None for all that were kept.
    """
    trials = (_trial_row(record) for record in rank(records(run))[:top])
    return Leaderboard((*_final_rows(run.result()), *trials))


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


def _gates(record: TrialRecord) -> int:
    return 0 if record.costs is None else record.costs.two_qubit_gates


def _trial_row(record: TrialRecord) -> Row:
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
        encoding=None if candidate is None else candidate.encoding.name,
        ansatz=None if candidate is None else candidate.ansatz.name,
        outcome=record.outcome.kind,
    )


def _final_rows(result: Json | None) -> list[Row]:
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
    )
    held_out = result["snapshot"]
    snapshots = []
    if held_out is not None:
        name, score = SnapshotScore(**held_out).label, held_out["test_accuracy_noisy"]
        snapshots = [Row(f"winner on {name}", "snapshot", score, split=TEST, trial=best["trial"])]
    ablation = Row("winner without PQC", "ablation", result["without_pqc"], split=TEST)
    classical = [
        Row(name, "classical", None, accuracy, split=TEST) for name, accuracy in result["classical"].items()
    ]
    return [winner, *snapshots, *([] if result["without_pqc"] is None else [ablation]), *classical]
