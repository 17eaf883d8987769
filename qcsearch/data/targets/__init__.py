"""What a data set asks a model to say of a sample: one of several classes, numbers, or several labels at once."""

from __future__ import annotations

from qcsearch.data.targets.base import TASKS, Target
from qcsearch.data.targets.choosing import check_task, learn_target, target_from_json
from qcsearch.data.targets.classes import Classes
from qcsearch.data.targets.labels import Labels
from qcsearch.data.targets.numbers import Numbers

__all__ = [
    "TASKS",
    "Classes",
    "Labels",
    "Numbers",
    "Target",
    "check_task",
    "learn_target",
    "target_from_json",
]
