"""Tuning: a finished search's best candidates for another device, or for another day of the same one.

Each is remapped to the qubits where its weights do best (`remap`), trained for a short while from these weights under
the new noise, and the best of them again, as a search does with its best, from where they are. Everything is chosen
on the validation part of the search's own split; the test part is looked at once, by the final evaluation. The
result is a run folder like that of a search.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qcsearch.arguments import as_float, as_int
from qcsearch.candidate.candidate import Candidate
from qcsearch.devices.device import Device
from qcsearch.errors import InputError, RunError
from qcsearch.escape import for_terminal
from qcsearch.search.events import Progress, told
from qcsearch.search.run.config import Origin, RunConfig
from qcsearch.search.run.folder import RunFolder
from qcsearch.search.run.result import SearchResult
from qcsearch.search.session.driver import run_session
from qcsearch.search.session.session import Session
from qcsearch.search.trial.ranking import rank
from qcsearch.search.trial.warm_start import WarmStart

__all__ = ["SECONDS_SHARE", "run_tuning"]

SECONDS_SHARE = 0.08
"""Of the search's seconds: what a tuning may use if it is not told."""

_LEAST_SECONDS = 5.0
_RATE_SHARE = 0.3
"""Of the learning rate: the first steps of the full rate would undo what is to be kept."""


def run_tuning(
    source: RunFolder,
    device: Device,
    *,
    run: Path,
    top: int = 5,
    max_seconds: float | None = None,
    steps_share: float = 0.25,
    baselines: str | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """Tune the best candidates of a finished run for another snapshot, and leave everything in a run folder.

    Called again with the same folder it resumes the run where it stopped, also after a kill.

    Args:
        source: the finished run.
        device: calibration facts to tune for.
        run: folder of the new run.
        top: how many of the best candidates to try, the winner among them.
        max_seconds: total of seconds; None for 8 % of the search's, and 5 at least.
        steps_share: of the steps that each candidate was trained for in the search, in (0, 1].
        baselines: level of the classical ones that its winner is compared with; None for that of the search. Circuits
            are not trained: a tuning is too short to judge them by.
        progress: told what happens.

    Raises:
        InputError: for a bad number or level, or if the device is the very snapshot that was searched for.
        RunError: if the source has no winner, or the folder is of another run, or a search is running in it.
        SpaceError: if nothing in the source's space fits the device.
        NoFeasibleCandidateError: if no candidate keeps the space's constraints there.
        KeyboardInterrupt: as it came; what was finished is saved.
    """
    _check(source, device, top, steps_share)
    result = source.result()
    if result is None or not source.model.is_dir():
        raise RunError(
            f"The run in '{source.path}' has no winner yet.", fix="finish it: qcsearch search --run DIR."
        )
    old = source.config
    folder = RunFolder(Path(run))
    known = list(folder.warm_starts.values()) if folder.begun else []
    warm_starts = known or _warm_starts(source, result, top, steps_share)
    seconds = max(SECONDS_SHARE * result.seconds, _LEAST_SECONDS) if max_seconds is None else max_seconds
    settings = replace(
        old.settings,
        n_trials=len(warm_starts),
        max_seconds=seconds,
        workers=1,
        seed_from=None,
        baselines=old.settings.baselines if baselines is None else baselines,
    )
    config = RunConfig.of(source.dataset, device, source.space, settings, _origin(source, result))
    session = Session(
        folder,
        source.dataset,
        device,
        source.space,
        config,
        progress or (lambda event: None),
        prepare_warm_starts=lambda objective: (warm_starts, ()),
        # With its final weights: what there would be without a tuning.
        untuned=replace(warm_starts[0], start=result.model.parameters),
    )
    with told(progress):
        return run_session(session)


def _origin(source: RunFolder, result: SearchResult) -> Origin:
    best = result.best
    return Origin(
        run=for_terminal(source.path),
        device=source.config.device,
        trial=best.trial,
        validation_score=best.validation_score,
        test_accuracy_noisy=best.test_accuracy_noisy,
        seconds=result.seconds,
    )


def _check(source: RunFolder, device: Device, top: int, steps_share: float) -> None:
    as_int(top, "The number of candidates to tune", 1)
    if as_float(steps_share, "The share of the steps must be a number") > 1:
        raise InputError(f"The share of the steps must be in (0, 1]. Got {steps_share!r}.")
    if device.digest == source.config.device_digest:
        raise InputError(
            f"A tuning must be for another snapshot than the run in '{source.path}', which is for this very one, "
            f"{device.name}.",
            fix="name another device or day with --device.",
        )


def _warm_starts(source: RunFolder, result: SearchResult, top: int, steps_share: float) -> list[WarmStart]:
    """The winner and the best of the others, with the weights of their trials.

    Not with the winner's final ones: these know the validation part, which is to choose between them all.
    """
    ranked = rank(list(result.records))
    winner = next(record for record in ranked if record.trial == result.best.trial)
    chosen = [winner, *(record for record in ranked if record.trial != winner.trial)][:top]
    warm_starts = [WarmStart.of(record, source.device, str(source.path)) for record in chosen]
    if source.config.tuned:
        return warm_starts
    return [replace(one, candidate=_shorter(one.candidate, steps_share)) for one in warm_starts]


def _shorter(candidate: Candidate | None, share: float) -> Candidate:
    """With fewer and smaller steps, under noise."""
    assert candidate is not None
    options = candidate.training
    training = replace(
        options,
        steps=max(1, round(share * options.steps)),
        validate_every=max(1, round(share * options.validate_every)),
        learning_rate=_RATE_SHARE * options.learning_rate,
        noise=True,
    )
    return replace(candidate, training=training)
