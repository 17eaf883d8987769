"""What the report says of a backend: the deployment there, and a state that was measured there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qcsearch.reporting.page.table import Table, percent
from qcsearch.reporting.page.table import score as shown
from qcsearch.training.judging.residuals import errors_text
from qcsearch.wording import metric, seconds

if TYPE_CHECKING:
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.deployment.diagnostics.tomography import Matrix, Tomography

__all__ = ["DeploymentView", "TomographyView", "deployment", "tomography"]

_LEAST_ELEMENT = 0.02
"""Elements of a density matrix that are smaller are mostly shot noise, and there are many."""


@dataclass(frozen=True)
class DeploymentView:
    """The three kinds of score on the same samples, and what the last steps on the backend brought.

    Attributes:
        tuning: what the training steps were and brought, in a sentence or two.
        scores: of the same weights, each kind in a column of its own.
        extent: samples, circuits, shots, jobs and time.
        verdicts: where the model went, what the measurements say of snapshot and readout, what was billed.
        notices: what a reader should know, a sentence each.
    """

    tuning: str
    scores: Table
    extent: str
    verdicts: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class TomographyView:
    """A measured state beside the predicted one.

    Attributes:
        sentence: the verdict.
        measures: fidelity, trace distance and purity.
        extent: backend, shots and settings.
        readout: the errors that were taken out.
        qubits: physical ones, separated by commas.
        elements: of both density matrices.
        notices: what a reader should know, a sentence each.
    """

    sentence: str
    measures: Table
    extent: str
    readout: Table
    qubits: str
    elements: Table
    notices: tuple[str, ...]


def deployment(found: Deployment | None, name: str = "accuracy") -> DeploymentView | None:
    """What `qcsearch deploy` left; None before it.

    Args:
        found: the deployment.
        name: of its scores, see `Target.score_name`.
    """
    if found is None:
        return None
    scores = (found.noiseless, found.noisy, found.deployed)
    rows = [
        (metric(name), *(shown(score.accuracy, name) for score in scores)),
        ("± finite number of samples", *(shown(score.sampling_error, name) for score in scores)),
        ("± shots", *(shown(score.shot_error, name) for score in scores)),
    ]
    if found.absolute_errors:
        rows.append(("mean absolute error", "", "", errors_text(found.absolute_errors)))
    columns = ("", "noiseless, exact", "noisy, exact", f"measured on {found.backend}")
    return DeploymentView(
        tuning=_tuning(found, name),
        scores=Table(columns, rows, (1, 2, 3), ("winner",)),
        extent=f"Same weights, same {found.deployed.n_samples} samples of the test split in all three columns. "
        f"Kind of backend: {found.kind}. It ran {found.usage.circuits:,} circuits with "
        f"{found.usage.shots:,} shots in {found.usage.jobs} jobs, {seconds(found.seconds, 0)}.",
        verdicts=_verdicts(found),
        notices=found.notices,
    )


def tomography(found: Tomography | None) -> TomographyView | None:
    """What `qcsearch tomography` left; None before it."""
    if found is None:
        return None
    measures = [
        ("fidelity of the two", f"{percent(found.fidelity)} ± {percent(found.fidelity_error)}", ""),
        ("… of the predicted with itself, by shots alone", percent(found.shot_fidelity), ""),
        ("trace distance of the two", f"{found.trace_distance:.3f}", ""),
        ("… of the predicted from itself, by shots alone", f"{found.shot_distance:.3f}", ""),
        ("purity, measured and predicted", f"{found.purity:.3f}", f"{found.predicted_purity:.3f}"),
    ]
    readout = [
        (q, percent(p10), percent(p01)) for q, (p10, p01) in zip(found.qubits, found.readout, strict=True)
    ]
    return TomographyView(
        sentence=found.sentence,
        measures=Table(("", "", ""), measures, (1, 2)),
        extent=f"Tomography on {found.backend} ({found.kind}), {found.shots:,} shots in each of "
        f"{3 ** len(found.qubits)} settings, one job. Readout errors of that job are taken out.",
        readout=Table(("qubit", "P(1|0), of the job", "P(0|1), of the job"), readout, (0, 1, 2)),
        qubits=", ".join(map(str, found.qubits)),
        elements=Table(("", "measured", "predicted"), _elements(found), (1, 2)),
        notices=found.notices,
    )


def _verdicts(found: Deployment) -> tuple[str, ...]:
    """Where the model went, what the measurements say of the snapshot and the readout, and what was billed."""
    sentences = [
        verdict.sentence
        for verdict in (found.remap, found.noise_model_check, found.canaries)
        if verdict is not None
    ]
    if found.qpu_seconds:
        sentences.append(f"{found.qpu_seconds:,.1f} QPU seconds were billed.")
    return tuple(sentences)


def _tuning(found: Deployment, name: str) -> str:
    tuning = found.tuning
    if tuning.after is None:
        return f"No training steps were taken on {found.backend}."
    least = min(tuning.shots, default=found.shots)
    shots = f"{found.shots:,}" if least == found.shots else f"{least:,} to {found.shots:,}"
    kept = "the new weights are kept" if tuning.kept == "after" else "the weights from before are kept"
    return (
        f"{len(tuning.losses)} steps ({tuning.method}) of {shots} shots on {found.backend}. "
        f"Validation samples measured there: {shown(tuning.before.accuracy, name)} right before, "
        f"{shown(tuning.after.accuracy, name)} after "
        f"({tuning.gain_words(name)}); {kept}."
    )


def _elements(found: Tomography) -> list[tuple[str, str, str]]:
    """The diagonal, and what is large above it."""
    n = len(found.measured)
    names = [f"{i:0{len(found.qubits)}b}" for i in range(n)]
    return [
        (f"⟨{names[i]}|ρ|{names[j]}⟩", _number(found.measured, i, j), _number(found.predicted, i, j))
        for i in range(n)
        for j in range(i, n)
        if i == j
        or max(abs(complex(*matrix[i][j])) for matrix in (found.measured, found.predicted)) > _LEAST_ELEMENT
    ]


def _number(matrix: Matrix, i: int, j: int) -> str:
    real, imaginary = matrix[i][j]
    return f"{real:.3f}" if i == j else f"{real:+.3f} {imaginary:+.3f} i"
