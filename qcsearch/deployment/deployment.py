"""What a deployment found: the model before and after, and three scores side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import PlainValidator

from qcsearch.deployment.diagnostics.canaries import CanaryVerdict
from qcsearch.deployment.diagnostics.noise_model_check import NoiseModelCheck
from qcsearch.deployment.diagnostics.remap import Remap
from qcsearch.deployment.diagnostics.score import Score
from qcsearch.deployment.values import Kind, Usage
from qcsearch.errors import InputError
from qcsearch.storage import canonical, files
from qcsearch.storage.canonical import Json
from qcsearch.storage.limits import MAX_JSON_BYTES, MAX_PARAMETER
from qcsearch.training.judging.residuals import AbsoluteError
from qcsearch.training.model import TrainedModel
from qcsearch.training.parameters import Parameters
from qcsearch.typed import read
from qcsearch.wording import is_share

__all__ = ["Deployment", "Tuning"]


@dataclass(frozen=True)
class Tuning:
    """The last training steps, on the backend itself.

    Attributes:
        method: gradient estimator and optimizer, such as `spsa, adam`.
        losses: training loss of each step's mini-batch.
        before: score on the validation subset with the weights that came in, measured on the backend.
        after: score on the same samples with the weights that came out; None if no step was done.
        gain: mean over the subset of "right after" minus "right before".
        gain_error: its standard error, sample by sample, so that what both get right does not count.
        kept: the weights that the deployment keeps: `after` only where they are the better ones.
        shots: runs of each circuit in each measurement basis, a number a step; empty if no step was done.
    """

    method: str
    losses: tuple[float, ...]
    before: Score
    after: Score | None
    gain: float
    gain_error: float
    kept: Literal["before", "after"]
    shots: tuple[int, ...] = ()

    def gain_words(self, name: str = "accuracy") -> str:
        """The gain with its standard error in words; `name`: of the scores, see `Target.score_name`."""
        if is_share(name):
            return f"gain {100 * self.gain:+.1f} ± {100 * self.gain_error:.1f} points"
        # Numbers are compared sample by sample, by their squared errors, which R² is not a mean of.
        return f"mean squared error, standardised, lower by {self.gain:.3f} ± {self.gain_error:.3f}"


@dataclass(frozen=True)
class Deployment:
    """A model on a backend.

    The three scores are of the same weights (those kept), on the same samples of the test part.

    Attributes:
        backend: the executor's name.
        kind: `simulated`, `fake-backend` or `hardware`: what stood behind the deployed score.
        device: name of the device that the model was made for.
        device_digest: SHA-256 of the device's snapshot.
        candidate: digest of the model's candidate.
        qubits: physical qubits.
        shots: runs of each circuit in each measurement basis.
        seed: seed of everything random.
        tuning: the training steps on the backend.
        noiseless: score of the exact engine without noise.
        noisy: score of the exact engine under the device's snapshot.
        deployed: score measured on the backend.
        parameters: parameters of circuit and head, those kept.
        usage: jobs, circuits and shots that were asked of the backend, all together.
        seconds: wall time.
        versions: library to version.
        qpu_seconds: QPU seconds that all jobs cost; None on a backend that is not billed.
        noise_model_check: predicted against measured expectation values; None where the latter are mitigated.
        canaries: verdict of the circuits with a known answer; None if there were none.
        mitigated: whether errors were taken out of the deployed score.
        remap: the qubits that the model was remapped to before, and why; None if it was not.
        notices: what a reader should know, a sentence each.
        absolute_errors: of numbers, how far off is what was measured, in the units of the data.
    """

    backend: str
    kind: Kind
    device: str
    device_digest: str
    candidate: str
    qubits: tuple[int, ...]
    shots: int
    seed: int
    tuning: Tuning
    noiseless: Score
    noisy: Score
    deployed: Score
    parameters: Annotated[Parameters, PlainValidator(Parameters.from_json)]
    usage: Usage
    seconds: float
    versions: dict[str, str]
    qpu_seconds: float | None = None
    noise_model_check: NoiseModelCheck | None = None
    canaries: CanaryVerdict | None = None
    mitigated: bool = False
    remap: Remap | None = None
    notices: tuple[str, ...] = ()
    absolute_errors: tuple[AbsoluteError, ...] = ()

    def apply(self, model: TrainedModel) -> TrainedModel:
        """The model as the deployment left it: with the weights that it kept, on the qubits that it ran on.

        Raises:
            InputError: if they are not of this model.
        """
        model = model if self.remap is None else self.remap.apply(model)
        mine, theirs = self.parameters, model.parameters
        if mine.sizes != theirs.sizes or np.any(np.abs(mine.vector) > MAX_PARAMETER):
            raise InputError("The deployment must hold the weights of the run's winner. It holds others.")
        return replace(model, parameters=mine)

    def to_json(self) -> dict[str, Json]:
        """Return the deployment as JSON values."""
        plain = {
            **asdict(replace(self, remap=None)),
            "parameters": self.parameters.to_json(),
            "remap": None if self.remap is None else self.remap.to_json(),
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
        files.write_text(path, canonical.dumps(self.to_json(), indent=1) + "\n")

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
