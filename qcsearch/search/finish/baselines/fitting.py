"""Classical baselines at work in a process of their own: a fit cannot be interrupted, but the process can be ended.

`main` reads the arrays of an archive from standard input, fits the rows of the level and the task that its arguments
name, the quickest first, and writes one JSON list a row: `[NAME, ANSWERS TO THE TEST SAMPLES, PROBABILITIES, WHY THERE
ARE NONE]`.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO

import numpy as np

from qcsearch.processes import environment, python_command
from qcsearch.search.finish.baselines.base import RandomFeatures, Samples, Unmeasured
from qcsearch.search.finish.baselines.models import classical_rows
from qcsearch.training.predictions import Predictions

__all__ = ["Fitting"]

_NO_TIME = "The seconds were used up."


class Fitting:
    """The process; leave it, and it is ended.

    Begin it early: its imports take a second or two, which a short search has not at its end.

    Args:
        level: which rows: `none`, which begins no process, `fast` or `full`.
        task: what they are for, one of `targets.TASKS`.
    """

    def __init__(self, level: str, task: str = "classification") -> None:
        self.level, self.task = level, task
        self._names = [row.name for row in classical_rows(level, task)]
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: IO[bytes] | None = None

    def __enter__(self) -> Fitting:
        if self._names:
            # No pipe: it holds 64 KiB, and the process would wait on a full one for somebody who waits for its end.
            self._answers = tempfile.TemporaryFile()
            self._process = subprocess.Popen(
                python_command(__name__, self.level, self.task),
                stdin=subprocess.PIPE,
                stdout=self._answers,
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.close()
        if self._answers is not None:
            self._answers.close()

    def begin(self, samples: Samples) -> None:
        """Have the models fitted, while other things are done."""
        if self._process is None or self._process.stdin is None:
            return
        parts = vars(samples) | {"random": None}
        if samples.random is not None:
            parts |= {f"random.{name}": value for name, value in vars(samples.random).items()}
        file = io.BytesIO()
        np.savez(file, **{name: value for name, value in parts.items() if value is not None})
        with contextlib.suppress(BrokenPipeError):  # `found` says what is missing
            self._process.stdin.write(file.getbuffer())
            self._process.stdin.close()

    def found(self, deadline: float | None) -> Mapping[str, Predictions | Unmeasured]:
        """Of each row what it says of the test samples, or why there is nothing.

        Args:
            deadline: in seconds of `time.monotonic`; None waits for all.
        """
        if self._process is None or self._answers is None:
            return {}
        late = False
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            self._process.wait(left)
        except subprocess.TimeoutExpired:
            late = True
            self._process.kill()
            self._process.wait()
        reason = _NO_TIME if late else f"Its process ended with exit code {self._process.returncode}."
        found: dict[str, Predictions | Unmeasured] = dict.fromkeys(self._names, Unmeasured(reason))
        self._answers.seek(0)
        for line in self._answers.read().splitlines():
            if line.endswith(b"]"):  # the last one may be half a line
                name, classes, sure, why = json.loads(line)
                found[name] = Unmeasured(why) if classes is None else _predictions(classes, sure)
        return found


def _predictions(classes: list[int], sure: list[list[float]] | None) -> Predictions:
    return Predictions(np.array(classes), None if sure is None else np.array(sure))


def main() -> None:
    """Fit the models; see the module's text."""
    rows = classical_rows(sys.argv[1], sys.argv[2])
    import sklearn.linear_model
    import sklearn.model_selection
    import sklearn.svm  # noqa: F401  before the samples are there

    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as arrays:
        parts = {name: arrays[name] if arrays[name].ndim else arrays[name].item() for name in arrays}
    random = {
        name: parts.pop(f"random.{name}", None) for name in ("values", "values_test", "n_hidden", "head")
    }
    samples = Samples(**parts, random=None if random["values"] is None else RandomFeatures(**random))
    for row in rows:
        try:
            said = row.predict(samples)
            sure = None if said.probabilities is None else said.probabilities.tolist()
            answer = [row.name, said.answers.tolist(), sure, ""]
        except Unmeasured as why:
            answer = [row.name, None, None, str(why)]
        except Exception as error:  # one model's trouble is not another's
            answer = [row.name, None, None, f"Its fit went wrong: {type(error).__name__}: {error}"]
        print(json.dumps(answer), flush=True)
