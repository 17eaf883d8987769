"""A model tuned and tested within its seconds, in a process that is ended with them."""

from __future__ import annotations

import multiprocessing
import os
import time
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, StratifiedKFold, cross_val_score
from threadpoolctl import threadpool_limits

from external.models import MODELS
from external.models.base import FOLDS, NeedsMore
from external.sets import Parts, draw

__all__ = ["answers", "bits", "tuned"]

Entry = dict[str, Any]


def tuned(settings: Entry, core: int | None = None) -> Entry:
    """Tune a model for as long as it may, and test what it found.

    Args:
        settings: `model`, `task`, `seed` and `max_seconds`, which count from the start of the process, as in a search.
        core: the only one to use.

    Returns:
        The last of `answers`, with `seconds` of the whole process; or `missing`: why there is none.

    Raises:
        RuntimeError: if the process broke down without an answer.
    """
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    receive, send = context.Pipe(duplex=False)
    started = time.monotonic()
    process = context.Process(target=_work, args=(send, settings, core))
    process.start()
    send.close()
    deadline, found = started + settings["max_seconds"], Entry()
    while receive.poll(max(0.0, deadline - time.monotonic())):
        try:
            said = receive.recv()
        except EOFError:
            process.join()
            if not found:
                raise RuntimeError(f"The process ended with exit code {process.exitcode}.") from None
            break
        found = {**found, **said}
    process.kill()
    process.join()
    found = found or {"missing": f"One training was not through after {settings['max_seconds']:g} s."}
    return {**found, "seconds": round(time.monotonic() - started, 2)}


def _work(send: Connection, settings: Entry, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    os.environ["OMP_NUM_THREADS"] = "1"
    parts = draw(settings["task"], settings["seed"])
    warnings.simplefilter("ignore")  # a grid has corners where nothing converges: they lose by their score
    with threadpool_limits(1):
        try:
            for answer in answers(settings["model"], parts, settings["seed"], settings["max_seconds"]):
                send.send(answer)
        except NeedsMore as why:
            send.send({"missing": str(why)})
    send.close()


def answers(name: str, parts: Parts, seed: int, seconds: float) -> Iterator[Entry]:
    """What a model says of the test part, again after each point of its grid; the grid is walked in a random order.

    The first answer is that of its defaults, fitted to all rows: so that there is one, and marked by a `validation` of
    None. Every other is of the point with the best accuracy in five stratified folds of the training rows, fitted to
    all of them. No answer depends on a label of the test part.

    Args:
        name: of `MODELS`.
        parts: the data.
        seed: of the folds, of start weights, and of the order.
        seconds: which a training that the clock ends may take a share of.

    Yields:
        `right`: a bit for each test row; `validation`: mean accuracy of the folds; `chosen`; `tried` and `of`: points.
    """
    model = MODELS[name]
    points = list(ParameterGrid(model.grids))
    order = np.random.default_rng(seed).permutation(len(points))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    estimator, best = model.make(seed, seconds), -np.inf

    def answer(point: Entry) -> Entry:
        fitted = clone(estimator).set_params(**point).fit(parts.X_train, parts.y_train)
        said = {key.split("__")[-1]: _plain(value) for key, value in point.items()}
        return {"right": bits(fitted.predict(parts.X_test) == parts.y_test), "chosen": said}

    yield {**answer({}), "validation": None, "tried": 0, "of": len(points)}
    for tried, index in enumerate(order, 1):
        candidate = clone(estimator).set_params(**points[index])
        score = float(np.mean(cross_val_score(candidate, parts.X_train, parts.y_train, cv=folds)))
        better = {}
        if score > best:
            best, better = score, {**answer(points[index]), "validation": score}
        yield {**better, "tried": tried}


def bits(right: Any) -> str:
    """`1101…`, a bit for each row."""
    return "".join("01"[int(one)] for one in np.asarray(right))


def _plain(value: Any) -> Any:
    """A value of a grid as JSON has it: a scaler is there or not."""
    return value if isinstance(value, str | int | float | list) else type(value).__name__
