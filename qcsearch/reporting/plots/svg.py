"""SVG elements as values: everything that is not markup already is escaped, so no label can break out.

Drawings are computed coordinate by coordinate, which a template would hide; the page around them is one (`page/`).
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from qcsearch.escape import for_page

__all__ = ["svg", "tag"]

_CHILDLESS = {"line", "circle", "rect", "path", "polyline"}


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return `<name …>children</name>`.

    Args:
        name: of the element.
        children: `Markup` goes in as it is, None is left out, lists are flattened, the rest is escaped text.
        attributes: a trailing underscore is dropped (`class_`), other underscores become hyphens; None
            and False are left out, True is a bare attribute.
    """
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _CHILDLESS and not children:
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{''.join(_render(child) for child in children)}</{name}>")


def svg(width: float, height: float, *children: object, label: str, class_: str = "drawing") -> Markup:
    """Return an inline drawing that scales with its column.

    Args:
        width: of what is drawn, in pixels at full size.
        height: the same.
        children: as in `tag`.
        label: what a screen reader says.
        class_: of the element.
    """
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
