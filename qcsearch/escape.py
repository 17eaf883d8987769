r"""Text of strangers on its way to a terminal, a page, a spreadsheet or a model card: one place for each.

Names of classes, columns, files and devices, and what services say, are anybody's. A terminal obeys escape sequences
in them, lines that end within them pass for sentences of ours, marks of direction turn what is shown around, and a
spreadsheet computes what begins like a formula. What no eye can see is therefore shown as Python would spell it
(`\x1b`, `\u202e`), so that it does nothing, and half a character of UTF-16 can be printed at all.
"""

from __future__ import annotations

import html
import re

__all__ = ["for_card", "for_cell", "for_code", "for_json", "for_page", "for_terminal", "lines_for_terminal"]

# Control characters, marks of direction and order, what has no width, ends of lines and paragraphs, tags, and halves
# of pairs; the joiners U+200C and U+200D stay, since Persian and emoji are written with them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA = "=+-@＝＋－＠"
_MARKUP = re.compile(r"[\\`*\[\]<>|~]")


def for_terminal(text: object) -> str:
    """One line that a terminal shows and does not obey."""
    return _UNSEEN.sub(_spelled, str(text))


def lines_for_terminal(text: str) -> str:
    """The same for text whose lines are ours."""
    return "\n".join(map(for_terminal, text.split("\n")))


def for_json(text: str) -> str:
    """JSON whose strings a terminal shows and does not obey, of the same value."""
    return _UNSEEN.sub(
        lambda found: f"\\u{ord(found[0]):04x}" if found[0] < "\U00010000" else _pair(found[0]), text
    )


def for_page(text: object) -> str:
    """Text within HTML, in quotes or not."""
    return html.escape(for_terminal(text))


def for_cell(text: str) -> str:
    """A cell of a table that a spreadsheet shows and does not compute; numbers stay numbers."""
    shown = for_terminal(text)
    return f"'{shown}" if shown[:1] in _FORMULA and shown and not _NUMBER.fullmatch(shown) else shown


def for_card(text: object) -> str:
    """Text within Markdown."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", for_terminal(text))


def for_code(text: object) -> str:
    """Text within Markdown as code, in more backticks than it has in a row."""
    shown = for_terminal(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def _spelled(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _pair(character: str) -> str:
    high, low = divmod(ord(character) - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
