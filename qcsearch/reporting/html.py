"""HTML and SVG as values: everything that is not markup already is escaped, so no label can break out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from qcsearch.escape import for_page

__all__ = ["Markup", "number", "svg", "table", "tag"]

_VOID = {"meta", "br", "hr", "img", "line", "circle", "rect", "path", "polyline"}


class Markup(str):
    """Text that is HTML already; a plain `str` is not and will be escaped."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return `<name …>children</name>`.

    Args:
        name: of the element.
        children: `Markup` goes in as it is, None is left out, lists are flattened, the rest is escaped text.
        attributes: a trailing underscore is dropped (`class_`), other underscores become hyphens; None
            and False are left out, True is a bare attribute.
    """
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID and not children:
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{''.join(_render(child) for child in children)}</{name}>")


def svg(width: float, height: float, *children: object, label: str, class_: str = "drawing") -> Markup:
    """Return an inline drawing that scales with its column; `label` is what a screen reader says."""
    return tag(
        "svg",
        *children,
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        role="img",
        aria_label=label,
        class_=class_,
    )


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    class_: str | None = None,
    right: Collection[int] | None = None,
    row_classes: Sequence[str | None] = (),
) -> Markup:
    """Return a table.

    Args:
        columns: the headings.
        rows: one sequence of cells a row; floats get four digits, None is a dash.
        class_: of the table.
        right: columns set to the right; by default those that hold a number.
        row_classes: one a row, for those that stand out.
    """
    body = [list(row) for row in rows]
    if right is None:
        right = {i for i in range(len(columns)) if any(_is_number(row[i]) for row in body)}
    classes = ["number" if i in right else None for i in range(len(columns))]
    head = tag(
        "tr", [tag("th", name, class_=c, scope="col") for name, c in zip(columns, classes, strict=True)]
    )
    marks = [*row_classes, *[None] * (len(body) - len(row_classes))]
    lines = [
        tag(
            "tr",
            [tag("td", number(cell), class_=c) for cell, c in zip(row, classes, strict=True)],
            class_=mark,
        )
        for row, mark in zip(body, marks, strict=True)
    ]
    return tag("div", tag("table", tag("thead", head), tag("tbody", lines), class_=class_), class_="scroll")


def number(value: object) -> object:
    """A cell as a person reads it: four digits for a float, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.2e}"
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{for_page(value)}"'


def _render(child: object) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, (list, tuple)) or (isinstance(child, Iterable) and not isinstance(child, str)):
        return "".join(_render(item) for item in child)
    return for_page(child)
