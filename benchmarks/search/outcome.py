"""What a finished run folder says: scores, the model, the trials it took."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import search.variants  # noqa: F401  runs of strategies that only benchmarks use can be read
from qcsearch.search.finish.leaderboard import records
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.trial.record import TrialRecord

__all__ = ["outcome"]


def outcome(folder: Path) -> dict[str, Any]:
    """Scores on the test part unless they are named otherwise."""
    run = RunFolder.open(folder)
    result = run.result()
    assert result is not None
    found = records(run)
    record = next(record for record in found if record.trial == result.best.trial)
    winner = record.candidate
    assert winner is not None
    return {
        "scores": {
            "noisy": result.best.test_accuracy_noisy,
            "noiseless": result.best.test_accuracy_noiseless,
            "at_shots": asdict(result.best.test_at_shots),
            "validation": result.best.validation_score,
            "refits": [score.test_accuracy_noisy for score in result.seeds if score.seed_index > 0],
            "classical": {row.name: row.test_accuracy for row in result.baselines if not row.quantum},
            "baselines": [asdict(row) for row in result.baselines],
        },
        "model": {
            "n_qubits": result.best.n_qubits,
            "n_weights": result.best.parameters.weights,
            "parameters": result.best.parameters.by_name,
            "two_qubit_gates": result.best.two_qubit_gates,
            "encoding": winner.encoding.name,
            "ansatz": winner.ansatz.name,
            "qubits": list(winner.qubits),
            "candidate": winner.digest[:12],
            "predictors": dict(record.predictors),
        },
        "cost": {
            "trials": result.n_trials,
            "outcomes": dict(Counter(record.outcome.kind for record in found)),
            "times": _times(found),
            "seconds": round(result.seconds, 2),
            "ended": result.ended,
        },
    }


def _times(found: list[TrialRecord]) -> dict[str, float]:
    """Seconds of all trials by stage of the work."""
    total: Counter[str] = Counter()
    for record in found:
        total.update(record.times)
    return {stage: round(seconds, 3) for stage, seconds in total.items()}
