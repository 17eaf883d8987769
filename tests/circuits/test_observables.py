"""Pauli labels on logical qubits."""

import pytest
from qiskit.quantum_info import SparsePauliOp

from qcsearch.circuits.observables import parse, to_pauli
from qcsearch.errors import CandidateError


@pytest.mark.parametrize(
    ("label", "pauli"),
    [("Z0", "IIIZ"), ("X1Z3", "ZIXI"), ("Z3X1", "ZIXI"), ("Y2", "IYII"), ("X0Y1Z2X3", "XZYX")],
)
def test_qubit_0_stands_rightmost_as_in_qiskit(label: str, pauli: str) -> None:
    assert to_pauli(label, 4) == SparsePauliOp(pauli)


def test_a_qubit_number_may_have_several_digits() -> None:
    assert parse("Z12X3", 20) == {12: "Z", 3: "X"}


@pytest.mark.parametrize(
    "label",
    ["", "Z", "0Z", "z0", "Z0 ", "Z-1", "Z00", "Z٣", "I0", "Z0I1", "Z4", "Z0X0", "Z0,Z1", None, 3, b"Z0"],
)
def test_a_bad_label_is_refused_in_one_sentence(label: object) -> None:
    with pytest.raises(CandidateError) as caught:
        parse(label, 4)
    assert "\n" not in str(caught.value)
