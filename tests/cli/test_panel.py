"""Progress: what the events add up to, and how it is drawn."""

import io

import pytest
from rich.console import Console

from qcsearch.candidate.candidate import Candidate
from qcsearch.candidate.choice import Choice
from qcsearch.cli.panel import LivePanel, PlainLines, draw
from qcsearch.cli.progress import Progress, clock, one_line
from qcsearch.search import events
from qcsearch.search.trial.record import Costs, Outcome, TrialRecord
from qcsearch.training.parameters import ParameterCounts


def record(number, kind="kept", accuracy=0.9, text=""):
    candidate = Candidate(Choice("angle"), Choice("hardware_efficient"), (0, 1), ("Z0",))
    costs = Costs(ParameterCounts(12), 1, 4, 30, 1e-6, 0.1, 0.9, 1.0, 4, 15, 0)
    score = accuracy if kind == "kept" else None
    return TrialRecord(number, candidate, {}, Outcome(kind, text), score, score, costs=costs)


def finished(number, kind="kept", accuracy=0.9, text=""):
    return events.TrialFinished(record(number, kind, accuracy, text), number + 1, float(number))


def story():
    yield events.SearchStarted(0, 10, 0.0, 60.0, 2)
    yield events.TrialRunning(0, 1, 0.5)
    yield finished(0, accuracy=0.6)
    yield finished(1, "pruned", text="Stopped at step 10.")
    yield finished(2, "infeasible", text="9 two-qubit gates are above the limit 4.")
    yield finished(3, accuracy=0.8)
    yield finished(4, accuracy=0.7)
    yield events.Notice("A worker died.")
    yield events.SearchEnded("seconds", 5, 42.0)
    yield events.RefitStarted((3, 4), 2)
    yield events.RefitFinished(3, 0, 0.82)
    yield events.Evaluated(3, 0.79, 55.5)


def after(n):
    progress = Progress()
    for event in list(story())[:n]:
        progress.update(event)
    return progress


def test_outcomes_are_counted_and_the_best_come_first():
    progress = after(8)
    assert progress.outcomes == {"kept": 3, "pruned": 1, "infeasible": 1}
    assert [found.trial for found in progress.best] == [3, 4, 0]
    assert progress.curve == [0.6, 0.6, 0.6, 0.8, 0.8]
    assert progress.n_finished == 5
    assert progress.running == {}


def test_the_bar_follows_the_nearer_limit():
    progress = after(7)
    assert 0.5 <= progress.fraction < 0.6
    progress.max_seconds = 5.0
    assert 0.8 <= progress.fraction <= 1.0
    assert after(12).fraction == 1.0


def test_the_clock_stands_still_when_all_is_done():
    progress = after(12)
    assert progress.seconds == 55.5
    assert progress.done
    assert [clock(s) for s in (0, 59.9, 61, 3661)] == ["0:00", "0:59", "1:01", "1:01:01"]


@pytest.mark.parametrize("width", [50, 80, 140])
def test_the_panel_fits_its_terminal_and_shows_what_matters(width):
    console = Console(width=width, file=io.StringIO(), record=True, color_system=None)
    console.print(draw(after(8), "iris on fake_manila", width))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    assert "iris on fake_manila" in text
    assert "80.0 %" in text
    assert "best by validation accuracy" in text
    if width >= 80:
        assert "5 of 10 trials" in text
        assert "3 kept  1 pruned  1 infeasible" in text
        assert "angle · hardware efficient · linear" in text


@pytest.mark.parametrize("n", range(1, 13))
def test_the_panel_can_be_drawn_at_any_moment(n):
    console = Console(width=100, file=io.StringIO())
    console.print(draw(after(n), "[red]a name that is no markup[/red]"))
    assert "[red]a name" in console.file.getvalue()


def test_the_live_panel_ends_with_its_last_state():
    console = Console(width=100, file=io.StringIO(), force_terminal=True)
    with LivePanel("iris", console) as panel:
        for event in story():
            panel(event)
    assert "test accuracy 79.0 % under noise" in console.file.getvalue()


def test_plain_lines_are_one_line_an_event_without_rungs(capsys):
    with PlainLines() as lines:
        for event in story():
            lines(event)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == len(list(story())) - 1
    assert told[0] == "search: 10 trials, 60 s, 2 workers"
    assert told[2] == "trial 1: pruned. Stopped at step 10."
    assert told[-1] == "evaluated: trial 3, test accuracy 79.0 % under noise"


def test_a_reader_that_is_gone_does_not_stop_the_search(monkeypatch):
    class Gone(io.StringIO):
        tries = 0

        def write(self, text):
            Gone.tries += 1
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())
    lines = PlainLines()
    for event in story():
        lines(event)
    assert Gone.tries > 0


def test_trials_of_earlier_sessions_are_in_the_picture():
    progress = Progress()
    progress.remember([record(0, accuracy=0.7), record(1, "pruned"), record(2, accuracy=0.95)])
    progress.update(finished(3, accuracy=0.8))
    assert [found.trial for found in progress.best] == [2, 3, 0]
    assert progress.outcomes == {"kept": 3, "pruned": 1}


def test_every_event_has_its_line():
    assert all(one_line(event).strip() for event in story())
