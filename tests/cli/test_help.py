"""The help: every command says what it does, with examples that are command lines of this program."""

import shlex

import pytest

from qcsearch.cli.app import app


def commands(group, prefix=()):
    for info in group.registered_commands:
        name = info.name or info.callback.__name__.rstrip("_")
        yield (*prefix, name), info.callback
    for info in group.registered_groups:
        yield from commands(info.typer_instance, (*prefix, info.name))


COMMANDS = dict(commands(app))


def test_the_promised_commands_are_there():
    promised = [
        "search",
        "check",
        "tune",
        "board",
        "explain",
        "report",
        "cost",
        "deploy",
        "export",
        "verify",
        "predict",
        "tomography",
        "serve",
        "warm-up",
    ]
    devices = [("devices", name) for name in ("list", "show", "snapshot", "drift", "check")]
    bundle = [("bundle", name) for name in ("create-key", "seal", "check-seal")]
    keys = [("keys", name) for name in ("create", "list", "revoke")]
    spaces = [("spaces", name) for name in ("list", "show")]
    audit = [("audit", "verify")]
    assert {*COMMANDS} == {*((name,) for name in promised), *devices, *spaces, *keys, *audit, *bundle}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_has_examples_json_and_verbose(qcsearch, words):
    outcome = qcsearch(*words, "--help")
    assert outcome.code == 0
    text = outcome.out
    assert "Examples:" in text
    assert f"qcsearch {' '.join(words)}" in text.split("Examples:")[1]
    for option in ("--json", "--verbose", "--help"):
        assert option in text


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_example_is_understood(words):
    import typer.main

    lines = COMMANDS[words].__doc__.split("Examples:\n")[1].splitlines()
    assert lines
    for line in lines:
        arguments = shlex.split(line.partition("    (")[0].strip())
        assert tuple(arguments[: 1 + len(words)]) == ("qcsearch", *words)
        command, context = typer.main.get_command(app), None
        for word in words:
            context = command.make_context(word, [word], parent=context, resilient_parsing=True)
            command = command.commands[word]
        command.make_context(words[-1], arguments[1 + len(words) :], parent=context)
