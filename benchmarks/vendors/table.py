"""The table of scores."""

from __future__ import annotations

from typing import Any

from record.statistics import wilson

__all__ = ["render"]

_COLUMNS = (
    "simulator",
    "installed",
    "model",
    "noiseless",
    "predicted under its noise",
    "deployed there",
    "values as predicted",
)


def render(stored: dict[str, Any]) -> str:
    """One row a vendor."""
    lines = [f"| {' | '.join(_COLUMNS)} |", f"|{' --- |' * len(_COLUMNS)}"]
    for entry in stored.values():
        found = entry["deployment"]
        scores = (found["noiseless"], found["noisy"], found["deployed"])
        accuracies = [_accuracy(score) for score in scores]
        accuracies[2] += f" ± {100 * found['deployed']['shot_error']:.1f} % (shots)"
        worst = min(one["p_value"] for one in found["noise_model_check"]["observables"])
        verdict = f"{'yes' if found['noise_model_check']['holds'] else 'no'}, smallest p {worst:.2g}"
        versions = ", ".join(f"{name} {number}" for name, number in entry["versions"].items())
        model = f"{entry['winner']['n_qubits']} qubits, {entry['winner']['two_qubit_gates']} two-qubit gates"
        lines.append(f"| {entry['title']} | {versions} | {model} | {' | '.join(accuracies)} | {verdict} |")
    first = next(iter(stored.values()))
    n = first["deployment"]["noisy"]["n_samples"]
    lines += ["", f"{n} test samples of {first['data']}; in brackets Wilson's 95 % interval."]
    return "\n".join(lines)


def _accuracy(score: dict[str, Any]) -> str:
    error = wilson(score["accuracy"], score["n_samples"])
    return f"{100 * score['accuracy']:.1f} % [{100 * error.low:.1f}–{100 * error.high:.1f}]"
