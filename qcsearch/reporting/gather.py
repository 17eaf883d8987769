"""From a run folder to the facts of its report; a run that is still at work can be told of too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

from qcsearch import wording
from qcsearch.circuits.observables import parse
from qcsearch.errors import QCSearchError
from qcsearch.reporting.facts import DatasetFacts, MappedFacts, RunFacts, Score
from qcsearch.reporting.plots.circuit import DrawnGate
from qcsearch.reporting.plots.plots import Curve
from qcsearch.search.finish.leaderboard import leaderboard, notices
from qcsearch.search.finish.rows import TEST
from qcsearch.search.run.config import RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.trial.features import Features
from qcsearch.search.trial.pareto import pareto_front
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.record import TrialRecord
from qcsearch.storage.canonical import Json
from qcsearch.training.shots.score import ShotScore
from qcsearch.training.statistics import Interval
from qcsearch.wording import interval

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qcsearch.deployment.deployment import Deployment
    from qcsearch.deployment.diagnostics.tomography import Tomography
    from qcsearch.devices.transpile.mapping import MappedCircuit

__all__ = ["gather"]

_NEXT_BEST = 8
"""Curves of other trials behind the winner's: more than these hide it."""


def gather(run: RunFolder) -> RunFacts:
    """Read everything that a report says.

    Raises:
        RunError: if the folder holds no run, or a file in it was changed.
    """
    history, result = run.history(), run.result()
    found = list(history.records)
    features = Features.of(run.dataset, run.config.settings)
    ranked = rank(found)
    winner = _winner(ranked, result)
    deployment = _deployment(run)
    board = leaderboard(run, top=0, history=history)
    return RunFacts(
        name=run.path.resolve().name,
        created=_begun(run.path),
        dataset=_dataset(run, features),
        device=run.device,
        space=f"{run.config.space} (fingerprint {run.config.space_fingerprint[:12]})",
        metric=features.metric.name,
        n_trials=len(found),
        seconds=_seconds(run, result),
        records=found,
        ranking=[record.trial for record in ranked],
        pareto=[record.trial for record in pareto_front(ranked)],
        winner=winner,
        outcomes=dict(Counter(record.outcome.label for record in found).most_common()),
        rejected=dict(Counter(r.outcome.constraint for r in found if r.outcome.constraint).most_common()),
        **_circuit(run, features, winner),
        scores=_scores(result, deployment),
        final=[] if result is None else [row for row in board if row.split == TEST],
        added=board.added,
        failure="" if result is None else result.failure,
        curves=_curves(ranked, winner),
        deployment=deployment,
        tomography=_tomography(run),
        importance=_importance(run, features, found),
        calibration=None if result is None else result.calibration,
        shots=run.config.settings.shots,
        confusion=() if result is None else result.confusion,
        residuals=() if result is None else result.residuals,
        command=_command(run.config),
        versions={} if winner is None else winner.versions,
        seeds=_seeds(run.config, winner),
        digests=_digests(run.config, winner),
        notices=(
            *run.dataset.notices,
            *features.split.notices,
            *(result.notices if result else ()),
            *notices(history),
        ),
    )


def _winner(ranked: Sequence[TrialRecord], result: SearchResult | None) -> TrialRecord | None:
    """The trial that won; before the evaluation the one that leads."""
    if result is not None:
        return next((record for record in ranked if record.trial == result.best.trial), None)
    return ranked[0] if ranked else None


def _dataset(run: RunFolder, features: Features) -> DatasetFacts:
    data, split = run.dataset, features.split
    parts = {name: len(getattr(split, name)) for name in ("train", "validation", "test")}
    return DatasetFacts(
        run.config.dataset, data.n_features, features.target, parts, data.image_shape, data.digest
    )


def _scores(result: SearchResult | None, deployment: Deployment | None) -> tuple[Score, ...]:
    if result is None:
        return ()
    best = result.best
    name, noiseless, noisy = "accuracy", best.test_accuracy_noiseless, best.test_accuracy_noisy
    ends = (best.test_interval_noiseless, best.test_interval_noisy)
    if noiseless is None or noisy is None:  # of numbers
        name, noiseless, noisy = best.metric, best.test_score_noiseless, best.test_score
        ends = (None, best.test_score_interval)
    found = [
        Score("noiseless", noiseless, _error(ends[0], best.n_test, name), name),
        Score("noisy", noisy, (*_error(ends[1], best.n_test, name), *_spread(result, name)), name),
        _at_shots(best.test_at_shots, best.n_test, name if name == "accuracy" else "r2"),
    ]
    if deployment is not None:
        score = deployment.deployed
        name = name if name == "accuracy" else "r2"
        error = _error(score.interval(name == "accuracy"), score.n_samples, name)
        shots = f"± {wording.score(score.shot_error or 0, name)} by shots"
        backend = f"{deployment.backend} ({deployment.kind})"
        found.append(Score("deployed", score.accuracy, (*error, shots, backend), name))
    return tuple(found)


def _at_shots(found: ShotScore, n_samples: int, name: str) -> Score:
    spread = f"± {wording.score(found.spread, name)} from one measurement of all samples to the next"
    details = (
        f"{found.shots:,} shots a measurement basis",
        spread,
        *_error(found.interval, n_samples, name),
    )
    return Score("at_shots", found.accuracy, details, name)


def _error(ends: Interval | None, n_samples: int, name: str) -> tuple[str, ...]:
    return () if ends is None else (f"95 % interval {interval(ends, name)} on {n_samples:,} test samples",)


