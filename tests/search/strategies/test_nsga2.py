from __future__ import annotations

import pytest

from qcsearch.errors import SpaceError
from qcsearch.search.strategies.nsga2 import NSGA2


def test_its_objectives_are_accuracy_and_costs() -> None:
    assert NSGA2().objectives == ("validation_accuracy", "two_qubit_gates", "qpu_seconds")
    assert NSGA2(objectives=["validation_accuracy", "depth"]).objectives == ("validation_accuracy", "depth")


@pytest.mark.parametrize(
    "objectives",
    [
        (),
        ("two_qubit_gates", "validation_accuracy"),
        ("validation_accuracy", "predicted_success"),
        ("validation_accuracy", "depth", "depth"),
    ],
)
def test_other_objectives_are_refused(objectives: tuple[str, ...]) -> None:
    with pytest.raises(SpaceError, match="'objectives' of nsga2 must be"):
        NSGA2(objectives=objectives)
