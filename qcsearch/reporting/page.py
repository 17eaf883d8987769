"""The page around the sections: one file that needs nothing from anywhere else."""

from __future__ import annotations

from importlib.resources import files

from qcsearch.reporting import deployed, hardware, sections, states
from qcsearch.reporting.facts import RunFacts
from qcsearch.reporting.figures import run_figures
from qcsearch.reporting.html import Markup, tag
from qcsearch.reporting.tradeoffs import tradeoffs

__all__ = ["render"]

_CONTENTS = {
    "summary": "Winner",
    "leaderboard": "Leaderboard",
    "learning": "Learning",
    "tradeoffs": "Trade-offs",
    "circuit": "Circuit",
    "device": "Region",
    "confusion": "Confusion",
    "deployment": "Deployment",
    "tomography": "State",
    "reproduce": "Reproduce",
}


def render(facts: RunFacts) -> str:
    """Return the whole report as one HTML document; nothing in it is fetched."""
    figures = run_figures(facts)
    body = (
        _header(facts),
        tag(
            "main",
            sections.summary(facts),
            sections.leaderboard(facts),
            sections.learning(facts, figures),
            tradeoffs(facts, figures),
            hardware.circuit(facts),
            hardware.device(facts),
            sections.confusion(facts, figures),
            deployed.deployment(facts),
            states.tomography(facts),
            hardware.reproduce(facts),
        ),
        tag(
            "footer",
            tag(
                "p", f"Written by qcsearch {facts.versions.get('qcsearch', '')}. This file needs no network."
            ),
        ),
    )
    style = Markup(files("qcsearch.reporting").joinpath("style.css").read_text("utf-8"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'",
        ),
        tag("title", _title(facts)),
        tag("style", style),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _header(facts: RunFacts) -> Markup:
    data = facts.dataset
    classes = ", ".join(str(c) for c in data.classes[:12]) + (", …" if len(data.classes) > 12 else "")
    lead = f"{len(data.classes)} classes ({classes}). Run {facts.name}, begun {hardware.when(facts.created)}."
    links = [
        tag("a", text, href=f"#{target}")
        for target, text in _CONTENTS.items()
        if target not in ("deployment", "tomography") or getattr(facts, target) is not None
    ]
    return tag(
        "header",
        tag("h1", _title(facts)),
        tag("p", lead, class_="lead"),
        tag("nav", links, aria_label="Contents"),
    )


def _title(facts: RunFacts) -> str:
    return f"{facts.dataset.name} on {facts.device.name}"
