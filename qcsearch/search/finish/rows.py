"""The rows of the leaderboard: every number with its split."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qcsearch.data.splitting import split
from qcsearch.search.finish.classical import MAJORITY, NAMES, majority_accuracy
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import ABLATION, OTHER_DAY, SearchResult
from qcsearch.search.trial.record import Costs, TrialRecord
from qcsearch.storage.canonical import Json
from qcsearch.typed import read

__all__ = ["TEST", "VALIDATION", "Row", "final_rows", "majority_rows", "trial_row", "tuning_rows"]

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


def trial_row(record: TrialRecord, pareto: bool) -> Row:
    """A trial; `pareto` says whether it is on the front."""
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


def final_rows(result: SearchResult, deployment: Json | None) -> list[Row]:
    """The winner and what it is compared with, on the test part; with its deployment, if there is one."""
    best, held_out, missing = result.best, result.snapshot, result.missing
    winner = Row(
        name=f"winner (trial {best.trial})",
        kind="winner",
        accuracy=best.test_accuracy_noisy,
        accuracy_noiseless=best.test_accuracy_noiseless,
        split=TEST,
        trial=best.trial,
        spread=result.spread["test_accuracy_noisy"],
        n_qubits=best.n_qubits,
        n_weights=best.n_weights,
        two_qubit_gates=best.two_qubit_gates,
        note=result.failure,
    )
    snapshots = []
    if held_out is not None:
        name, score = f"winner on {held_out.label}", held_out.test_accuracy_noisy
        snapshots = [Row(name, "snapshot", score, split=TEST, trial=best.trial)]
    elif OTHER_DAY in missing:
        snapshots = [Row(OTHER_DAY, "snapshot", None, split=TEST, note=missing[OTHER_DAY])]
    ablation = Row(ABLATION, "ablation", result.without_pqc, split=TEST, note=missing.get(ABLATION, ""))
    classical = [
        Row(name, "classical", None, accuracy, split=TEST)
        for name, accuracy in sorted(result.classical.items())
    ]
    classical += [
        Row(name, "classical", None, split=TEST, note=missing[name]) for name in NAMES if name in missing
    ]
    return [
        winner,
        *([] if deployment is None else [_deployed_row(winner, deployment)]),
        *snapshots,
        *([] if result.without_pqc is None and ABLATION not in missing else [ablation]),
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


def majority_rows(run: RunFolder) -> list[Row]:
    """What the trials of a run that is not evaluated yet have to be better than."""
    parts = split(run.dataset, run.config.settings.seed)
    return [Row(MAJORITY, "classical", None, majority_accuracy(parts.train.y, parts.validation.y))]


def tuning_rows(result: SearchResult, config: RunConfig) -> list[Row]:
    """Of a tuning: the winner it began with, where it was searched and where it is tuned, with the weights it had."""
    origin, untuned = config.origin, result.untuned
    if origin is None:
        return []
    name = f"trial {origin.trial} of {origin.run}"
    found = (
        (f"{name} on {origin.device}", "origin", origin.test_accuracy_noisy),
        (
            f"{name} on {config.device}, untuned",
            "untuned",
            None if untuned is None else untuned.test_accuracy_noisy,
        ),
        (f"{name} without PQC on {origin.device}", "ablation", origin.without_pqc),
    )
    return [Row(label, kind, score, split=TEST) for label, kind, score in found if score is not None]
