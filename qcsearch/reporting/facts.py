"""What a report says, as plain values: `gather` fills them from a run folder, `sections` draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qcsearch.candidate.gate import GateList
from qcsearch.data.targets import Target
from qcsearch.devices.device import Device
from qcsearch.reporting.plots.circuit import DrawnGate
from qcsearch.reporting.plots.plots import Curve
from qcsearch.search.finish.rows import Row
from qcsearch.search.trial.record import TrialRecord
from qcsearch.training.judging.calibration import Calibration
from qcsearch.training.judging.residuals import Residuals

if TYPE_CHECKING:
    from qcsearch.deployment.deployment import Deployment
    from qcsearch.deployment.diagnostics.tomography import Tomography

__all__ = ["DatasetFacts", "MappedFacts", "RunFacts", "Score"]


@dataclass(frozen=True)
class Score:
    """One score of the winner, on the test split, of one kind.

    Attributes:
        kind: `noiseless` or `noisy`, both at infinitely many shots, `at_shots` or `deployed`; kinds are never mixed.
        value: an accuracy, in [0, 1], or a score in the metric.
        details: its spread, and where it is from, a line each.
        metric: which score it is: `accuracy`, or of numbers what the search worked for.
    """

    kind: str
    value: float
    details: tuple[str, ...] = ()
    metric: str = "accuracy"


@dataclass(frozen=True)
class DatasetFacts:
    """The data set of a run.

    Attributes:
        name: as messages call it.
        n_features: raw features.
        target: what is to be said of a sample.
        parts: number of samples of `train`, `validation` and `test`.
        image_shape: `(height, width)`, or None.
        digest: SHA-256 of the content.
    """

    name: str
    n_features: int
    target: Target
    parts: Mapping[str, int]
    image_shape: tuple[int, int] | None
    digest: str


@dataclass(frozen=True)
class MappedFacts:
    """The winner's circuit on the device.

    Attributes:
        gates: in the device's basis, as they are drawn.
        two_qubit_gates: number of them.
        depth: of the circuit.
        duration: seconds of one execution.
        estimated_success_probability: product of the fidelities.
        wires: physical qubit of each wire.
        measured: wires that an observable touches at the end.
        built_two_qubit_gates: number of them before mapping.
        built_depth: of the circuit before mapping.
        swaps: number of them that mapping inserted.
    """

    gates: tuple[DrawnGate, ...]
    two_qubit_gates: int
    depth: int
    duration: float
    estimated_success_probability: float
    wires: tuple[int, ...]
    measured: tuple[int, ...]
    built_two_qubit_gates: int
    built_depth: int
    swaps: int


@dataclass(frozen=True)
class RunFacts:
    """One run, as far as it went; what is None or empty is said to be missing.

    Attributes:
        name: of the run folder.
        created: UTC, ISO 8601.
        dataset: what was learnt.
        device: the calibration snapshot.
        space: name and fingerprint of the search space.
        metric: name of what trials are chosen by.
        n_trials: trials done.
        seconds: time used.
        outcomes: number of trials of each outcome.
        rejected: number of infeasible trials of each constraint.
        records: every finished trial.
        ranking: trial numbers, best first.
        pareto: of them those on the Pareto front.
        winner: the trial that won, None if there was none.
        circuit: the winner's gate list.
        measured: logical qubits that an observable touches.
        mapped: the winner on the device.
        scores: of the winner, on the test split.
        final: rows of the leaderboard on the test split: the winner, its baselines, what a tuning began with.
        added: what entanglement, search and training each added, a sentence; empty if it was not measured.
        failure: why the winner is nothing to be used; empty if it is.
        curves: validation score by step of the winner's trial and of the next best.
        deployment: what the backend said, None before `qcsearch deploy`.
        tomography: a state that was measured there, None before `qcsearch tomography`.
        importance: share of each parameter.
        calibration: of the winner's probabilities on the test split; None before the evaluation.
        confusion: counts on the test split, true class by row.
        residuals: of numbers, true and predicted values on the test split; empty before the evaluation.
        command: the command line that runs it again.
        versions: of the libraries.
        seeds: by name.
        digests: SHA-256 by name.
        notices: sentences a person should see.
        shots: of each measurement basis of a prediction, that the search is for; None for infinitely many.
    """

    name: str
    created: str
    dataset: DatasetFacts
    device: Device
    space: str
    metric: str
    n_trials: int
    seconds: float
    records: Sequence[TrialRecord]
    ranking: Sequence[int]
    pareto: Sequence[int] = ()
    winner: TrialRecord | None = None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    circuit: GateList | None = None
    measured: tuple[int, ...] = ()
    mapped: MappedFacts | None = None
    scores: tuple[Score, ...] = ()
    final: Sequence[Row] = ()
    added: str = ""
    failure: str = ""
    curves: tuple[Curve, ...] = ()
    deployment: Deployment | None = None
    tomography: Tomography | None = None
    importance: Mapping[str, float] = field(default_factory=dict)
    calibration: Calibration | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    residuals: tuple[Residuals, ...] = ()
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    seeds: Mapping[str, object] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    shots: int | None = None

    @property
    def chosen_by(self) -> str:
        """What kind of accuracy the trials are chosen by: under noise, with the shots that the search is for."""
        return "noisy" if self.shots is None else f"noisy, {self.shots:,} shots"
