"""The candidate: the only thing that a search produces, its parts and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qcsearch._lazy import attach

if TYPE_CHECKING:
    from qcsearch.candidate.candidate import Candidate
    from qcsearch.candidate.choice import Choice
    from qcsearch.candidate.gate import Angle, Gate, GateList, Topology
    from qcsearch.candidate.preprocessing import Preprocessing
    from qcsearch.candidate.training import TrainingOptions
else:
    __getattr__, __dir__ = attach(
        __name__,
        {
            "qcsearch.candidate.candidate": ("Candidate",),
            "qcsearch.candidate.choice": ("Choice",),
            "qcsearch.candidate.gate": ("Angle", "Gate", "GateList", "Topology"),
            "qcsearch.candidate.preprocessing": ("Preprocessing",),
            "qcsearch.candidate.training": ("TrainingOptions",),
        },
    )

__all__ = ["Angle", "Candidate", "Choice", "Gate", "GateList", "Preprocessing", "Topology", "TrainingOptions"]
