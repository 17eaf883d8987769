"""`qcsearch spaces`: list and show search spaces."""

from __future__ import annotations

from typing import Annotated

import typer

from qcsearch.cli.options.common import Json, Verbose, examples
from qcsearch.cli.output import display, emit, table, tell

app = typer.Typer(no_args_is_help=True, help="List and show search spaces.")


@app.command("list")
@examples(
    "qcsearch spaces list",
)
def list_(json: Json = False, verbose: Verbose = False) -> None:
    """List the search spaces that are known by name."""
    from qcsearch.search.space.space import list_spaces

    spaces = list_spaces()
    if json:
        emit({"spaces": [{"name": name, "description": text} for name, text in spaces.items()]})
        return
    display(table(None, ("space", "what it is"), spaces.items()))


@app.command("show")
@examples(
    "qcsearch spaces show default",
    "qcsearch spaces show my_space.toml",
)
def show(
    space: Annotated[str, typer.Argument(metavar="SPACE", help="A name, or a .toml file of your own.")],
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the choices of a search space and its constraints; a wrong one is refused with a sentence."""
    from qcsearch.search.space.space import load_space

    found = load_space(space)
    rows = found.describe()
    if json:
        parameters = [{"name": name, "choices": text} for name, text in rows]
        emit(
            {
                "name": found.name,
                "description": found.file.description,
                "fingerprint": found.fingerprint,
                "parameters": parameters,
            }
        )
        return
    tell(f"{found.name}: {found.file.description}")
    display(table(None, ("parameter", "choices"), rows))
    tell(f"fingerprint {found.fingerprint}")