def _spread(result: SearchResult, name: str) -> tuple[str, ...]:
    deviation = result.spread.get("test_accuracy_noisy")
    n = sum(score.seed_index > 0 for score in result.seeds)
    if deviation is None:
        return ()
    return (f"± {wording.score(deviation, name)} over {n} trainings from other seeds",)


def _curves(ranked: Sequence[TrialRecord], winner: TrialRecord | None) -> tuple[Curve, ...]:
    if winner is None or not winner.history:
        return ()
    others = [r for r in ranked[:_NEXT_BEST] if r.trial != winner.trial and r.history]
    chosen = [*reversed(others), winner]
    return tuple(
        Curve(
            f"trial {record.trial}",
            [step for step, _ in record.history],
            [value for _, value in record.history],
            main=record.trial == winner.trial,
        )
        for record in chosen
    )


def _circuit(run: RunFolder, features: Features, winner: TrialRecord | None) -> dict[str, Any]:
    """The winner's circuit, logical and mapped; nothing if it cannot be rebuilt."""
    from qcsearch.training.transpiled import transpile_candidate

    if winner is None or winner.candidate is None:
        return {}
    candidate = winner.candidate
    try:
        transpiled = transpile_candidate(
            candidate, run.device, features.n_components(candidate.preprocessing)
        )
    except QCSearchError:
        return {}
    touched = {q for label in candidate.observables for q in parse(label, candidate.n_qubits)}
    return {
        "circuit": transpiled.gate_list,
        "measured": tuple(sorted(touched)),
        "mapped": _mapped(transpiled.mapped, touched),
    }


def _mapped(mapped: MappedCircuit, touched: set[int]) -> MappedFacts:
    return MappedFacts(
        gates=tuple(_basis_gates(mapped.circuit)),
        two_qubit_gates=mapped.two_qubit_gates,
        depth=mapped.depth,
        duration=mapped.duration,
        estimated_success_probability=mapped.estimated_success_probability,
        wires=mapped.qubits,
        measured=tuple(sorted(mapped.final_layout[q] for q in touched)),
        built_two_qubit_gates=mapped.built_two_qubit_gates,
        built_depth=mapped.built_depth,
        swaps=mapped.swaps,
    )


def _basis_gates(circuit: QuantumCircuit) -> list[DrawnGate]:
    places = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    found = []
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name in ("barrier", "delay", "measure"):
            continue
        qubits = tuple(places[qubit] for qubit in instruction.qubits)
        angle = operation.params[0] if operation.params else None
        names = sorted(p.name for p in getattr(angle, "parameters", ()))
        kind = {"x": "feature", "w": "weight", "wx": "both", "": "fixed"}[
            "".join(sorted({name[0] for name in names}))
        ]
        shown = "" if angle is None else (_short(names) if names else f"{float(angle):.2f}")
        text = "" if angle is None else f"({angle})"
        found.append(DrawnGate(operation.name, qubits, kind, shown, f"{operation.name}{text}"))
    return found


def _short(names: Sequence[str]) -> str:
    """Parameters `x[3]`, `w[1]` as they are drawn: `θ₁·x₃`, at most two of them."""
    digits = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉", "[]")
    drawn = [("θ" if name[0] == "w" else "x") + name[1:].translate(digits) for name in names]
    return f"{drawn[0]}…" if len(drawn) > 2 else "·".join(drawn)


def _importance(run: RunFolder, features: Features, found: Sequence[TrialRecord]) -> dict[str, float]:
    """Shares of the parameters; empty if the space cannot be read any more."""
    from qcsearch.reporting.importance import importance

    try:
        return importance(run.space.bind(features.context(run.device)), found)
    except QCSearchError:
        return {}


def _command(config: RunConfig) -> str:
    if config.origin is not None:
        words = ["qcsearch", "tune", config.origin.run, "--device", "device.json", "--run", "../again"]
        limit = config.settings.max_seconds
        return join([*words, *([] if limit is None else ["--max-seconds", f"{limit:g}"])])
    words = ["qcsearch", "search", "data.npz", "--device", "device.json", "--space", "space.toml"]
    return join([*words, *config.settings.options(), "--run", "../again"])


def _seeds(config: RunConfig, winner: TrialRecord | None) -> dict[str, Json]:
    seeds: dict[str, Json] = {"search": config.settings.seed}
    if winner is not None:
        seeds["training of the winner's trial"] = ", ".join(map(str, winner.seed))
    return seeds


def _digests(config: RunConfig, winner: TrialRecord | None) -> dict[str, str]:
    digests = {
        "data": config.dataset_digest,
        "device snapshot": config.device_digest,
        "search space": config.space_fingerprint,
    }
    if winner is not None and winner.candidate is not None:
        digests["winner's candidate"] = winner.candidate.digest
    return digests


def _deployment(run: RunFolder) -> Deployment | None:
    if (found := run.deployment()) is None:
        return None
    from qcsearch.deployment.deployment import Deployment  # the client of a service comes with it

    return Deployment.from_json(found)


def _tomography(run: RunFolder) -> Tomography | None:
    if (found := run.of_winner("tomography.json")) is None:
        return None
    from qcsearch.deployment.diagnostics.tomography import Tomography

    return Tomography.from_json(found)


def _seconds(run: RunFolder, result: SearchResult | None) -> float:
    from qcsearch.search.budget import Clock

    return Clock(run.clock).seconds if result is None else result.seconds


def _begun(folder: Path) -> str:
    """When the data were put into the folder, UTC."""
    moment = datetime.fromtimestamp((folder / "data.npz").stat().st_mtime, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
