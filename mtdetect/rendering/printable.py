"""Text of unknown origin made fit to be shown, on pages and in messages.

A scored text may hold control codes, marks that turn the direction of writing, or lone surrogates. Shown as they
are, they could hide or rearrange what stands beside them.
"""

from __future__ import annotations

import unicodedata

TAB = "    "
REPLACEMENT = "\ufffd"


def printable(text: str) -> str:
    r"""Make a text printable and keep its lines.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Only printable characters, spaces and ``\n``, which replaces every other line end. Tabs and unusual spaces
        become spaces, invisible marks are removed, and other unprintable characters become U+FFFD.
    """
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    if lines.replace("\n", "").isprintable():
        return lines
    return "".join(c if c.isprintable() or c == "\n" else _substitute(c) for c in lines)


def one_line(text: str) -> str:
    """Make a text printable and put it on one line.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Words separated by single spaces.
    """
    return " ".join(printable(text).split())


_LINE_ENDS = dict.fromkeys(map(ord, "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


def _substitute(character: str) -> str:
    if character == "\t":
        return TAB
    category = unicodedata.category(character)
    if category.startswith("Z"):
        return " "
    return "" if category == "Cf" else REPLACEMENT
