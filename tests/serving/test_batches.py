"""Micro-batches: together where there is much, each answer to whom asked, a bad request alone, what is late dropped."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from qcsearch.errors import DataError
from qcsearch.serving.engines.exact import ExactEngine
from qcsearch.serving.models.steps import Steps
from qcsearch.serving.refusals import BusyError, ExpiredError

BAD = -1.0


@dataclass(eq=False)
class Doubling:
    """A model that says twice what it is given, waits to be let, and fails whole if one row is bad."""

    name: str = "doubling"
    source: str = "a test"
    let: threading.Event = field(default_factory=threading.Event)
    batches: list = field(default_factory=list)

    @property
    def computed(self):
        return sorted(value for batch in self.batches for value in batch)

    def steps(self, rows):
        assert self.let.wait(10)
        assert threading.current_thread() is not threading.main_thread()
        self.batches.append(rows[:, 0].tolist())
        if (rows == BAD).any():
            raise DataError("There is a bad row.")
        return Steps(rows, rows, rows, 2 * rows)

    def labels(self, outputs):
        return outputs[:, 0]

    def figures(self, outputs):
        return outputs


@pytest.fixture
def model():
    found = Doubling()
    found.let.set()
    return found


def rows(*values):
    return np.array(values, float)[:, None]


def later(seconds=10.0):
    return time.monotonic() + seconds


def run(engine, ask):
    async def main():
        try:
            return await ask()
        finally:
            await engine.close()

    return asyncio.run(main())


def test_a_thousand_requests_of_different_lengths_get_their_own_answers(model):
    seen = []
    engine = ExactEngine(10_000, 64, lambda works, n: seen.append((works, n)))
    sizes = np.random.default_rng(0).integers(1, 9, 1000)
    asked = np.split(rows(*range(sizes.sum())), np.cumsum(sizes)[:-1])

    async def ask():
        return await asyncio.gather(*(engine.answer(model, part, later()) for part in asked))

    found = run(engine, ask)
    assert all(np.array_equal(answer.figures, 2 * part) for answer, part in zip(found, asked, strict=True))
    assert max(n for _, n in seen) <= 64
    assert sum(works for works, _ in seen) == 1000
    assert len(seen) < 200


def test_a_bad_request_fails_alone(model):
    engine = ExactEngine(100, 100)

    async def ask():
        parts = (rows(1, 2), rows(3, BAD), rows(4))
        return await asyncio.gather(
            *(engine.answer(model, p, later()) for p in parts), return_exceptions=True
        )

    first, bad, last = run(engine, ask)
    assert model.batches[0] == [1, 2, 3, BAD, 4]  # they were together
    assert isinstance(bad, DataError)
    assert first.figures.tolist() == [[2], [4]]
    assert last.figures.tolist() == [[8]]


def test_models_are_not_mixed(model):
    other = Doubling("other", let=model.let)
    engine = ExactEngine(100, 100)

    async def ask():
        await asyncio.gather(*(engine.answer(m, rows(i), later()) for i, m in enumerate((model, other) * 5)))

    run(engine, ask)
    assert model.computed == [0, 2, 4, 6, 8]
    assert other.computed == [1, 3, 5, 7, 9]


def test_what_is_late_is_told_so_and_what_nobody_waits_for_is_dropped_before_it_is_computed(model):
    engine = ExactEngine(100, 100)
    model.let.clear()

    async def ask():
        first = asyncio.create_task(engine.answer(model, rows(1), later()))
        await asyncio.sleep(0.05)  # it is being computed
        late = asyncio.create_task(engine.answer(model, rows(2), later(0.01)))
        gone = asyncio.create_task(engine.answer(model, rows(3), later()))
        last = asyncio.create_task(engine.answer(model, rows(4), later()))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.sleep(0)
        model.let.set()
        return await asyncio.gather(first, late, gone, last, return_exceptions=True)

    first, late, gone, last = run(engine, ask)
    assert isinstance(late, ExpiredError)
    assert isinstance(gone, asyncio.CancelledError)
    assert (first.figures.tolist(), last.figures.tolist()) == ([[2]], [[8]])
    assert model.computed == [1, 4]
    assert engine.waiting_rows == 0


def test_more_than_may_wait_is_refused_at_once_and_taken_again_later(model):
    engine = ExactEngine(4, 100)
    model.let.clear()

    async def ask():
        first = asyncio.create_task(engine.answer(model, rows(1), later()))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(engine.answer(model, rows(1, 2, 3, 4), later()))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await engine.answer(model, rows(5), later())
        model.let.set()
        await asyncio.gather(first, waiting)
        return await engine.answer(model, rows(5), later())

    assert run(engine, ask).figures.tolist() == [[10]]


def test_an_engine_that_ends_finishes_what_was_asked_and_takes_no_more(model):
    engine = ExactEngine(100, 100)

    async def ask():
        asked = asyncio.create_task(engine.answer(model, rows(1), later()))
        await asyncio.sleep(0)
        await engine.close()
        assert asked.done()
        with pytest.raises(BusyError):
            await engine.answer(model, rows(2), later())

    asyncio.run(ask())
