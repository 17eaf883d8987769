"""Classical models on the winner's own features: what the quantum part has to be compared with.

A fit cannot be interrupted, and that of an RBF-SVM grows with the square of the samples. So the models are fitted to a
bounded sample; and where that is not small, by a process that is ended when its time is over:
`main` reads the arrays of an archive from standard input, and writes a JSON list `[NAME, ACCURACY]` a model.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qcsearch.data.sample import stratified_rows
from qcsearch.processes import environment, python_command
from qcsearch.training.expectations import Floats, Ints

__all__ = ["MAJORITY", "NAMES", "Baselines", "ClassicalData", "classical_accuracy", "majority_accuracy"]

MAJORITY = "majority class"
NAMES = ("logistic regression", "RBF-SVM")

MAX_ROWS = 5_000
"""Of the training part, that a classical model is fitted to."""

_MAX_NUMBERS = 2_000_000
_SMALL_ROWS, _SMALL_NUMBERS, _FEW_CLASSES = 2_000, 100_000, 20
"""A fit to so few takes some tenths of a second, as long as a process takes to start."""


def majority_accuracy(y: Ints, y_part: Ints) -> float:
    """Share of a part's samples that are of the class most common in the training part: what knows nothing reaches.

    Args:
        y: class numbers of the training part.
        y_part: those of the part.
    """
    return float(np.mean(y_part == np.bincount(y).argmax()))


@dataclass(frozen=True, eq=False)
class ClassicalData:
    """What classical models learn, and what they are asked.

    Attributes:
        Z: angles of training samples, `(n_train, n_components)`: what the circuit is given.
        y: their class numbers.
        Z_test: angles of the test part.
        y_test: its class numbers.
        n_whole: number of samples in the training part, of which these are all or a sample.
    """

    Z: Floats
    y: Ints
    Z_test: Floats
    y_test: Ints
    n_whole: int

    @classmethod
    def of(cls, Z: Floats, y: Ints, Z_test: Floats, y_test: Ints, seed: int) -> ClassicalData:
        """Of the whole training part, or of a sample of it where that is too large; see `stratified_rows`."""
        rows = stratified_rows(y, min(MAX_ROWS, max(1, _MAX_NUMBERS // Z.shape[1])), seed)
        return cls(Z[rows], y[rows], Z_test, y_test, len(y))

    @property
    def notices(self) -> tuple[str, ...]:
        """One sentence if the models do not see all samples."""
        if len(self.y) == self.n_whole:
            return ()
        return (
            f"The classical models are fitted to {len(self.y):,} of the {self.n_whole:,} training samples, drawn at "
            "random, each class in its share.",
        )

    @property
    def small(self) -> bool:
        """Whether a fit is over in a moment."""
        few_classes = len(np.unique(self.y)) <= _FEW_CLASSES  # an SVM is fitted to every pair of them
        return len(self.y) <= _SMALL_ROWS and self.Z.size <= _SMALL_NUMBERS and few_classes


def classical_accuracy(name: str, samples: ClassicalData, seed: int = 0) -> float:
    """Test accuracy of a model on standardised features.

    Args:
        name: one of `NAMES`; the RBF-SVM has C = 10.
        samples: training and test samples.
        seed: of the model.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    model: Any = SVC(C=10.0, random_state=seed)
    if name == NAMES[0]:
        model = LogisticRegression(max_iter=1000, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = make_pipeline(StandardScaler(), model).fit(samples.Z, samples.y)
    return float(fitted.score(samples.Z_test, samples.y_test))


@dataclass(eq=False)
class Baselines:
    """The classical models at work; leave it, and they are ended.

    Args:
        samples: training and test samples.
        seed: of the models.
    """

    samples: ClassicalData
    seed: int = 0
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def __enter__(self) -> Baselines:
        if self.samples.small:
            return self
        samples = self.samples
        with tempfile.TemporaryFile() as file:
            np.savez(file, Z=samples.Z, y=samples.y, Z_test=samples.Z_test, y_test=samples.y_test)
            file.seek(0)
            self._process = subprocess.Popen(
                python_command(__name__, str(self.seed)),
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def accuracies(self, deadline: float | None) -> dict[str, float]:
        """Test accuracies by name, of those that are fitted in time.

        Args:
            deadline: in seconds of `time.monotonic`; None waits for all.
        """
        if self._process is None:
            return self._here(deadline)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(left)
        self._process.kill()
        assert self._process.stdout is not None
        lines = self._process.stdout.read().splitlines()
        return dict(json.loads(line) for line in lines if line.endswith(b"]"))

    def _here(self, deadline: float | None) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in NAMES:
            if deadline is None or time.monotonic() < deadline:
                found[name] = classical_accuracy(name, self.samples, self.seed)
        return found


def main() -> None:
    """Fit the models, the quickest first; see the module's text."""
    with np.load(sys.stdin.buffer, allow_pickle=False) as arrays:
        parts = {name: arrays[name] for name in ("Z", "y", "Z_test", "y_test")}
    samples = ClassicalData(**parts, n_whole=len(parts["y"]))
    for name in NAMES:
        print(json.dumps([name, classical_accuracy(name, samples, int(sys.argv[1]))]), flush=True)
