"""`qcsearch tune`: a finished search's best for another device or another day."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qcsearch.cli.options import Json, Run, Verbose, examples
from qcsearch.cli.output import display, emit, percent, say, say_notes, table, tell
from qcsearch.cli.process import say_at_end

if TYPE_CHECKING:
    from qcsearch.devices.device import Device
    from qcsearch.search.result import SearchResult
    from qcsearch.search.run_config import RunConfig
    from qcsearch.search.run_folder import RunFolder


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
    out: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="OUT",
            help="Folder of the new run; one that holds this tuning is gone on with. Default: a new one under runs/.",
        ),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Tune a finished search's best candidates for another device, or for another day of the same one.

    Each is moved to the qubits where its weights do best, trained on from them for a short while under
    the new noise, and the best is chosen by validation. DIR stays as it is; OUT is a run folder like
    that of a search, for board, report, deploy, cost, export and predict.
    """
    from qcsearch.devices.providers import get_device
    from qcsearch.search.run_folder import RunFolder

    source, target = RunFolder.open(run), get_device(device)
    say_notes(target)
    result = _tune(
        source, target, out, {"top": top, "max_seconds": max_seconds, "steps_share": steps_share}, verbose
    )
    for notice in result.notices:
        say(f"Note: {notice}")
    assert result.run is not None
    config = RunFolder.open(result.run).config
    if json:
        assert config.origin is not None
        untuned = None if result.untuned is None else asdict(result.untuned)
        emit({**result.to_json(), "origin": config.origin.model_dump(), "untuned": untuned})
    else:
        _show(config, result)
        tell(f"Run folder: {result.run}")
        tell(f"Next: qcsearch board {result.run}")
    if result.failure:
        say(result.failure)
        raise typer.Exit(result.exit_code)


def _tune(
    source: RunFolder, device: Device, out: str | None, settings: dict[str, float | None], verbose: bool
) -> SearchResult:
    from qcsearch.cli.inputs import new_folder
    from qcsearch.cli.panel import watch
    from qcsearch.search.tune import run_tuning

    path = Path(out) if out else new_folder(source.config.dataset, device.name)
    interrupted = "Interrupted. What was finished is saved; the same command goes on."
    say_at_end(interrupted)
    try:
        with watch(f"{source.config.dataset} tuned for {device.name}", verbose=verbose) as watcher:
            return run_tuning(source, device, run=path, progress=watcher, **settings)  # type: ignore[arg-type]  # each by its name
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
            origin.validation_accuracy,
            origin.test_accuracy_noisy,
        ),
        (
            "the same weights",
            config.device,
            None if untuned is None else untuned.validation_accuracy,
            None if untuned is None else untuned.test_accuracy_noisy,
        ),
        ("tuned", config.device, result.best.validation_accuracy, result.best.test_accuracy_noisy),
    ]
    cells = [(name, where, percent(validation), percent(test)) for name, where, validation, test in rows]
    columns = ("model", "under the noise of", "validation", "test")
    display(table("Accuracy before and after the tuning", columns, cells, right=(2, 3)))
    share = (
        ""
        if not origin.seconds
        else f", {percent(result.seconds / origin.seconds)} of the {origin.seconds:.1f} s of the search"
    )
    tell(f"{result.n_trials} candidates in {result.seconds:.1f} s{share}.")
