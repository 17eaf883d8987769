from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.storage import canonical
from qcsearch.training.parameters import ParameterCounts, Parameters

CANDIDATE = Candidate(Choice("angle"), Choice("hardware_efficient", {"n_layers": 2}), (3, 4), ("Z0", "X1Z0"))
COSTS = Costs(ParameterCounts(4, 4, 6), 2, 4, 20, 1e-6, 0.01, 0.9, 1.1, 4, 12, 0)

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(weights=st.lists(finite, max_size=8), accuracy=finite, rate=finite)
def test_a_record_comes_back_from_json_to_the_last_bit(
    weights: list[float], accuracy: float, rate: float
) -> None:
    record = TrialRecord(
        trial=3,
        candidate=CANDIDATE,
        params={"learning_rate": rate, "encoding": "angle"},
        outcome=Outcome("pruned", "Stopped.", step=10, threshold=accuracy),
        validation_score=accuracy,
        costs=COSTS,
        constraints={"depth": -0.5},
        history=((0, 0.5), (10, accuracy)),
        parameters=Parameters.of(weights, weights[::-1]),
        seed=(0, 1, 2, 3),
        times={"proposal": rate, "train": 0.5},
        versions={"numpy": "2"},
    )
    text = canonical.dumps(record.to_json())
    again = TrialRecord.from_json(canonical.loads(text))
    assert again == record
    assert again.proposal_seconds == rate
    assert canonical.dumps(again.to_json()) == text


def test_what_mapping_made_of_the_circuit_is_one_sentence() -> None:
    routed = replace(COSTS, built_two_qubit_gates=3, built_depth=9, swaps=0)
    assert routed.mapping == (
        "3 two-qubit gates, depth 9 as built; 4, depth 20, 1.00 µs as mapped, with no swap inserted."
    )
    assert replace(routed, swaps=1).mapping.endswith("with 1 swap inserted.")
    assert replace(routed, swaps=2).mapping.endswith("with 2 swaps inserted.")


def test_a_record_without_candidate_comes_back() -> None:
    record = TrialRecord(0, None, {}, Outcome("failed", "It died.", error="worker died"))
    assert TrialRecord.from_json(canonical.loads(canonical.dumps(record.to_json()))) == record
