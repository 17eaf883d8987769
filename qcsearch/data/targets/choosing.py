"""Which kind of target labels are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcsearch.data.labels import check_classes
from qcsearch.data.targets.base import TASKS, Target
from qcsearch.data.targets.classes import Classes
from qcsearch.data.targets.columns import named
from qcsearch.data.targets.labels import Labels
from qcsearch.data.targets.numbers import Numbers
from qcsearch.errors import DataError, InputError
from qcsearch.storage.canonical import Json

__all__ = ["check_task", "learn_target", "target_from_json"]


def check_task(task: str | None) -> str | None:
    """The task if it is one of `TASKS`, or None.

    Raises:
        InputError: if it is another word.
    """
    if task is not None and task not in TASKS:
        raise InputError(f"The task must be one of {', '.join(map(repr, TASKS))}. Got {task!r}.")
    return task


def learn_target(
    labels: Any, what: str, task: str | None = None, columns: Sequence[str] | None = None
) -> tuple[Target, NDArray[Any]]:
    """The target of a data set's labels, and the labels as it has them.

    Without a task one column of labels is classes, and several are labels if they hold nothing but 0 and 1 and
    numbers if not.

    Args:
        labels: `(n_samples,)` or `(n_samples, n_outputs)`.
        what: what they are called in messages.
        task: one of `TASKS`; None to see.
        columns: names of their columns.

    Raises:
        DataError: if they are no labels of the task, or one-hot columns and the task is not given.
    """
    target: Target
    task = task or _seen(labels, what)
    if task == Classes.task:
        target = Classes.of(labels, what)
    else:
        target = (Numbers if task == Numbers.task else Labels).of(labels, what, columns)
    return target, target.encode(labels, what)


def target_from_json(data: Json) -> Target:
    """Rebuild a target from `Target.to_json`'s answer.

    Raises:
        DataError: if it is none.
    """
    if not isinstance(data, dict) or data.get("task") not in TASKS:
        raise DataError(
            f"A target must be an object with a task of {', '.join(TASKS)}. Got {str(data)[:80]}."
        )
    if data["task"] == Classes.task:
        classes = _list(data, {"task", "classes"}, "classes")
        if len(classes) < 2:
            raise DataError("A target must have 2 classes or more.")
        return Classes(check_classes(classes, "the model"), _cuts(data, 1 if len(classes) == 2 else 0))
    if data["task"] == Labels.task:
        columns = _list(data, {"task", "columns"}, "columns")
        return Labels(named(columns, len(columns), "y"), _cuts(data, len(columns)))
    columns = _list(data, {"task", "columns", "mean", "scale"}, "columns")
    mean, scale = (_numbers(data[name], len(columns), name) for name in ("mean", "scale"))
    if min(scale) <= 0:
        raise DataError("The scale of a target must be above 0.")
    return Numbers(named(columns, len(columns), "y"), mean, scale)


def _seen(labels: Any, what: str) -> str:
    try:
        shape = np.shape(labels)
    except ValueError:  # ragged; whoever reads it says so
        return Classes.task
    if len(shape) != 2 or shape[1] < 2:
        return Classes.task
    rows = np.asarray(labels).tolist()
    if not all(cell in (0, 1) for row in rows for cell in row):
        return Numbers.task
    if all(sum(row) == 1 for row in rows):
        raise DataError(
            f"{what} must hold one label for each sample. It holds {shape[1]} columns, one of them 1 in each row.",
            'turn one-hot columns into one column of labels, or give --task multilabel (task="multilabel" in Python).',
        )
    return Labels.task


def _list(data: dict[str, Any], parts: set[str], name: str) -> list[Any]:
    found = data.get(name)
    if (
        set(data) - {"cuts"} != parts
        or ("cuts" in data and data["task"] == Numbers.task)
        or not isinstance(found, list)
        or not found
    ):
        raise DataError(f"A target of the task {data['task']} must have {', '.join(sorted(parts))}.")
    return found


def _cuts(data: dict[str, Any], n: int) -> tuple[float, ...]:
    return _numbers(data["cuts"], n, "cuts") if "cuts" in data else ()


def _numbers(data: Any, n: int, name: str) -> tuple[float, ...]:
    if not isinstance(data, list) or len(data) != n or any(type(value) not in (int, float) for value in data):
        raise DataError(f"The {name} of a target must be {n} number(s).")
    values = tuple(map(float, data))
    if not np.isfinite(values).all():
        raise DataError(f"The {name} of a target must be finite.")
    return values
