"""British and American spellings of the same word.

The language tables contain more American than British English, so "fibres" fits its neighbours worse than "fibers" would.
A British spelling must not be reported as a substituted word.
"""

from __future__ import annotations

import re

_RULES = tuple(
    (re.compile(pattern), spelt)
    for pattern, spelt in (
        (r"^(s?)mould", r"\1mold"),
        (r"^plough", "plow"),
        (r"^cheque", "check"),
        (r"^sulph", "sulf"),
        (r"^aluminium", "aluminum"),
        (r"^aeroplane", "airplane"),
        (r"^tyre(?=s?$)", "tire"),
        (r"^kerb", "curb"),
        (r"^pyjama", "pajama"),
        (r"^sceptic", "skeptic"),
        (r"^moustache", "mustache"),
        (r"^jewellery$", "jewelry"),
        (r"^cos(?=y$|ier$|iest$|ily$)", "coz"),
        (r"^draught", "draft"),
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

    Parameters
    ----------
    a, b : str
        Words in lower case.

    Examples
    --------
    >>> same_word("fibres", "fibers"), same_word("organisation", "organization"), same_word("cuts", "clots")
    (True, True, False)
    """
    return american(a) == american(b)


def american(word: str) -> str:
    """A lower-case word as the rules spell it: a British spelling becomes the American one, or at least the same as that becomes.

    Parameters
    ----------
    word : str
        In lower case.

    Examples
    --------
    >>> american("harbour"), american("travelling"), american("traveling"), american("cuts")
    ('harbor', 'traveling', 'traveling', 'cuts')
    """
    for pattern, spelt in _RULES:
        word = pattern.sub(spelt, word)
    return word
