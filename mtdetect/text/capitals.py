"""Texts in capitals or in title case, read as prose.

A capital marks a name, and names are not compared with other words. In a text whose words all begin with a capital that
mark says nothing, and nothing in it would be found. Such texts are read in lower case, but for the first letter of each sentence.
"""

from __future__ import annotations

import re

LEAST_CAPITALS = 0.75
"""Share of the long words with a capital from which a text is in capitals or title case. Human prose has 0.1 to 0.3."""

LONG_WORD, LEAST_LONG_WORDS = 4, 12
"""Letters of a long word (title case leaves short ones small), and how many a text must have."""

SAMPLE = 400
"""Characters looked at first; nearly all texts are told from them."""

_LONG_WORD = re.compile(rf"([^\W\d_])[^\W\d_]{{{LONG_WORD - 1},}}")
_SENTENCE_START = re.compile(r"(?:^|[.!?][\"'”’)\]]*\s+|\n\s*)[\"'“‘(\[]*([^\W\d_])")


def in_prose(text: str) -> str:
    """A text in capitals or title case as it would stand in prose.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Of the same length; the same object if the text is neither.

    Examples
    --------
    >>> in_prose("THE FERRY SAILS TODAY FROM THAT PIER. BRING WARM COATS, HATS WITH LONG EARS, DRY SOCKS, SOME FOOD.")
    'The ferry sails today from that pier. Bring warm coats, hats with long ears, dry socks, some food.'
    """
    if not (_is_capitalised(text[:SAMPLE]) and _is_capitalised(text)):
        return text
    lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    letters = list(lower)
    for start in _SENTENCE_START.finditer(text):
        letters[start.start(1)] = text[start.start(1)]
    return "".join(letters)


def with_capitals_of(found: str, wording: str) -> str:
    """Write a wording with the capitals of what it takes the place of.

    Parameters
    ----------
    found : str
        What stands in the text, not empty.
    wording : str
        What would stand there.

    Examples
    --------
    >>> with_capitals_of("The place", "where"), with_capitals_of("THE PLACE", "where"), with_capitals_of("Border Safety", "border security")
    ('Where', 'WHERE', 'Border Security')
    """
    words = found.split()
    if len(found) > 1 and found.isupper():
        return wording.upper()
    if len(words) > 1 and all(word[0].isupper() for word in words):
        return " ".join(word[:1].upper() + word[1:] for word in wording.split(" "))
    return wording[:1].upper() + wording[1:] if found[0].isupper() else wording


def _is_capitalised(text: str) -> bool:
    initials = _LONG_WORD.findall(text)
    return len(initials) >= LEAST_LONG_WORDS and sum(map(str.isupper, initials)) >= LEAST_CAPITALS * len(
        initials
    )
