"""Addresses: what stands in a text without being words.

Web addresses, e-mail addresses and the targets of Markdown links hold letters that no author wrote as English. Counted as
words, three links turn the verdict of a short text. They are replaced by blanks, character by character, so that
offsets stay as they are; the text of a link stays.
"""

from __future__ import annotations

import re

_MARKDOWN = re.compile(
    r"\[([^\[\]\n]{1,400})(\]\([^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?: \"[^\"\n]{0,200}\")?\))"
)
"""A link: its text, and its target with at most one pair of brackets inside, as encyclopaedias have them."""

_ADDRESS = re.compile(
    r"(?:https?|ftp)://[^\s<>\"“”|]+|\bwww\.[^\s<>\"“”|]+|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"
)

_TRAILING = ".,;:!?'\"’)]}*_"
"""Punctuation of the sentence that an address stands in."""


def blanked(text: str) -> str:
    """A text with its addresses as blanks.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Of the same length; the same object if there is no address in it.

    Examples
    --------
    >>> blanked("See [the minutes](https://example.org/m), or write to a@example.org.")
    'See  the minutes                        , or write to              .'
    """
    if "](" in text:
        text = _MARKDOWN.sub(lambda link: f" {link[1]}{' ' * len(link[2])}", text)
    if "://" in text or "www." in text or "@" in text:
        text = _ADDRESS.sub(_blank, text)
    return text


def _blank(found: re.Match[str]) -> str:
    address = found.group().rstrip(_TRAILING)
    return " " * len(address) + found.group()[len(address) :]
