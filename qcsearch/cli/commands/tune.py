"""`qcsearch tune`: a finished search's best for another device or another day."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options.common import Json, Run, Verbose, examples
from qcsearch.cli.output import display, emit, say, say_notes, table, tell
from qcsearch.cli.process import say_at_end
from qcsearch.wording import percent, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from qcsearch.search.run.config import RunConfig
    from qcsearch.search.run.result import SearchResult


@examples(
    "qcsearch tune runs/digits --device fake_fez",
    "qcsearch tune runs/digits --device drifted.json --run runs/digits-drifted --max-seconds 20",
)
def tune(
    run: Run,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            metavar="DEVICE",
            help="What to tune for: a name of `qcsearch devices list`, a name with a date, or a snapshot file.",
        ),
    ],
    top: Annotated[
        int, typer.Option("--top", metavar="N", help="Candidates tried, the winner among them.")
    ] = 5,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-seconds",
            metavar="T",
            help="Total of seconds, final evaluation included. Default: 8 % of the search's, at least 5.",
        ),
    ] = None,
    steps_share: Annotated[
        float,
        typer.Option("--steps-share", metavar="P", help="Of the search's training steps, in (0, 1]."),
    ] = 0.25,
    baselines: Annotated[
        str | None,
        typer.Option(
            "--baselines",
            metavar="LEVEL",
            help="Classical models that the winner is compared with: none, fast or full. Default: as in the search.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="OUT",
            help="Folder of the new run; one that holds this tuning is resumed. Default: a new one under runs/.",
        ),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Tune a finished search's best candidates for another device, or for another day of the same one.

    Each is moved to the qubits where its weights do best and trained from these weights for a short
    while under the new noise; the best is chosen by validation accuracy. DIR is not changed; OUT is a
    run folder like that of a search, for board, report, deploy, cost, export and predict.
    """
    from qcsearch.cli.options.inputs import new_folder
    from qcsearch.devices.calibration.providers import get_device
    from qcsearch.search.run.folder import RunFolder
    from qcsearch.search.tune import run_tuning

    source, target = RunFolder.open(run), get_device(device)
    say_notes(target)
    path = Path(out) if out else new_folder(source.config.dataset, target.name)
    tuning = partial(
        run_tuning,
        source,
        target,
        run=path,
        top=top,
        max_seconds=max_seconds,
        steps_share=steps_share,
        baselines=baselines,
    )
    title = f"{source.config.dataset} tuned for {target.name}"
    result = _watched(tuning, title, verbose)
    for notice in result.notices:
        say(f"Note: {notice}")
    assert result.run is not None
    config = RunFolder.open(result.run).config
    if json:
        assert config.origin is not None
        untuned = None if result.untuned is None else asdict(result.untuned)
        emit({**result.to_json(), "origin": asdict(config.origin), "untuned": untuned})
    else:
        _show(config, result)
        tell(f"Run folder: {result.run}")
        tell(f"Next: qcsearch board {result.run}")
    if result.failure:
        say(result.failure)
        raise typer.Exit(result.exit_code)


def _watched(tuning: Callable[..., SearchResult], title: str, verbose: bool) -> SearchResult:
    from qcsearch.cli.panel import watch

    interrupted = "Interrupted. What was finished is saved; the same command resumes it."
    say_at_end(interrupted)
    try:
        with watch(title, verbose=verbose) as watcher:
            return tuning(progress=watcher)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(interrupted) from None


def _show(config: RunConfig, result: SearchResult) -> None:
    """What was there, what is left of it on the new device, and what the tuning made of it."""
    origin, untuned = config.origin, result.untuned
    assert origin is not None
    rows = [
        (
            f"trial {origin.trial} of {origin.run}",
            origin.device,
            origin.validation_score,
            origin.test_accuracy_noisy,
        ),
        (
            "the same weights",
            config.device,
            None if untuned is None else untuned.validation_score,
            None if untuned is None else untuned.test_accuracy_noisy,
        ),
        ("tuned", config.device, result.best.validation_score, result.best.test_accuracy_noisy),
    ]
    cells = [(name, where, percent(validation), percent(test)) for name, where, validation, test in rows]
    columns = ("model", "under the noise of", "validation", "test")
    display(table("Accuracy before and after the tuning", columns, cells, right=(2, 3)))
    share = (
        ""
        if not origin.seconds
        else f", {percent(result.seconds / origin.seconds)} of the {seconds(origin.seconds)} of the search"
    )
    tell(f"{result.n_trials} candidates in {seconds(result.seconds)}{share}.")
