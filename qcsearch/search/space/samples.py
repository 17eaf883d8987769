"""What of a space is for classical samples, and what for quantum states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qcsearch.candidate.choice import Choice
from qcsearch.data.quantum.samples import QuantumSamples
from qcsearch.errors import SpaceError
from qcsearch.search.space.file import IntRange
from qcsearch.search.space.parameters import Label, Parameters

__all__ = ["suited"]

_PREPARED, _NONE = "prepared", "none"


def suited(name: str, parameters: Parameters, quantum: QuantumSamples | None) -> Parameters:
    """The parameters that samples of this kind leave.

    Of quantum states the encoding `prepared` alone, on as many qubits as they have, and no preprocessing. Of classical
    samples neither that encoding nor the scaling `none`.

    Raises:
        SpaceError: if no encoding or scaling is left.
    """
    choices = parameters.choices
    prepared = {label for label, choice in choices["encoding"].items() if choice.name == _PREPARED}
    if quantum is None:
        encodings = {label: one for label, one in choices["encoding"].items() if label not in prepared}
        scalings = {label: one for label, one in choices["scaling"].items() if label != _NONE}
        if not encodings or not scalings:
            raise SpaceError(
                f"The search space '{name}' is for samples that are quantum states; these are classical.",
                "take another space, such as --space default.",
            )
        return replace(parameters, choices={**choices, "encoding": encodings, "scaling": scalings})
    if not prepared:
        raise SpaceError(
            f"The search space '{name}' has no encoding 'prepared', which samples that are quantum states need.",
            "take --space quantum_data, or add it to the encodings.",
        )
    first = next(iter(choices["angle_range"].items()))
    mine: dict[str, Mapping[Label, Any]] = {
        "reduction": {_NONE: Choice(_NONE)},
        "scaling": {_NONE: _NONE},
        "angle_range": dict([first]),
        "encoding": {_PREPARED: quantum.encoding},
    }
    sizes = IntRange(min=quantum.n_qubits, max=quantum.n_qubits)
    return replace(parameters, choices={**choices, **mine}, ints={**parameters.ints, "n_qubits": sizes})
