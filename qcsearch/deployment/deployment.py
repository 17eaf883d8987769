"""What a deployment found: the model before and after, and three scores side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from qcsearch import canonical, files
from qcsearch.canonical import Json
from qcsearch.deployment.canaries import CanaryVerdict
from qcsearch.deployment.executors.base import Kind
from qcsearch.deployment.moving import Move
from qcsearch.deployment.program import Usage
from qcsearch.deployment.score import Score
from qcsearch.deployment.truth import NoiseTruth
from qcsearch.errors import InputError
from qcsearch.limits import MAX_JSON_BYTES, MAX_PARAMETER
from qcsearch.training.model import TrainedModel
from qcsearch.typed import read

__all__ = ["Deployment", "Tuning"]


@dataclass(frozen=True)
class Tuning:
    """The last training steps, on the backend itself.

    Attributes:
        method: gradient estimator and optimiser, such as `spsa, adam`.
        losses: training loss of each step's mini-batch.
        before: score on the validation subset with the weights that came in, measured on the backend.
        after: the same with the weights that came out; None if no step was done.
        gain: mean over the subset of "right after" minus "right before".
        gain_error: its standard error, sample by sample, so that what both get right does not count.
        kept: whose weights the deployment goes on with: `after` only where it is the better of the two.
        shots: of each step; empty in a file from before they could differ.
    """

    method: str
    losses: tuple[float, ...]
    before: Score
    after: Score | None
    gain: float
    gain_error: float
    kept: Literal["before", "after"]
    shots: tuple[int, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """A model on a backend.

    The three scores are of the same weights (those kept), on the same samples of the test part.

    Attributes:
        backend: the executor's name.
        kind: `simulated`, `fake-backend` or `hardware`: what stood behind the deployed score.
        device: name of the device that the model was made for.
        device_digest: of its snapshot.
        candidate: digest of the model's candidate; empty in a file from before it was kept.
        qubits: physical qubits.
        shots: runs of each circuit in each measurement basis.
        seed: of everything random.
        tuning: the training steps on the backend.
        noiseless: score of the exact engine without noise.
        noisy: score of the exact engine under the device's snapshot.
        deployed: score measured on the backend.
        weights: of the circuit, those kept.
        head_parameters: of the head, those kept.
        usage: what was asked of the backend, all together.
        seconds: wall time.
        versions: library to version.
        qpu_seconds: that all jobs cost, if they cost any.
        truth: predicted against measured expectation values; None in a file from before it was kept.
        canaries: what circuits with a known answer said; None if there were none.
        mitigated: whether errors were taken out of the deployed score.
        move: to which qubits the model was moved before, and why; None if it was not.
        notices: what a reader should know, a sentence each.
    """

    backend: str
    kind: Kind
    device: str
    device_digest: str
    qubits: tuple[int, ...]
    shots: int
    seed: int
    tuning: Tuning
    noiseless: Score
    noisy: Score
    deployed: Score
    weights: tuple[float, ...]
    head_parameters: tuple[float, ...]
    usage: Usage
    seconds: float
    versions: dict[str, str]
    candidate: str = ""
    qpu_seconds: float | None = None
    truth: NoiseTruth | None = None
    canaries: CanaryVerdict | None = None
    mitigated: bool = False
    move: Move | None = None
    notices: tuple[str, ...] = ()

    def apply(self, model: TrainedModel) -> TrainedModel:
        """The model as the deployment left it: with the weights that it kept, on the qubits that it ran on.

        Raises:
            InputError: if they are not of this model.
        """
        model = model if self.move is None else self.move.apply(model)
        lengths = len(self.weights), len(self.head_parameters)
        if lengths != (len(model.weights), len(model.head_parameters)) or any(
            abs(number) > MAX_PARAMETER for number in (*self.weights, *self.head_parameters)
        ):
            raise InputError("The deployment must hold the weights of the run's winner. It holds others.")
        return replace(model, weights=np.array(self.weights), head_parameters=np.array(self.head_parameters))

    def to_json(self) -> dict[str, Json]:
        """Return the deployment as JSON values."""
        plain = {
            **asdict(replace(self, move=None)),
            "move": None if self.move is None else self.move.to_json(),
        }
        data: dict[str, Json] = canonical.loads(canonical.dumps(plain))
        return data

    @classmethod
    def from_json(cls, data: Json) -> Deployment:
        """Rebuild from `to_json`'s answer.

        Raises:
            InputError: if a part is missing or unknown.
        """
        return read(cls, data, "a deployment")

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        canonical.write_text(path, canonical.dumps(self.to_json(), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read what `save` wrote.

        Raises:
            InputError: if it cannot be read.
        """
        try:
            return cls.from_json(canonical.loads(files.read_text(path, MAX_JSON_BYTES)))
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"The deployment '{path}' cannot be read: {error}.") from None
