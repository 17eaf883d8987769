from __future__ import annotations

import pytest

from qcsearch.stopwatch import Stopwatch


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_inside_another_is_counted_once() -> None:
    hand = Hand()
    watch = Stopwatch(hand)
    with watch.stage("train"):
        hand.now += 1
        with watch.stage("compile"):
            hand.now += 2
            with watch.stage("noise"):
                hand.now += 4
        with watch.stage("store"):
            hand.now += 8
        hand.now += 16
    assert watch.seconds == {"train": 17, "compile": 2, "noise": 4, "store": 8}


def test_a_stage_that_comes_again_adds_up() -> None:
    hand = Hand()
    watch = Stopwatch(hand)
    for _ in range(3):
        with watch.stage("store"):
            hand.now += 2
    assert watch.seconds == {"store": 6}


def test_a_stage_that_ends_in_an_error_counts_and_the_next_are_right() -> None:
    hand = Hand()
    watch = Stopwatch(hand)

    def fail() -> None:
        with watch.stage("map"):
            hand.now += 1
            raise ValueError("broken")

    with watch.stage("other"):
        with pytest.raises(ValueError, match="broken"):
            fail()
        hand.now += 5
    assert watch.seconds == {"map": 1, "other": 5}
