"""British and American spellings of the same word.

The language tables contain more American than British English, so "fibres" fits its neighbours worse than "fibers" would.
A British spelling must not be reported as a substituted word.
"""

from __future__ import annotations

import re

_RULES = tuple(
    (re.compile(pattern), spelt)
    for pattern, spelt in (
        (r"our", "or"),  # colour
        (r"(?<=[a-z]{3})([iy])s(?=e|ing|ation|able)", r"\1z"),  # organise, analyse
        (r"(?<=[bdgtv])re(?=s?$)", "er"),  # centre, fibres
        (r"[ao]e", "e"),  # anaemia, foetus
        (r"ogue", "og"),  # catalogue
        (r"(?<=en)c(?=e|ing)", "s"),  # defence
        (r"ll", "l"),  # travelling, fulfil
        (r"mme(?=s?$)", "m"),  # programme
        (r"^grey", "gray"),
    )
)


def same_word(a: str, b: str) -> bool:
    """Whether two lower-case words differ only in British and American spelling.

    >>> same_word("fibres", "fibers"), same_word("organisation", "organization"), same_word("cuts", "clots")
    (True, True, False)
    """
    return _american(a) == _american(b)


def _american(word: str) -> str:
    for pattern, spelt in _RULES:
        word = pattern.sub(spelt, word)
    return word
