"""The page around the sections, `templates/page.html` filled: one file that needs nothing from anywhere else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qcsearch.escape import for_terminal
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.page import backend, classes, machine, scores
from qcsearch.reporting.plots.canvas import inline
from qcsearch.reporting.plots.figures import run_figures
from qcsearch.reporting.plots.palette import STAND_IN
from qcsearch.wording import cell

__all__ = ["render"]

_FIGURES = (
    "progress",
    "learning",
    "pareto",
    "importance",
    "confusion",
    "reliability",
    "predicted",
    "residuals",
)


def render(facts: RunFacts) -> str:
    """Return the whole report as one HTML document; nothing in it is fetched."""
    drawn = run_figures(facts)
    return (
        _templates()
        .get_template("page.html")
        .render(
            facts=facts,
            accurate=facts.dataset.target.has_accuracy,
            title=f"{facts.dataset.name} on {facts.device.name}",
            lead=_lead(facts),
            style=Markup(files("qcsearch.reporting").joinpath("style.css").read_text("utf-8")),
            figures={
                name: inline(drawn[name].draw(STAND_IN), drawn[name].label, name) if name in drawn else None
                for name in _FIGURES
            },
            tiles=scores.tiles(facts),
            comparison=scores.comparison(facts),
            scored=scores.scored(facts),
            by_number=classes.by_number(facts),
            portrait=scores.portrait(facts),
            counts=scores.counts(facts),
            leaderboard=scores.leaderboard(facts),
            front=scores.front(facts),
            by_class=classes.by_class(facts),
            balanced=classes.balanced(facts),
            circuit=machine.circuit(facts),
            mapped=machine.mapped(facts),
            device=machine.device(facts),
            deployment=backend.deployment(facts.deployment, facts.dataset.target.score_name),
            tomography=backend.tomography(facts.tomography),
            data=machine.data(facts),
            origins=machine.origins(facts),
        )
    )


@cache
def _templates() -> Environment:
    """Templates in which a name that is not given is an error, and every text is shown and never obeyed."""
    environment = Environment(
        loader=PackageLoader("qcsearch.reporting.page"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = cell
    return environment


def _shown(value: object) -> object:
    """What goes into the page: markup as it is, of any other text no control character; escaping comes after."""
    return value if isinstance(value, Markup) else for_terminal(value)


def _lead(facts: RunFacts) -> str:
    data = facts.dataset
    names = data.target.names
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    started = machine.when(facts.created)
    return f"{data.target.words[:1].upper()}{data.target.words[1:]} ({shown}). Run {facts.name}, started {started}."
