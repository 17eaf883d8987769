"""What a baseline is: a classical model, fitted in a process of its own, or a circuit, trained here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from qcsearch.training.expectations import Floats, Ints
from qcsearch.training.metrics import Metric
from qcsearch.training.predictions import Predictions

if TYPE_CHECKING:
    from qcsearch.search.finish.finalist import Finalist
    from qcsearch.search.trial.objective import Objective
    from qcsearch.training.parameters import Parameters
    from qcsearch.training.transpiled import TranspiledCandidate

__all__ = [
    "CIRCUIT",
    "NOISELESS",
    "NONE",
    "RANDOM",
    "RAW",
    "REFITTED",
    "START",
    "UNENTANGLED",
    "Classical",
    "Quantum",
    "RandomFeatures",
    "Samples",
    "TrainedCircuit",
    "Unmeasured",
]

UNENTANGLED = "winner without two-qubit gates"
START = "start point without search"
RANDOM = "random circuit, trained head"
NOISELESS = "winner trained without noise"
REFITTED = "winner trained without noise, head refitted under noise"
"""Names of circuits, which say what entanglement, search, training and noise in the training added; see `added`."""

CIRCUIT, RAW = "", ", raw features"
"""Which features a classical model sees, as its name ends: what the winner's circuit is given, or the data's own."""


@dataclass(frozen=True, eq=False)
class RandomFeatures:
    """What a circuit with random weights says of the samples.

    Attributes:
        values: of the winner's observables, of the samples that it learned from, `(n_train, n_observables)`.
        values_test: the same of the test part, under noise, `(1 + n_draws, n_test, n_observables)`: at infinitely many
            shots, then as so many measurements with finitely many give them.
        n_hidden: hidden units of the winner's head; 0 if it is no perceptron.
        head: the winner's head as JSON text, if it is one that is fitted; else empty.
    """

    values: Floats
    values_test: Floats
    n_hidden: int
    head: str = ""


@dataclass(frozen=True, eq=False)
class Samples:
    """What a classical model learns from and is asked.

    Attributes:
        Z: the winner's angles of the samples that it learned from, `(n_train, n_components)`.
        Z_test: the same of the test part.
        X: the data's own features of the same samples, text and gaps encoded, `(n_train, n_features)`.
        X_test: the same of the test part.
        y: class numbers `(n_train,)`. Those of the test part stay where the answers are judged.
        n_parameters: trained parameters of the winner, circuit and head together.
        seed: of the search.
        random: what a random circuit says of them; None where no row asks for that.
        weight: how much each sample counts, as for the winner, `(n_train,)`; None if all count alike.
        threshold_scoring: name of what decision thresholds are chosen for; empty decides at one half.
        metric: name of what their settings are chosen by, as the winner was.
    """

    Z: Floats
    Z_test: Floats
    X: Floats
    X_test: Floats
    y: Ints
    n_parameters: int
    seed: int
    random: RandomFeatures | None = None
    weight: Floats | None = None
    metric: str = "accuracy"
    threshold_scoring: str = ""

    def features(self, which: str) -> tuple[Floats, Floats]:
        """Those of the training and of the test samples, `CIRCUIT` or `RAW`."""
        return (self.Z, self.Z_test) if which == CIRCUIT else (self.X, self.X_test)

    @property
    def needs_probabilities(self) -> bool:
        """Whether a model is asked how sure it is."""
        labelled = bool(self.threshold_scoring) and self.y.ndim == 2
        return Metric(self.metric).needs_probabilities or labelled


class Classical(Protocol):
    """A classical model."""

    @property
    def name(self) -> str:
        """As the leaderboard calls it."""
        ...

    def predict(self, samples: Samples) -> Predictions:
        """What it says of the test samples after the model was fitted to its end.

        With probabilities, where the metric needs them. Of a random circuit the classes are `(1 + n_draws, n_test)`,
        see `RandomFeatures`; the probabilities are of the first.
        """
        ...


@dataclass(frozen=True, eq=False)
class TrainedCircuit:
    """A circuit that was trained to its end."""

    transpiled: TranspiledCandidate
    parameters: Parameters


NONE: Mapping[str, TrainedCircuit] = MappingProxyType({})
"""No circuit was trained before."""


class Unmeasured(Exception):  # noqa: N818  an answer, as `Infeasible` is one
    """A baseline that there is no number of; its text says why, in a sentence."""


class Quantum(Protocol):
    """A circuit, trained as the winner was: see `training.train_alike`."""

    @property
    def name(self) -> str:
        """As the leaderboard calls it."""
        ...

    def train(
        self,
        objective: Objective,
        winner: Finalist,
        deadline: float | None,
        trained: Mapping[str, TrainedCircuit] = NONE,
    ) -> TrainedCircuit:
        """Train it to its end.

        Args:
            objective: of the search.
            winner: the finalist that won.
            deadline: in seconds of `time.monotonic`; None for no limit.
            trained: the circuits before it, by name.

        Raises:
            Unmeasured: if it does not get to its end, or there is no such circuit.
        """
        ...
