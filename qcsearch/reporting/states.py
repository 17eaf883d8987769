"""The section of the report that speaks of a measured state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.html import Markup, table, tag
from qcsearch.reporting.sections import percent

if TYPE_CHECKING:
    from qcsearch.deployment.tomography import Matrix, Tomography

__all__ = ["tomography"]


def tomography(facts: RunFacts) -> Markup | None:
    """The verdict, and the density matrices element by element."""
    found = facts.tomography
    if found is None:
        return None
    names = ", ".join(map(str, found.qubits))
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
    return tag(
        "section",
        tag("h2", "State", id="tomography"),
        tag("p", found.sentence),
        table(("", "", ""), measures, right=(1, 2)),
        tag(
            "p",
            f"Tomography on {found.backend} ({found.kind}), {found.shots:,} shots in each of "
            f"{3 ** len(found.qubits)} settings, one job. Readout errors of that job are taken out.",
            class_="note",
        ),
        table(("qubit", "P(1|0), of the job", "P(0|1), of the job"), readout, right=(0, 1, 2)),
        tag("h3", f"Density matrix of qubits {names}, elements above 0.02"),
        table(("", "measured", "predicted"), _elements(found), right=(1, 2)),
        [tag("p", notice, class_="note") for notice in found.notices],
    )


def _elements(found: Tomography) -> list[tuple[str, str, str]]:
    """The diagonal, and what is large above it."""
    n = len(found.measured)
    names = [f"{i:0{len(found.qubits)}b}" for i in range(n)]
    return [
        (f"⟨{names[i]}|ρ|{names[j]}⟩", _number(found.measured, i, j), _number(found.predicted, i, j))
        for i in range(n)
        for j in range(i, n)
        if i == j or max(abs(complex(*matrix[i][j])) for matrix in (found.measured, found.predicted)) > 0.02
    ]


def _number(matrix: Matrix, i: int, j: int) -> str:
    real, imaginary = matrix[i][j]
    return f"{real:.3f}" if i == j else f"{real:+.3f} {imaginary:+.3f} i"
