"""Options in groups: a dataclass is spread over a command's options, and arrives whole."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from qcsearch.cli.options.groups import grouped


@dataclass(frozen=True)
class Limits:
    seconds: Annotated[float | None, typer.Option("--max-seconds", help="At most.")] = None
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="COL")] = None


@pytest.fixture
def run():
    app, taken = typer.Typer(), []

    @app.command()
    @grouped
    def command(
        name: Annotated[str, typer.Argument()],
        limits: Limits,
        quick: Annotated[bool, typer.Option("--quick")] = False,
    ) -> None:
        """Do it."""
        taken.append((name, limits, quick))

    def invoke(*words):
        outcome = CliRunner().invoke(app, words)
        return outcome, taken

    return invoke


def test_a_group_arrives_as_its_dataclass_with_what_was_said_and_its_defaults(run):
    outcome, taken = run("a", "--max-seconds", "2.5", "--drop", "x", "--drop", "y")
    assert outcome.exit_code == 0, outcome.output
    run("b", "--quick")
    assert taken == [("a", Limits(2.5, ["x", "y"]), False), ("b", Limits(), True)]


def test_the_help_shows_the_fields_where_the_group_stands_and_not_the_group(run):
    outcome, _ = run("--help")
    assert "Do it." in outcome.output
    assert (
        outcome.output.index("--max-seconds")
        < outcome.output.index("--drop")
        < outcome.output.index("--quick")
    )
    assert "limits" not in outcome.output.lower()


def test_what_a_field_cannot_be_is_refused(run):
    outcome, taken = run("a", "--max-seconds", "soon")
    assert outcome.exit_code == 2
    assert not taken
