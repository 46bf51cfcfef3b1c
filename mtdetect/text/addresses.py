"""Addresses: blanks out web addresses, e-mail addresses and the targets of Markdown links.

Their letters are not English. Counted as words, three links change the verdict of a short text. Each character is replaced by a
space, so offsets stay valid; the text of a link stays.
"""

from __future__ import annotations

import re

_MARKDOWN = re.compile(
    r"\[([^\[\]\n]{1,400})(\]\([^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?: \"[^\"\n]{0,200}\")?\))"
)
"""A link: its text, and its target, which may have one pair of brackets inside, as addresses of encyclopaedias have."""

_WEB_ADDRESS = r"(?:https?|ftp)://[^\s<>\"“”|]+|\bwww\.[^\s<>\"“”|]+"
_WEB = re.compile(_WEB_ADDRESS)
_WEB_OR_MAIL = re.compile(_WEB_ADDRESS + r"|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+")

_MAIL_INSIDE = re.compile(r"@[\w-]{1,64}\.[\w-]")
"""What every e-mail address has. Begins with a fixed character, so that it is found at once, while each word may begin an address."""

_TRAILING = ".,;:!?'\"’)]}*_"
"""Characters at the end of an address that belong to the sentence around it."""


def blanked(text: str) -> str:
    """Replace the addresses of a text by spaces.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        A text of the same length; the same object if it has no address.

    Examples
    --------
    >>> blanked("See [the minutes](https://example.org/m), or write to a@example.org.")
    'See  the minutes                        , or write to              .'
    """
    if "](" in text:
        text = _MARKDOWN.sub(lambda link: f" {link[1]}{' ' * len(link[2])}", text)
    if "@" in text and _MAIL_INSIDE.search(text):
        text = _WEB_OR_MAIL.sub(_blank, text)
    elif "://" in text or "www." in text:
        text = _WEB.sub(_blank, text)
    return text


def _blank(found: re.Match[str]) -> str:
    address = found.group().rstrip(_TRAILING)
    return " " * len(address) + found.group()[len(address) :]
